// HDF5 as the programs set it up, before the first test of this program.
#include <gtest/gtest.h>

#include "io/hdf5_library.hpp"

namespace {

class Hdf5Environment : public testing::Environment {
    void SetUp() override { hogwild::io::initialise_hdf5(); }
};

const auto* const kEnvironment = testing::AddGlobalTestEnvironment(new Hdf5Environment);

}  // namespace
