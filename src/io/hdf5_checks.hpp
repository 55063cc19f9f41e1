#pragma once
#include <hdf5.h>

#include <string>

#include "io/hdf5.hpp"

/// What an HDF5 file may not do to whoever opens it: name other files, run code, or claim more than
/// it holds. Whatever HDF5 itself offers for that is refused, since our files never use it.
namespace hogwild::io::h5 {

/// @throws Error: bad_data unless `name` is a hard link of `parent` to an object of this file.
void check_link(const Handle& parent, const std::string& name, const std::string& what);

/// Makes sure that all `elements` of a dataset are stored in its file, so that memory for them is
/// in proportion to it: at most 1,032 bytes for one, which deflate cannot exceed.
/// @throws Error: bad_data for other files' data, filters other than those we write, and claims
///         that are not backed.
void check_storage(const Handle& dataset, hsize_t elements, std::size_t element_bytes);

/// As check_storage, for an attribute. @throws Error: bad_data.
void check_attribute_storage(const Handle& attribute, hsize_t elements, std::size_t element_bytes);

}  // namespace hogwild::io::h5
