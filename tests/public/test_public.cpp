// The library as a stranger's program sees it, on files that io/ writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "hogwild/dataset.hpp"
#include "hogwild/model.hpp"
#include "hogwild/version.hpp"
#include "io/model_file.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild {
namespace {

using test::fails_with;
using test::ToyDocument;

/// Whether a row is this document, label aside.
bool same(const Row& row, const ToyDocument& document) {
    return row.document_id == document.id && std::ranges::equal(row.indices, document.index) &&
           std::ranges::equal(row.values, document.value);
}

class PublicDataset : public ::testing::Test {
protected:
    test::ScratchDir dir_;
};

TEST_F(PublicDataset, ReadsShardsInOneSequence) {
    const std::string name = dir_.file("set.h5");
    const auto documents = test::write_toy_shards(name, 103, 4);
    Dataset dataset(name);
    EXPECT_EQ(dataset.documents(), 103);
    EXPECT_EQ(dataset.features(), test::kToyFeatures);
    EXPECT_EQ(dataset.topics(), test::kToyTopics);
    EXPECT_EQ(dataset.files().size(), 4U);
    EXPECT_EQ(dataset.digest(), "00112233aabbccdd");
    EXPECT_TRUE(dataset.shuffled());
    EXPECT_EQ(dataset.normalization(), "none");
    std::size_t r = 0;
    for (const Row& row : dataset.rows("CCAT")) {
        ASSERT_LT(r, documents.size());
        EXPECT_TRUE(same(row, documents[r])) << r;
        EXPECT_EQ(row.label, r % 3 == 0 ? 1 : -1) << r;
        ++r;
    }
    EXPECT_EQ(r, documents.size());
}

TEST_F(PublicDataset, ReadsARangeAcrossShards) {
    const std::string name = dir_.file("set.h5");
    const auto documents = test::write_toy_shards(name, 103, 4);
    Dataset dataset(name);
    RowBlock block = dataset.read(20, 70);
    ASSERT_EQ(block.size(), 70);
    for (std::int64_t i = 0; i < 70; ++i) {
        EXPECT_TRUE(same(block[i], documents[static_cast<std::size_t>(20 + i)])) << i;
        EXPECT_EQ(block[i].label, 0) << "no category was named";
    }
    EXPECT_EQ(dataset.read(103, 0).size(), 0);
    EXPECT_EQ(dataset.feature_id_base(), 1);
    EXPECT_EQ(
        static_cast<std::size_t>(dataset.nonzeros()),
        std::accumulate(documents.begin(), documents.end(), std::size_t{0},
                        [](std::size_t n, const ToyDocument& d) { return n + d.index.size(); }));
    RowBlock taken(std::move(block));
    EXPECT_EQ(taken.size(), 70);
    Dataset moved(std::move(dataset));
    EXPECT_EQ(moved.documents(), 103);
    moved = Dataset(name);
    EXPECT_EQ(moved.documents(), 103);
    EXPECT_EQ(RowBlock().size(), 0);
}

TEST_F(PublicDataset, TakesLabelsOfItsOwn) {
    const std::string name = dir_.file("own.h5");
    test::write_toy(name, 9, false);
    Dataset dataset(name);
    EXPECT_FALSE(dataset.has_topics());
    for (const Row& row : dataset.rows()) EXPECT_NE(row.label, 0);
    EXPECT_TRUE(fails_with(ExitCode::usage, "own.h5", [&] { dataset.rows("CCAT"); }));
}

TEST_F(PublicDataset, RefusesWhatThereIsNot) {
    const std::string name = dir_.file("toy.h5");
    test::write_toy(name, 9);
    Dataset dataset(name);
    EXPECT_TRUE(fails_with(ExitCode::usage, "it has 9", [&] { dataset.read(5, 5); }));
    EXPECT_TRUE(fails_with(ExitCode::usage, "toy.h5", [&] { dataset.read(-1, 1); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "XCAT", [&] { dataset.rows("XCAT"); }));
    EXPECT_TRUE(fails_with(ExitCode::no_input, "none.h5", [&] { Dataset(dir_.file("none.h5")); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "toy.h5", [&] { Model{name}; }));
}

class PublicModel : public ::testing::Test {
protected:
    PublicModel() {
        stored_.set_all_weights({0.5, -2.0, 1e-3, 0.1, 7.0});
        stored_.bias = 0.25;
        stored_.category = "CCAT";
        stored_.loss = "hinge";
        stored_.options = "seed = 3\n";
        stored_.seed = 3;
        stored_.ranks = 8;
        stored_.regularizer = "l2";
        stored_.lambda = 1e-4;
        stored_.strategy = "lock-free";
        stored_.precision = "float";
        stored_.program = "hogwild 0";
        stored_.dataset_digests = {"00112233aabbccdd"};
        stored_.feature_id_base = 0;
        stored_.platt = {-2.0, 0.5};
        stored_.metrics["test_accuracy"] = 0.9;
        stored_.threshold = -0.75;
        io::PendingFile file(path_);
        io::write_model(file, stored_);
    }

    test::ScratchDir dir_;
    std::string path_ = dir_.file("model.h5");
    io::Model stored_;
};

TEST_F(PublicModel, TellsWhatTheFileHolds) {
    const Model model(path_);
    EXPECT_EQ(model.features(), 5);
    EXPECT_TRUE(std::ranges::equal(model.weights(), stored_.weights));
    EXPECT_EQ(model.bias(), 0.25);
    EXPECT_EQ(model.threshold(), -0.75);
    EXPECT_EQ(model.category(), "CCAT");
    EXPECT_EQ(model.loss(), "hinge");
    EXPECT_EQ(model.options(), "seed = 3\n");
    EXPECT_EQ(model.seed(), 3);
    EXPECT_EQ(model.ranks(), 8);
    EXPECT_EQ(model.regularizer(), "l2");
    EXPECT_EQ(model.lambda(), 1e-4);
    EXPECT_EQ(model.strategy(), "lock-free");
    EXPECT_EQ(model.precision(), "float");
    EXPECT_EQ(model.program(), "hogwild 0");
    EXPECT_EQ(model.dataset_digests(), stored_.dataset_digests);
    EXPECT_EQ(model.feature_id_base(), 0);
    EXPECT_EQ(model.metrics().at("test_accuracy"), 0.9);
    EXPECT_TRUE(model.warnings().empty());
}

TEST_F(PublicModel, ProbabilitiesAreCalibratedOrLogisticOrUnknown) {
    EXPECT_DOUBLE_EQ(Model(path_).probability(1.0).value(), 1.0 / (1.0 + std::exp(-1.5)));
    stored_.platt.reset();
    const auto without = [&](const char* loss) {
        stored_.loss = loss;
        const std::string path = dir_.file(std::string(loss) + ".h5");
        io::PendingFile file(path);
        io::write_model(file, stored_);
        return Model(path).probability(1.0);
    };
    EXPECT_EQ(without("hinge"), std::nullopt);
    EXPECT_DOUBLE_EQ(without("logistic").value(), 1.0 / (1.0 + std::exp(-1.0)));
}

TEST_F(PublicModel, ProbabilitiesAreIsotonicWhereTheModelSaysSo) {
    stored_.isotonic = {{-1.0, 1.0}, {0.25, 0.75}};
    for (const char* loss : {"hinge", "logistic"}) {
        stored_.loss = loss;
        const std::string path = dir_.file(std::string("isotonic.") + loss);
        io::PendingFile file(path);
        io::write_model(file, stored_);
        EXPECT_EQ(Model(path).probability(0.5).value(), 0.625) << loss;
        EXPECT_EQ(Model(path).probability(9.0).value(), 0.75) << loss;
    }
}

TEST_F(PublicModel, SaysHowItsTrainingDataWasNormalized) {
    EXPECT_EQ(Model(path_).normalization(), "") << "of an older program";
    stored_.normalization = data::Norm::l2;
    const std::string path = dir_.file("l2.h5");
    io::PendingFile file(path);
    io::write_model(file, stored_);
    EXPECT_EQ(Model(path).normalization(), "l2");
}

TEST_F(PublicModel, HasOneCategory) {
    stored_.weights.clear();
    stored_.outputs = {{.category = "C1"}, {.category = "C2"}};
    stored_.matrix.assign(2 * stored_.columns.size(), 1.0F);
    io::PendingFile file(path_);
    io::write_model(file, stored_);
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, "is a model of 2 categories", [&] { Model model(path_); }));
}

TEST_F(PublicModel, MovesAsAWhole) {
    Model first(path_);
    Model second(std::move(first));
    EXPECT_EQ(second.features(), 5);
    stored_.bias = 3.0;
    const std::string other = dir_.file("other.h5");
    {
        io::PendingFile file(other);
        io::write_model(file, stored_);
    }
    second = Model(other);
    EXPECT_EQ(second.bias(), 3.0);
}

TEST_F(PublicModel, ScoresByWeightsAndBias) {
    const Model model(path_);
    EXPECT_EQ(model.score(std::vector<std::uint32_t>{1, 4}, std::vector<float>{0.5F, 2.0F}), 13.25);
    EXPECT_EQ(model.score({}, {}), 0.25);
}

TEST_F(PublicModel, UnseenFeaturesWeighNothingAndKeepTheOrderOfTheSum) {
    const Model model(path_);
    const std::vector<std::uint32_t> index{0, 1, 2, 3, 4, 5, 4294967295U};
    const std::vector<float> value{0.1F, 0.2F, 0.3F, 0.7F, 1e7F, 3.0F, 1e30F};
    // The four chains of model::dot, with 0 for what the model has not seen.
    const auto term = [&](std::size_t k) {
        return stored_.weights[k] * static_cast<double>(value[k]);
    };
    const double expected = (((term(0) + term(4)) + term(1)) + (term(2) + term(3))) + 0.25;
    EXPECT_EQ(model.score(index, value), expected);
}

TEST_F(PublicModel, PreparesTheValuesOfATextAsThoseOfItsTrainingData) {
    stored_.normalization = data::Norm::max;
    stored_.idf = data::Idf({1}, {2.0}, 4.0);
    const std::string path = dir_.file("idf.h5");
    io::PendingFile file(path);
    io::write_model(file, stored_);
    const Model model(path);
    EXPECT_EQ(model.idf_digest().size(), 16U);
    EXPECT_EQ(Model(path_).idf_digest(), "");
    const std::vector<std::uint32_t> index{1, 2};
    std::vector<float> value{3.0F, -3.0F};
    model.prepare(index, value);
    EXPECT_EQ(value, (std::vector<float>{0.5F, -1.0F}));
    Model(path_).prepare(index, value);
    EXPECT_EQ(value, (std::vector<float>{0.5F, -1.0F}));
    EXPECT_TRUE(fails_with(ExitCode::usage, "1 indices and 2 values",
                           [&] { model.prepare(std::span(index).first(1), value); }));
}

TEST_F(PublicModel, RefusesValuesThatBecomeTooLarge) {
    stored_.idf = data::Idf({1}, {2.0}, 4.0);
    const std::string path = dir_.file("idf.h5");
    io::PendingFile file(path);
    io::write_model(file, stored_);
    std::vector<float> value{2e38F};
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "too large",
                           [&] { Model(path).prepare(std::vector<std::uint32_t>{1}, value); }));
}

TEST_F(PublicModel, RefusesSpansOfDifferentLength) {
    const Model model(path_);
    EXPECT_TRUE(fails_with(ExitCode::usage, "2 indices and 1 values", [&] {
        model.score(std::vector<std::uint32_t>{1, 2}, std::vector<float>{1.0F});
    }));
}

TEST(PublicVersion, NamesVersionAndCompiler) {
    EXPECT_TRUE(version().starts_with("0."));
    EXPECT_NE(build_description().find("HDF5 "), std::string::npos);
}

}  // namespace
}  // namespace hogwild
