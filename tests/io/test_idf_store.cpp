#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "io/hdf5_arrays.hpp"
#include "io/idf_store.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;

class IdfStore : public ::testing::Test {
protected:
    /// A file that holds what a damaged or foreign one might.
    std::string write(const std::vector<std::uint32_t>& columns, const std::vector<double>& factors,
                      double absent) {
        const std::string path = dir_.file("foreign.h5");
        h5::Handle file = h5::create_file(path);
        h5::Handle group = h5::create_group(file, "idf");
        h5::write_array(group, "column", std::span<const std::uint32_t>(columns));
        h5::write_array(group, "factor", std::span<const double>(factors));
        h5::write_attribute(group, "absent", absent);
        h5::write_attribute(group, "xxh3", std::string(16, '0'));
        group.close();
        file.close();
        return path;
    }

    test::ScratchDir dir_;
};

TEST_F(IdfStore, ReadsWhatWasWritten) {
    const data::Idf idf({3, 70'000, 4'000'000}, {1.0, 2.5, 0.125}, 7.5);
    const std::string path = dir_.file("a.h5");
    h5::Handle file = h5::create_file(path);
    write_idf(file, idf);
    file.close();
    const data::Idf back = read_idf(h5::open_file(path));
    EXPECT_EQ(back.columns.members(), idf.columns.members());
    EXPECT_EQ(back.factors, idf.factors);
    EXPECT_EQ(back.absent, 7.5);
    EXPECT_EQ(digest_of(back), digest_of(idf));
}

TEST_F(IdfStore, WritesNothingWhereThereIsNone) {
    const std::string path = dir_.file("a.h5");
    h5::Handle file = h5::create_file(path);
    write_idf(file, {});
    EXPECT_FALSE(h5::has_link(file, "idf"));
    file.close();
    EXPECT_TRUE(read_idf(h5::open_file(path)).empty());
    EXPECT_EQ(digest_of({}), "");
}

TEST_F(IdfStore, DigestIsOfColumnsFactorsAndTheFactorOfOthers) {
    const std::string digest = digest_of(data::Idf({1, 2}, {1.5, 2.5}, 3.5));
    EXPECT_EQ(digest.size(), 16U);
    EXPECT_NE(digest_of(data::Idf({1, 3}, {1.5, 2.5}, 3.5)), digest);
    EXPECT_NE(digest_of(data::Idf({1, 2}, {1.5, 2.25}, 3.5)), digest);
    EXPECT_NE(digest_of(data::Idf({1, 2}, {1.5, 2.5}, 3.25)), digest);
}

TEST_F(IdfStore, RefusesWhatAreNoFactors) {
    const auto refuses = [&](const std::string& path) {
        return fails_with(ExitCode::bad_data, "idf", [&] { read_idf(h5::open_file(path)); });
    };
    EXPECT_TRUE(refuses(write({2, 1}, {1.5, 1.5}, 2.0))) << "columns descend";
    EXPECT_TRUE(refuses(write({1, 2}, {1.5}, 2.0))) << "a factor is missing";
    EXPECT_TRUE(refuses(write({1, 2}, {1.5, 0.0}, 2.0))) << "a factor is 0";
    EXPECT_TRUE(refuses(write({1, 2}, {1.5, 1.5}, std::numeric_limits<double>::infinity())));
    EXPECT_TRUE(refuses(write({1, 2}, {1.5, 1.5}, 2.0))) << "the digest is another";
}

}  // namespace
}  // namespace hogwild::io
