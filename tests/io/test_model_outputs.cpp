#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "io/model_reader.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/file_size_limit.hpp"
#include "support/flipped_bytes.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;
using test::fails_with;
using test::Hdf5Edit;

/// Tells three categories apart; every weight differs.
Model three_outputs(std::size_t columns) {
    Model m;
    m.features = 2 * static_cast<std::int64_t>(columns) + 1;
    for (std::size_t k = 0; k < columns; ++k) {
        m.columns.push_back(static_cast<std::uint32_t>(2 * k));
    }
    m.category = "C*";
    m.classes = {"C1", "C15", "CCAT", "ECAT"};
    m.lambda = 1e-4;
    m.options = "category=C*\n";
    m.metrics = {{"macro_f1", 0.5}};
    m.outputs = {{"C1", -1.0 / 3.0, 0.25, 1e-4, {1.0, 1.0}, 7},
                 {"C15", 0.5, 0.0, 2e-5, {2.5, 0.5}, 0},
                 {"CCAT", -0.0, -1.5, 1e-6, {1.0, 3.0}, std::int64_t{1} << 40}};
    for (std::size_t k = 0; k < 3 * columns; ++k) {
        m.matrix.push_back(static_cast<float>(k) - 1.5F);
    }
    return m;
}

void write_outputs_to(const std::string& path, const Model& model) {
    PendingFile file(path);
    write_model(file, model);
}

/// Of one output, by the model in memory.
std::vector<float> column_of(const Model& m, std::size_t output) {
    std::vector<float> weights;
    for (std::size_t k = output; k < m.matrix.size(); k += m.outputs.size()) {
        weights.push_back(m.matrix[k]);
    }
    return weights;
}

void replace_names(const std::string& path, const std::vector<std::string>& names) {
    constexpr std::size_t kWidth = 8;
    std::vector<char> buffer(names.size() * kWidth);
    for (std::size_t k = 0; k < names.size(); ++k) names[k].copy(&buffer[k * kWidth], kWidth);
    Hdf5Edit edit(path);
    edit.remove("output_categories");
    const hsize_t extent = names.size();
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, kWidth);
    const hid_t space = H5Screate_simple(1, &extent, nullptr);
    const hid_t dataset = H5Dcreate2(edit.id(), "output_categories", type, space, H5P_DEFAULT,
                                     H5P_DEFAULT, H5P_DEFAULT);
    if (extent > 0) H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer.data());
    H5Dclose(dataset);
    H5Sclose(space);
    H5Tclose(type);
}

class ModelOutputs : public testing::Test {
protected:
    void write_with(const std::function<void(Hdf5Edit&)>& change) {
        write_outputs_to(path_, three_outputs(5));
        Hdf5Edit edit(path_);
        change(edit);
    }
    testing::AssertionResult refuses(const std::string& fragment) {
        return fails_with(ExitCode::bad_data, fragment, [&] { read_model(path_); });
    }
    test::ScratchDir dir_;
    std::string path_ = dir_.file("model.h5");
};

/// More columns than a block, fewer than one, and none.
TEST_F(ModelOutputs, ReadsTheModelThatWasWritten) {
    for (const std::size_t columns : {40'000U, 16'384U, 5U, 0U}) {
        const Model m = three_outputs(columns);
        write_outputs_to(path_, m);
        EXPECT_EQ(dir_.entries(), 1);
        const Model back = read_model(path_);
        EXPECT_TRUE(back.matrix == m.matrix) << columns;
        EXPECT_TRUE(back.columns == m.columns) << columns;
        EXPECT_EQ(back.outputs, m.outputs);
        EXPECT_EQ(back.features, m.features);
        EXPECT_EQ(back.category, "C*");
        EXPECT_EQ(back.classes, m.classes);
        EXPECT_EQ(back.metrics, m.metrics);
        EXPECT_TRUE(back.weights.empty());
    }
}

TEST_F(ModelOutputs, TheLayoutIsTheContract) {
    const Model m = three_outputs(20'000);
    write_outputs_to(path_, m);
    const Hdf5Edit file(path_);
    EXPECT_TRUE(file.read<float>("weights") == m.matrix);
    EXPECT_TRUE(file.read<std::uint32_t>("columns") == m.columns);
    EXPECT_EQ(file.read<double>("bias"), (std::vector{-1.0 / 3.0, 0.5, 0.0}));
    EXPECT_EQ(file.read<double>("output_thresholds"), (std::vector{0.25, 0.0, -1.5}));
    EXPECT_EQ(file.read<double>("output_lambdas"), (std::vector{1e-4, 2e-5, 1e-6}));
    EXPECT_EQ(file.read<double>("output_class_weights_positive"), (std::vector{1.0, 2.5, 1.0}));
    EXPECT_EQ(file.read<double>("output_class_weights_negative"), (std::vector{1.0, 0.5, 3.0}));
    EXPECT_EQ(file.read<std::int64_t>("output_positives"),
              (std::vector{std::int64_t{7}, std::int64_t{0}, std::int64_t{1} << 40}));
    const hid_t weights = H5Dopen2(file.id(), "weights", H5P_DEFAULT);
    const hid_t layout = H5Dget_create_plist(weights);
    const hid_t type = H5Dget_type(weights);
    std::array<hsize_t, 2> chunk{};
    EXPECT_EQ(H5Pget_chunk(layout, 2, chunk.data()), 2);
    EXPECT_EQ(chunk, (std::array<hsize_t, 2>{16'384, 1}));
    EXPECT_EQ(H5Pget_nfilters(layout), 1) << "Fletcher32";
    EXPECT_GT(H5Tequal(type, H5T_IEEE_F32LE), 0);
    H5Tclose(type);
    H5Pclose(layout);
    H5Dclose(weights);
}

TEST_F(ModelOutputs, TheMatrixIsHandedOutInBlocksOfWholeRows) {
    const Model m = three_outputs(40'000);
    write_outputs_to(path_, m);
    const ModelReader reader(path_);
    EXPECT_TRUE(reader.model().matrix.empty());
    EXPECT_EQ(reader.model().outputs, m.outputs);
    std::vector<float> all;
    int blocks = 0;
    reader.for_each_block([&](std::int64_t first, std::span<const float> rows) {
        EXPECT_EQ(3 * first, std::ssize(all));
        all.insert(all.end(), rows.begin(), rows.end());
        ++blocks;
    });
    EXPECT_TRUE(all == m.matrix);
    EXPECT_EQ(blocks, 3) << "a block is no whole matrix";
}

TEST_F(ModelOutputs, AnOutputIsAModelOfItsOwn) {
    const Model m = three_outputs(40'000);
    write_outputs_to(path_, m);
    const ModelReader reader(path_);
    EXPECT_TRUE(reader.weights_of(2) == column_of(m, 2));
    const Model one = reader.output("C15");
    EXPECT_TRUE(one.outputs.empty());
    EXPECT_EQ(one.category, "C15");
    EXPECT_EQ(one.bias, 0.5);
    EXPECT_EQ(one.threshold, 0.0);
    EXPECT_EQ(one.lambda, 2e-5);
    EXPECT_EQ(one.class_weights, (std::array{2.5, 0.5}));
    EXPECT_TRUE(one.columns == m.columns);
    const std::vector<float> expected = column_of(m, 1);
    EXPECT_TRUE(std::ranges::equal(one.weights, expected));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "no category 'C*' among its 3",
                           [&] { reader.output("C*"); }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "smaller", [&] { reader.weights_of(3); }));
}

TEST_F(ModelOutputs, AModelWithOneOutputIsItsOnlyOne) {
    Model m;
    m.set_all_weights({1.0, 2.0});
    m.category = "CCAT";
    write_outputs_to(path_, m);
    const ModelReader reader(path_);
    EXPECT_EQ(reader.output("CCAT").weights, m.weights);
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, "it is a model of 'CCAT'", [&] { reader.output("C15"); }));
    reader.for_each_block([](std::int64_t, std::span<const float>) { ADD_FAILURE(); });
}

/// Damage to the weights of an output shows where these are read, and nowhere else.
TEST_F(ModelOutputs, AnOutputIsReadWithoutTheOthers) {
    const Model m = three_outputs(20'000);
    write_outputs_to(path_, m);
    haddr_t at = 0;
    {
        const Hdf5Edit file(path_);
        const hid_t weights = H5Dopen2(file.id(), "weights", H5P_DEFAULT);
        const std::array<hsize_t, 2> chunk{16'384, 1};
        unsigned filters = 0;
        hsize_t size = 0;
        EXPECT_GE(H5Dget_chunk_info_by_coord(weights, chunk.data(), &filters, &at, &size), 0);
        H5Dclose(weights);
    }
    std::string bytes = test::read_bytes(path_);
    bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
    test::write_bytes(path_, bytes);
    const ModelReader reader(path_);
    EXPECT_TRUE(reader.weights_of(0) == column_of(m, 0));
    EXPECT_TRUE(reader.weights_of(2) == column_of(m, 2));
    EXPECT_TRUE(
        fails_with(ExitCode::bad_data, "weights is damaged", [&] { reader.weights_of(1); }));
    EXPECT_TRUE(refuses("weights is damaged"));
}

TEST_F(ModelOutputs, WrongModelsAreNeverWritten) {
    const double infinity = std::numeric_limits<double>::infinity();
    const auto refused = [&](ExitCode code, const std::string& why, const auto& change) {
        Model m = three_outputs(5);
        change(m);
        const auto outcome = fails_with(code, why, [&] { write_outputs_to(path_, m); });
        EXPECT_EQ(dir_.entries(), 0) << why;
        return outcome;
    };
    const ExitCode bad = ExitCode::bad_data;
    EXPECT_TRUE(refused(bad, "weights holds", [](Model& m) { m.matrix[7] = std::nanf(""); }));
    EXPECT_TRUE(refused(bad, "bias holds", [&](Model& m) { m.outputs[2].bias = infinity; }));
    EXPECT_TRUE(refused(bad, "thresholds", [&](Model& m) { m.outputs[0].threshold = infinity; }));
    EXPECT_TRUE(refused(bad, "two outputs 'C1'", [](Model& m) { m.outputs[2].category = "C1"; }));
    EXPECT_TRUE(refused(ExitCode::internal, "14 weights for 5 columns and 3 outputs",
                        [](Model& m) { m.matrix.pop_back(); }));
    EXPECT_TRUE(refused(bad, "has 65537 outputs", [](Model& m) {
        m.columns.clear();
        m.matrix.clear();
        m.outputs.resize(65'537);
    }));
}

TEST_F(ModelOutputs, WrongNamesAreRefused) {
    const std::pair<std::vector<std::string>, std::string> wrong[] = {
        {{}, "has 0 outputs; a model has between 1 and 65536"},
        {{"C1", "C15", "C1"}, "has two outputs 'C1'"},
        {{"C1", "C15"}, "output_positives has 3 values for 2 outputs"}};
    for (const auto& [names, why] : wrong) {
        write_outputs_to(path_, three_outputs(5));
        replace_names(path_, names);
        EXPECT_TRUE(refuses(why));
    }
}

TEST_F(ModelOutputs, WrongFieldsAreRefused) {
    for (const std::string name :
         {"bias", "output_thresholds", "output_lambdas", "output_class_weights_positive",
          "output_class_weights_negative"}) {
        write_with([&](Hdf5Edit& edit) {
            edit.replace(name, H5T_IEEE_F64LE, std::vector<double>{1.0, 2.0});
        });
        EXPECT_TRUE(refuses(name + " has 2 values for 3 outputs"));
        write_with([&](Hdf5Edit& edit) { edit.poke(name, 1, std::nan("")); });
        EXPECT_TRUE(refuses(name + " holds a value that is not finite"));
        write_with([&](Hdf5Edit& edit) { edit.remove(name); });
        EXPECT_TRUE(refuses(name + " is missing"));
    }
}

TEST_F(ModelOutputs, WrongMatricesAreRefused) {
    write_with([](Hdf5Edit& edit) { edit.poke("weights", 7, std::nanf("")); });
    EXPECT_TRUE(refuses("weights holds a value that is not finite"));
    write_with([](Hdf5Edit& edit) { edit.remove("weights"); });
    EXPECT_TRUE(refuses("weights is missing"));
    write_with(
        [](Hdf5Edit& edit) { edit.replace("weights", H5T_IEEE_F32LE, std::vector<float>(15)); });
    EXPECT_TRUE(refuses("weights is not two-dimensional"));
    write_with([](Hdf5Edit& edit) {
        edit.replace_by_matrix("weights", H5T_STD_I32LE, std::vector<float>(15));
    });
    EXPECT_TRUE(refuses("weights has the wrong element type"));
    write_with([](Hdf5Edit& edit) {
        edit.replace_by_matrix("weights", H5T_IEEE_F32LE, std::vector<float>(5));
    });
    EXPECT_TRUE(refuses("has weights of 1 outputs for 3 categories"));
}

TEST_F(ModelOutputs, AWrongListOfColumnsIsRefused) {
    const std::vector<std::vector<std::uint32_t>> wrong{{0, 1, 2, 3},        // too few
                                                        {0, 1, 2, 3, 4, 5},  // too many
                                                        {0, 2, 1, 3, 4},     // not ascending
                                                        {0, 1, 1, 3, 4},     // twice
                                                        {0, 1, 2, 3, 11}};   // beyond
    for (const std::vector<std::uint32_t>& columns : wrong) {
        write_with([&](Hdf5Edit& edit) { edit.replace("columns", H5T_STD_U32LE, columns); });
        EXPECT_TRUE(refuses("columns")) << columns.size();
    }
    write_with([](Hdf5Edit& edit) { edit.remove_attribute("features"); });
    EXPECT_TRUE(refuses("features"));
}

TEST_F(ModelOutputs, OtherVersionsAreOtherModels) {
    for (const std::int64_t version : {1, 2}) {
        write_with([&](Hdf5Edit& edit) { edit.set_attribute("version", version); });
        EXPECT_TRUE(refuses("weights is not one-dimensional"));
    }
    write_with([](Hdf5Edit& edit) { edit.set_attribute("version", std::int64_t{4}); });
    EXPECT_TRUE(refuses("model version 4; this program reads versions 1 to 3"));
}

TEST_F(ModelOutputs, BigEndianWeightsOfAnotherLayoutReadTheSame) {
    Model m = three_outputs(5);
    m.outputs.resize(1);
    m.matrix.resize(5);
    write_outputs_to(path_, m);
    Hdf5Edit(path_).replace_by_matrix("weights", H5T_IEEE_F64BE, m.matrix);
    EXPECT_EQ(read_model(path_).matrix, m.matrix);
}

/// The outputs and weights that a file holds, to the bit.
std::string whole_outputs(const std::string& path) {
    const Model m = read_model(path);
    std::ostringstream out;
    out << std::hexfloat << m.features << ' ' << m.category << '\n';
    for (const std::uint32_t column : m.columns) out << column << ' ';
    for (const float weight : m.matrix) out << weight << ' ';
    for (const ModelOutput& o : m.outputs) {
        out << o.category << '|' << o.bias << '|' << o.threshold << '|' << o.lambda << '|'
            << o.class_weights[0] << '|' << o.class_weights[1] << '|' << o.positives << '\n';
    }
    return out.str();
}

TEST_F(ModelOutputs, FlippedBitsAreRefusedOrHarmless) {
    write_outputs_to(path_, three_outputs(5));
    const std::string bytes = test::read_bytes(path_);
    std::vector<std::size_t> offsets;
    for (std::size_t at = 0; at < bytes.size(); at += 11) offsets.push_back(at);
    test::FlippedBytes flipped(bytes, dir_.file("damaged.h5"), whole_outputs);
    for (const std::string& trouble : flipped.run(offsets)) ADD_FAILURE() << trouble;
    EXPECT_GT(flipped.refused(), offsets.size() / 8) << "most damage can be seen";
}

TEST_F(ModelOutputs, AFullDiskIsAnIoErrorAndLeavesNothing) {
    write_outputs_to(path_, three_outputs(20'000));
    const std::size_t size = fs::file_size(path_);
    fs::remove(path_);
    for (const std::size_t room : {std::size_t{0}, size / 8, size / 2, size - 1}) {
        const std::string outcome = test::in_child([&] {
            PendingFile file(path_);
            const test::FileSizeLimit full(room);
            write_model(file, three_outputs(20'000));
        });
        EXPECT_EQ(outcome.substr(0, 8), "code 74:") << room << " of " << size << ": " << outcome;
        EXPECT_EQ(dir_.entries(), 0) << room << " of " << size;
    }
}

}  // namespace
}  // namespace hogwild::io
