#pragma once
#include <hdf5.h>

#include <string>

#include "io/hdf5.hpp"

/// Checks against hostile HDF5 files, which could name other files, run code, or claim more data
/// than they hold. Our files use no such feature of HDF5, so all of them are refused.
namespace hogwild::io::h5 {

/// @throws Error: bad_data unless `name` is a hard link of `parent` to an object of this file.
void check_link(const Handle& parent, const std::string& name, const std::string& what);

/// Makes sure that all `elements` of a dataset are stored in its file, so that memory for them is
/// in proportion to it: at most 1,032 bytes for one, which deflate cannot exceed.
/// @throws Error: bad_data for other files' data, filters other than those we write, and sizes that
/// the file does not hold.
void check_storage(const Handle& dataset, hsize_t elements, std::size_t element_bytes);

/// The same for an attribute. @throws Error: bad_data.
void check_attribute_storage(const Handle& attribute, hsize_t elements, std::size_t element_bytes);

}  // namespace hogwild::io::h5
