#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "io/model_file.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/flipped_bytes.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::Hdf5Edit;

Model toy_model() {
    Model m;
    m.feature_id_base = 0;
    m.set_all_weights(
        {0.1, -2.5e-300, 0.0, -0.0, 1e300, std::numeric_limits<double>::denorm_min()});
    m.bias = -1.0 / 3.0;
    m.category = "CCAT";
    m.loss = "hinge";
    m.regularizer = "seed";
    m.lambda = 1e-4;
    m.strategy = "lock-free";
    m.ranks = 8;
    m.seed = std::numeric_limits<std::int64_t>::max();
    m.precision = "double";
    m.options = "learning-rate=0.035\nschedule=constant\n# µ\n";
    m.dataset_digests = {"0011223344556677", "8899aabbccddeeff"};
    m.program = "0.1.0 (git 0123456789ab)";
    m.metrics = {{"validation_objective", 0.25}, {"test_accuracy", 0.975}};
    return m;
}

void write(const std::string& path, const Model& model) {
    PendingFile file(path);
    write_model(file, model);
}

class ModelFile : public testing::Test {
protected:
    void write_with(const std::function<void(Hdf5Edit&)>& change) {
        write(path_, toy_model());
        Hdf5Edit edit(path_);
        change(edit);
    }
    testing::AssertionResult refuses(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { read_model(path_); });
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("model.h5");
};

TEST_F(ModelFile, ReadsTheModelThatWasWritten) {
    const Model m = toy_model();
    write(path_, m);
    EXPECT_EQ(dir_.entries(), 1);
    const Model back = read_model(path_);
    ASSERT_EQ(back.weights.size(), m.weights.size());
    for (std::size_t j = 0; j < m.weights.size(); ++j) {
        EXPECT_EQ(back.weights[j], m.weights[j]) << j;
        EXPECT_EQ(std::signbit(back.weights[j]), std::signbit(m.weights[j])) << j;
    }
    EXPECT_EQ(back.bias, m.bias);
    EXPECT_EQ(back.feature_id_base, 0);
    EXPECT_EQ(back.category, m.category);
    EXPECT_EQ(back.loss, m.loss);
    EXPECT_EQ(back.regularizer, m.regularizer);
    EXPECT_EQ(back.lambda, m.lambda);
    EXPECT_EQ(back.strategy, m.strategy);
    EXPECT_EQ(back.ranks, m.ranks);
    EXPECT_EQ(back.seed, m.seed);
    EXPECT_EQ(back.precision, m.precision);
    EXPECT_EQ(back.options, m.options);
    EXPECT_EQ(back.dataset_digests, m.dataset_digests);
    EXPECT_EQ(back.program, m.program);
    EXPECT_EQ(back.metrics, m.metrics);
}

TEST_F(ModelFile, TheLayoutIsTheContract) {
    const Model m = toy_model();
    write(path_, m);
    const Hdf5Edit file(path_);
    EXPECT_EQ(file.read<double>("weights"), m.weights);
    EXPECT_EQ(file.read<double>("bias"), (std::vector<double>{m.bias}));
}

/// Few of many columns: the file grows with their number.
Model wide_model() {
    Model m = toy_model();
    m.features = std::int64_t{1} << 30;
    m.columns = {0, 65'535, 65'536, 1'000'000'000};
    m.weights = {0.1, -2.0, 0.0, 1e-300};
    return m;
}

TEST_F(ModelFile, ListsFewColumnsOfMany) {
    const Model m = wide_model();
    write(path_, m);
    EXPECT_LT(fs::file_size(path_), std::uintmax_t{1} << 18);
    const Model back = read_model(path_);
    EXPECT_EQ(back.features, m.features);
    EXPECT_EQ(back.columns, m.columns);
    EXPECT_EQ(back.weights, m.weights);
    const Hdf5Edit file(path_);
    EXPECT_EQ(file.read<std::uint32_t>("columns"), m.columns);
    EXPECT_EQ(file.read<double>("weights"), m.weights);
}

TEST_F(ModelFile, WritesAllColumnsWhereManyHaveAWeight) {
    Model m = toy_model();
    m.features = 200'000;  // more than a block
    m.columns.clear();
    m.weights.clear();
    std::vector<double> all(200'000);
    for (std::uint32_t column = 1; column < 200'000; column += 3) {
        m.columns.push_back(column);
        m.weights.push_back(1.0 / column);
        all[column] = 1.0 / column;
    }
    write(path_, m);
    EXPECT_EQ(Hdf5Edit(path_).read<double>("weights"), all);
    const Model back = read_model(path_);
    EXPECT_EQ(back.columns.size(), 200'000U);
    EXPECT_EQ(back.weights, all);
}

TEST_F(ModelFile, WithoutAnyColumn) {
    for (const std::int64_t features : {0, 5, 5000}) {
        Model m = toy_model();
        m.features = features;
        m.columns.clear();
        m.weights.clear();
        write(path_, m);
        const Model back = read_model(path_);
        EXPECT_EQ(back.features, features);
        EXPECT_EQ(back.bias, m.bias);
        for (const double weight : back.weights) EXPECT_EQ(weight, 0.0);
    }
}

TEST_F(ModelFile, RefusesAWrongList) {
    const std::vector<std::vector<std::uint32_t>> wrong{
        {0, 65'535, 65'536},                 // too few
        {0, 1, 2, 3, 4},                     // too many
        {0, 65'536, 65'535, 1'000'000'000},  // not ascending
        {0, 65'535, 65'535, 1'000'000'000},  // twice
        {0, 1, 2, 1U << 30}};                // beyond the features
    for (const std::vector<std::uint32_t>& columns : wrong) {
        write(path_, wide_model());
        Hdf5Edit(path_).replace("columns", H5T_STD_U32LE, columns);
        EXPECT_TRUE(refuses("columns")) << columns.size();
    }
}

TEST_F(ModelFile, EmptyCategoryAndMetricsThatAreNotNumbers) {
    Model m = toy_model();
    m.category.clear();
    m.options.clear();
    m.metrics["test_accuracy_negative"] = std::nan("");
    write(path_, m);
    const Model back = read_model(path_);
    EXPECT_EQ(back.category, "");
    EXPECT_EQ(back.options, "");
    EXPECT_TRUE(std::isnan(back.metrics.at("test_accuracy_negative")));
}

TEST_F(ModelFile, WithoutMetricsAndDigests) {
    Model m = toy_model();
    m.metrics.clear();
    m.dataset_digests.clear();
    ASSERT_NO_THROW(write(path_, m));
    EXPECT_TRUE(read_model(path_).metrics.empty());
    EXPECT_TRUE(read_model(path_).dataset_digests.empty());
}

TEST_F(ModelFile, ManyWeightsAndNone) {
    Model m = toy_model();
    std::vector<double> weights(200'000);
    for (std::size_t j = 0; j < weights.size(); ++j) weights[j] = 1.0 / static_cast<double>(j + 1);
    m.set_all_weights(weights);
    write(path_, m);
    EXPECT_TRUE(read_model(path_).weights == weights);
    m.set_all_weights({});
    write(path_, m);
    EXPECT_TRUE(read_model(path_).weights.empty());
}

TEST_F(ModelFile, ReplacesAnOlderModel) {
    Model m = toy_model();
    write(path_, m);
    m.bias = 5.0;
    write(path_, m);
    EXPECT_EQ(read_model(path_).bias, 5.0);
    EXPECT_EQ(dir_.entries(), 1);
}

TEST_F(ModelFile, ModelsThatAreNotFiniteAreNeverWritten) {
    for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity()}) {
        Model m = toy_model();
        m.weights[2] = bad;
        EXPECT_THROW(write(path_, m), Error) << "weight " << bad;
        m = toy_model();
        m.bias = bad;
        EXPECT_THROW(write(path_, m), Error) << "bias " << bad;
        EXPECT_EQ(dir_.entries(), 0);
    }
}

TEST_F(ModelFile, WeightsThatAreNotFiniteAreRefused) {
    write_with([](Hdf5Edit& edit) { edit.poke("weights", 1, std::nan("")); });
    EXPECT_TRUE(refuses("weights holds a value that is not finite"));
    write_with([](Hdf5Edit& edit) { edit.poke("bias", 0, -HUGE_VAL); });
    EXPECT_TRUE(refuses("bias holds a value that is not finite"));
}

TEST_F(ModelFile, OtherFilesAreNoModels) {
    EXPECT_TRUE(fails_with(ExitCode::no_input, path_, [&] { read_model(path_); }));
    test::write_bytes(path_, "");
    EXPECT_TRUE(refuses(path_));
    test::write_bytes(path_, "weights\n");
    EXPECT_TRUE(refuses(path_));
    Hdf5Edit::create(path_);
    EXPECT_TRUE(refuses("is not a hogwild model"));
    test::write_toy(path_, 5);
    EXPECT_TRUE(refuses("is not a hogwild model"));
}

TEST_F(ModelFile, AFutureVersionAndAnUnfinishedFile) {
    write_with([](Hdf5Edit& edit) { edit.set_attribute("version", std::int64_t{4}); });
    EXPECT_TRUE(refuses("model version 4; this program reads versions 1 to 3"));
    write_with([](Hdf5Edit& edit) { edit.remove_attribute("complete"); });
    EXPECT_TRUE(refuses("was never completed"));
}

TEST_F(ModelFile, MissingPartsAndWrongTypes) {
    for (const std::string name : {"weights", "bias"}) {
        write_with([&](Hdf5Edit& edit) { edit.remove(name); });
        EXPECT_TRUE(refuses(name + " is missing"));
        write_with([&](Hdf5Edit& edit) {
            edit.replace(name, H5T_STD_I64LE, std::vector<std::int64_t>{1});
        });
        EXPECT_TRUE(refuses(name + " has the wrong element type"));
    }
    write_with([](Hdf5Edit& edit) {
        edit.replace("bias", H5T_IEEE_F64LE, std::vector<double>{1.0, 2.0});
    });
    EXPECT_TRUE(refuses("/bias is not one number"));
    for (const std::string name :
         {"category", "loss", "regularizer", "lambda", "strategy", "ranks", "seed", "precision",
          "options", "dataset_digests", "program", "metrics", "metric_test_accuracy"}) {
        write_with([&](Hdf5Edit& edit) { edit.remove_attribute(name); });
        EXPECT_TRUE(refuses(name)) << name;
    }
}

TEST_F(ModelFile, NormalizationAndIsotonicCalibration) {
    write(path_, toy_model());
    EXPECT_FALSE(read_model(path_).normalization) << "older models have none";
    EXPECT_FALSE(read_model(path_).isotonic);
    Model m = toy_model();
    m.normalization = data::Norm::none;
    m.isotonic = {{-1.0, 0.5, 2.0}, {0.0, 0.25, 0.25}};
    write(path_, m);
    EXPECT_EQ(read_model(path_).normalization, data::Norm::none);
    EXPECT_EQ(read_model(path_).isotonic, m.isotonic);
    Hdf5Edit(path_).set_attribute("normalization", std::string("l7"));
    EXPECT_TRUE(refuses("'l7'"));
    const std::pair<std::vector<double>, std::vector<double>> wrong[] = {{{}, {}},
                                                                         {{0.0, 1.0}, {0.5}},
                                                                         {{0.0, 0.0}, {0.5, 0.75}},
                                                                         {{1.0, 0.0}, {0.5, 0.75}},
                                                                         {{0.0, 1.0}, {0.5, 0.25}},
                                                                         {{0.0, 1.0}, {-0.5, 0.25}},
                                                                         {{0.0, 1.0}, {0.5, 1.25}}};
    for (const auto& [scores, probabilities] : wrong) {
        write(path_, m);
        {
            Hdf5Edit edit(path_);
            edit.replace("isotonic_scores", H5T_IEEE_F64LE, scores);
            edit.replace("isotonic_probabilities", H5T_IEEE_F64LE, probabilities);
        }
        EXPECT_TRUE(refuses("no rising function"));
    }
}

TEST_F(ModelFile, DualVariablesAreReadOnTheirOwn) {
    Model m = toy_model();
    write(path_, m);
    EXPECT_TRUE(read_dual_variables(path_).empty());
    m.dual = {{7, -3, std::int64_t{1} << 40}, {1.0F, 1e-20F, 3.5F}};
    write(path_, m);
    EXPECT_TRUE(read_model(path_).dual.empty());
    EXPECT_EQ(read_dual_variables(path_), m.dual);
}

TEST_F(ModelFile, RefusesWrongDualVariables) {
    Model m = toy_model();
    m.dual = {{7, 8, 9}, {1.0F, 0.5F, 3.5F}};
    const auto refuses = [&](const std::string& why, const std::vector<float>& variables) {
        write(path_, m);
        Hdf5Edit(path_).replace("dual/variable", H5T_IEEE_F32LE, variables);
        return fails_with(ExitCode::bad_data, why, [&] { read_dual_variables(path_); });
    };
    EXPECT_TRUE(refuses("holds no dual variables", {1.0F, 0.0F, 3.5F}));
    EXPECT_TRUE(refuses("holds no dual variables", {1.0F, NAN, 3.5F}));
    EXPECT_TRUE(refuses("holds no dual variables", {1.0F, 0.5F}));
    EXPECT_TRUE(refuses("differs from what was written", {1.0F, 0.6F, 3.5F}));
}

TEST_F(ModelFile, BigEndianWeightsReadTheSame) {
    write_with([](Hdf5Edit& edit) {
        edit.replace("weights", H5T_IEEE_F64BE, edit.read<double>("weights"));
    });
    EXPECT_EQ(read_model(path_).weights, toy_model().weights);
}

TEST_F(ModelFile, TruncatedFilesAreRefused) {
    write(path_, toy_model());
    const std::string bytes = test::read_bytes(path_);
    for (std::size_t length = 0; length < bytes.size(); length += 61) {
        test::write_bytes(path_, bytes.substr(0, length));
        EXPECT_TRUE(refuses(path_)) << length << " of " << bytes.size();
    }
}

/// All that a model file holds, as text; values to the bit.
std::string whole_model(const std::string& path) {
    const Model m = read_model(path);
    std::ostringstream out;
    out << std::hexfloat << m.bias << ' ' << m.lambda << ' ' << m.ranks << ' ' << m.seed << '\n';
    for (const double weight : m.weights) out << weight << ' ';
    for (const std::string& text :
         {m.category, m.loss, m.regularizer, m.strategy, m.precision, m.options, m.program}) {
        out << text << '|';
    }
    for (const std::string& digest : m.dataset_digests) out << digest << '|';
    for (const auto& [name, value] : m.metrics) out << name << '=' << value << '|';
    return out.str();
}

TEST_F(ModelFile, FlippedBitsAreRefusedOrHarmless) {
    write(path_, toy_model());
    const std::string bytes = test::read_bytes(path_);
    std::vector<std::size_t> offsets;
    for (std::size_t at = 0; at < bytes.size(); at += 5) offsets.push_back(at);
    test::FlippedBytes flipped(bytes, dir_.file("damaged.h5"), whole_model);
    for (const std::string& trouble : flipped.run(offsets)) ADD_FAILURE() << trouble;
    EXPECT_GT(flipped.refused(), offsets.size() / 4) << "most damage can be seen";
}

TEST_F(ModelFile, AFullDiskIsAnIoErrorAndLeavesNothing) {
    write(path_, toy_model());
    const std::size_t size = fs::file_size(path_);
    fs::remove(path_);
    for (const std::size_t room : {std::size_t{0}, size / 8, size / 2, size - 1}) {
        const std::string outcome = test::in_child([&] {
            PendingFile file(path_);
            const test::FileSizeLimit full(room);
            write_model(file, toy_model());
        });
        EXPECT_EQ(outcome.substr(0, 8), "code 74:") << room << " of " << size << ": " << outcome;
        EXPECT_EQ(dir_.entries(), 0) << room << " of " << size;
    }
}

}  // namespace
}  // namespace hogwild::io
