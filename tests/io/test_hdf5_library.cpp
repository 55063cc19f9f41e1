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
    write_model(pending,
                Model{{1.0}, 0.0, "", "", "", 0.0, "", 1, 1, "", "", {"x"}, "", {{"x", 1.0}}, {}});
    EXPECT_EQ(schema_of(path), "hogwild.model");
    test::Hdf5Edit::create(path);
    EXPECT_EQ(schema_of(path), "");
    test::write_bytes(path, "text");
    EXPECT_TRUE(fails_with(ExitCode::bad_data, path, [&] { schema_of(path); }));
}

TEST(Library, VersionIsTheOneTheProgramRunsWith) {
    const std::string expected = std::to_string(H5_VERS_MAJOR) + "." +
                                 std::to_string(H5_VERS_MINOR) + "." +
                                 std::to_string(H5_VERS_RELEASE);
    EXPECT_EQ(hdf5_version(), expected);
}

}  // namespace
}  // namespace hogwild::io
