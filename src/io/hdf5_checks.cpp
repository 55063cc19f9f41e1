#include "io/hdf5_checks.hpp"

#include <array>

namespace hogwild::io::h5 {
namespace {

/// Upper bound of deflate's expansion factor.
constexpr double kDeflateLimit = 1032.0;

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw Error(ExitCode::bad_data, what + " " + why);
}

[[noreturn]] void refuse_claim(const std::string& what, hsize_t elements) {
    refuse(what, "claims " + std::to_string(elements) +
                     " elements, which the file does not hold; make the file again");
}

/// Size of the file that contains an object [bytes].
hsize_t file_size(const Handle& object) {
    const Handle file(H5Iget_file_id(object.id()), H5Fclose, ExitCode::bad_data, object.what());
    hsize_t size = 0;
    if (H5Fget_filesize(file.id(), &size) < 0) fail(ExitCode::bad_data, object.what());
    return size;
}

/// Accepts only filters that we write: others could expand without bound, or need a plugin's code.
/// @return upper bound of the bytes that the filters make of one stored byte.
double check_filters(const Handle& layout, const std::string& what) {
    double limit = 1.0;
    const int count = H5Pget_nfilters(layout.id());
    if (count < 0) fail(ExitCode::bad_data, what);
    for (int k = 0; k < count; ++k) {
        char name[64] = "";
        std::size_t no_values = 0;
        unsigned flags = 0;
        const H5Z_filter_t id = H5Pget_filter2(layout.id(), static_cast<unsigned>(k), &flags,
                                               &no_values, nullptr, sizeof name, name, nullptr);
        if (id < 0) fail(ExitCode::bad_data, what);
        if (id == H5Z_FILTER_SHUFFLE || id == H5Z_FILTER_FLETCHER32) continue;
        const bool again = limit > 1.0;  // twice would expand by the square
        if (id != H5Z_FILTER_DEFLATE || again) {
            refuse(what, "is stored with the filter '" + std::string(name) + "' (number " +
                             std::to_string(id) + ")" + (again ? " on top of another" : "") +
                             ", which this program does not read; store it anew, for example with "
                             "h5repack -f GZIP=4");
        }
        if (H5Zfilter_avail(id) <= 0) {
            refuse(what, "is compressed with deflate, which this HDF5 library was built without");
        }
        limit = kDeflateLimit;
    }
    return limit;
}

/// Of a dataset with any number of dimensions; in floating point, where all products fit.
struct Chunks {
    double length = 1.0;  ///< elements of one
    double count = 1.0;   ///< that hold all elements
};

Chunks chunks_of(const Handle& layout, const Handle& dataset) {
    const std::string& what = dataset.what();
    const Handle space(H5Dget_space(dataset.id()), H5Sclose, ExitCode::bad_data, what);
    std::array<hsize_t, H5S_MAX_RANK> extent{};
    std::array<hsize_t, H5S_MAX_RANK> chunk{};
    const int rank = H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr);
    if (rank < 1 || H5Pget_chunk(layout.id(), rank, chunk.data()) != rank) {
        fail(ExitCode::bad_data, what);
    }
    Chunks chunks;
    for (std::size_t k = 0; k < static_cast<std::size_t>(rank); ++k) {
        if (chunk[k] == 0) fail(ExitCode::bad_data, what);
        chunks.length *= static_cast<double>(chunk[k]);
        const hsize_t whole = extent[k] / chunk[k];
        const hsize_t along = whole * chunk[k] == extent[k] ? whole : whole + 1;
        chunks.count *= static_cast<double>(along);
    }
    return chunks;
}

hsize_t stored_chunks(const Handle& dataset) {
    const Handle space(H5Dget_space(dataset.id()), H5Sclose, ExitCode::bad_data, dataset.what());
    hsize_t count = 0;
    if (H5Dget_num_chunks(dataset.id(), space.id(), &count) < 0) {
        fail(ExitCode::bad_data, dataset.what());
    }
    return count;
}

}  // namespace

void check_link(const Handle& parent, const std::string& name, const std::string& what) {
    // a path could lead through links of all kinds
    const bool plain = !name.empty() && name != "." && name.find('/') == std::string::npos;
    if (!plain || !has_link(parent, name)) throw Error(ExitCode::bad_data, what + " is missing");
    H5L_info_t link;
    if (H5Lget_info(parent.id(), name.c_str(), &link, H5P_DEFAULT) < 0) {
        fail(ExitCode::bad_data, what);
    }
    if (link.type == H5L_TYPE_HARD) return;
    refuse(what, std::string("is ") +
                     (link.type == H5L_TYPE_SOFT       ? "a soft link"
                      : link.type == H5L_TYPE_EXTERNAL ? "a link to another file"
                                                       : "a link of a kind of its own") +
                     ", which is not followed; store the data itself");
}

void check_storage(const Handle& dataset, hsize_t elements, std::size_t element_bytes) {
    const std::string& what = dataset.what();
    const Handle layout(H5Dget_create_plist(dataset.id()), H5Pclose, ExitCode::bad_data, what);
    const H5D_layout_t kind = H5Pget_layout(layout.id());
    if (kind < 0) fail(ExitCode::bad_data, what);
    if (kind == H5D_VIRTUAL || H5Pget_external_count(layout.id()) != 0) {
        refuse(what, "keeps its data in other files; store the data itself");
    }
    const double limit = check_filters(layout, what);
    if (elements == 0) return;

    const hsize_t in_file = file_size(dataset);
    const hsize_t stored = H5Dget_storage_size(dataset.id());
    // in floating point, where the product of any two sizes is representable
    double needed = static_cast<double>(elements) * static_cast<double>(element_bytes);
    bool whole = stored <= in_file;
    if (kind == H5D_CHUNKED) {
        const Chunks chunks = chunks_of(layout, dataset);
        needed = chunks.count * chunks.length * static_cast<double>(element_bytes);
        whole =
            whole && (limit == 1.0 || static_cast<double>(stored_chunks(dataset)) >= chunks.count);
    } else if (kind == H5D_CONTIGUOUS) {
        const haddr_t at = H5Dget_offset(dataset.id());
        whole = whole && at != HADDR_UNDEF && at <= in_file - stored;
    }
    if (!whole || needed > static_cast<double>(stored) * limit) refuse_claim(what, elements);
}

void check_attribute_storage(const Handle& attribute, hsize_t elements, std::size_t element_bytes) {
    const double needed = static_cast<double>(elements) * static_cast<double>(element_bytes);
    if (needed > static_cast<double>(file_size(attribute))) {
        refuse_claim(attribute.what(), elements);
    }
}

}  // namespace hogwild::io::h5
