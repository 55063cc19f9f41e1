#include <gtest/gtest.h>

#include <string>

#include "io/hdf5_library.hpp"
#include "io/model_file.hpp"
#include "support/expect_error.hpp"
#include "support/hdf5_edit.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;

TEST(Library, SchemaOfTellsTheKindsOfFiles) {
    const test::ScratchDir dir;
    const std::string path = dir.file("file.h5");
    EXPECT_TRUE(fails_with(ExitCode::no_input, path, [&] { schema_of(path); }));
    test::write_toy(path, 3);
    EXPECT_EQ(schema_of(path), "hogwild.dataset");
    PendingFile pending(path);
    Model model;
    model.set_all_weights({1.0});
    model.dataset_digests = {"x"};
    model.metrics = {{"x", 1.0}};
    write_model(pending, model);
    EXPECT_EQ(schema_of(path), "hogwild.model");
    test::Hdf5Edit::create(path);
    EXPECT_EQ(schema_of(path), "");
    test::write_bytes(path, "text");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path, [&] { schema_of(path); }));
}

TEST(Library, QuietCallsLeaveHdf5AsAProgramHadIt) {
    int reports = 0;
    const auto count = [](hid_t, void* counter) -> herr_t {
        ++*static_cast<int*>(counter);
        return 0;
    };
    H5Eset_auto2(H5E_DEFAULT, count, &reports);
    H5PLset_loading_state(H5PL_FILTER_PLUGIN);
    EXPECT_TRUE(fails_with(ExitCode::no_input, "none.h5",
                           [] { with_quiet_hdf5([] { schema_of("none.h5"); }); }));
    EXPECT_EQ(reports, 0) << "HDF5 spoke up";
    unsigned plugins = 0;
    with_quiet_hdf5([&] { H5PLget_loading_state(&plugins); });
    EXPECT_EQ(plugins, 0U) << "a file could choose code to run";
    H5PLget_loading_state(&plugins);
    EXPECT_EQ(plugins, static_cast<unsigned>(H5PL_FILTER_PLUGIN));
    H5Fopen("none.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    EXPECT_EQ(reports, 1) << "the program's own errors are reported again";
    H5PLset_loading_state(0);
    silence_hdf5();
}

TEST(Library, VersionIsTheOneTheProgramRunsWith) {
    const std::string expected = std::to_string(H5_VERS_MAJOR) + "." +
                                 std::to_string(H5_VERS_MINOR) + "." +
                                 std::to_string(H5_VERS_RELEASE);
    EXPECT_EQ(hdf5_version(), expected);
}

}  // namespace
}  // namespace hogwild::io
