#pragma once
#include "io/dataset_header.hpp"
#include "io/hdf5.hpp"

namespace hogwild::io {

/// Reads and checks the attributes of an open dataset file. Topics are named later.
/// @throws Error: bad_data, also for other kinds of files.
DatasetHeader read_header(const h5::Handle& file);

}  // namespace hogwild::io
