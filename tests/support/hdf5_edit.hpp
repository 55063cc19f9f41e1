#pragma once
#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace hogwild::test {

/// Changes an HDF5 file behind the program's back, through the C interface alone.
/// Arrays are named by their path ("X/indptr"), attributes belong to the root group.
class Hdf5Edit {
public:
    explicit Hdf5Edit(const std::string& path)
        : file_(need(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), "H5Fopen")) {}
    Hdf5Edit(const Hdf5Edit&) = delete;
    Hdf5Edit& operator=(const Hdf5Edit&) = delete;
    ~Hdf5Edit() { H5Fclose(file_); }

    hid_t id() const noexcept { return file_; }

    static void create(const std::string& path) {
        H5Fclose(need(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), "create"));
    }

    template <class T>
    std::vector<T> read(const std::string& name) const {
        const hid_t dataset = need(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), name);
        const hid_t space = H5Dget_space(dataset);
        std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
        need(H5Dread(dataset, memory_type(T{}), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
             name);
        H5Sclose(space);
        H5Dclose(dataset);
        return values;
    }

    /// Puts another array in the place of `name`, with its old "xxh3" attribute, if it had one.
    template <class T>
    void replace(const std::string& name, hid_t file_type, const std::vector<T>& values) {
        const std::vector<hsize_t> extent{values.size()};
        replace_raw(name, file_type, memory_type(T{}), extent, values.data());
    }

    /// As `replace`, with two dimensions.
    void replace_by_matrix(const std::string& name, hid_t file_type, std::vector<float> values) {
        const std::vector<hsize_t> extent{values.size(), 1};
        replace_raw(name, file_type, H5T_NATIVE_FLOAT, extent, values.data());
    }

    /// Overwrites one element in place: checksums are right, the content is not.
    template <class T>
    void poke(const std::string& name, std::size_t at, T value) {
        std::vector<T> values = read<T>(name);
        values.at(at) = value;
        const hid_t dataset = need(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), name);
        need(H5Dwrite(dataset, memory_type(T{}), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()),
             name);
        H5Dclose(dataset);
    }

    void remove(const std::string& name) {
        need(H5Ldelete(file_, name.c_str(), H5P_DEFAULT), name);
    }
    void remove_attribute(const std::string& name) { need(H5Adelete(file_, name.c_str()), name); }
    void set_attribute(const std::string& name, std::int64_t value) {
        write_attribute(name, H5T_NATIVE_INT64, H5T_NATIVE_INT64, &value);
    }
    void set_attribute(const std::string& name, const std::string& value) {
        const hid_t type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, value.size() + 1);
        write_attribute(name, type, type, value.c_str());
        H5Tclose(type);
    }

private:
    template <class Id>
    static Id need(Id id, const std::string& what) {
        if (id < 0) throw std::runtime_error("editing an HDF5 file: " + what);
        return id;
    }
    static hid_t memory_type(std::int8_t) { return H5T_NATIVE_INT8; }
    static hid_t memory_type(std::int32_t) { return H5T_NATIVE_INT32; }
    static hid_t memory_type(std::uint32_t) { return H5T_NATIVE_UINT32; }
    static hid_t memory_type(std::int64_t) { return H5T_NATIVE_INT64; }
    static hid_t memory_type(float) { return H5T_NATIVE_FLOAT; }
    static hid_t memory_type(double) { return H5T_NATIVE_DOUBLE; }

    void replace_raw(const std::string& name, hid_t file_type, hid_t memory,
                     const std::vector<hsize_t>& extent, const void* values) {
        const hid_t old = need(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), name);
        remove(name);
        const hid_t space =
            H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr);
        const hid_t dataset = need(H5Dcreate2(file_, name.c_str(), file_type, space, H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT),
                                   name);
        if (extent[0] > 0) {
            need(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), name);
        }
        if (H5Aexists(old, "xxh3") > 0) copy_text_attribute(old, dataset, "xxh3");
        H5Dclose(dataset);
        H5Sclose(space);
        H5Dclose(old);
    }

    void write_attribute(const std::string& name, hid_t file_type, hid_t memory,
                         const void* value) {
        if (H5Aexists(file_, name.c_str()) > 0) remove_attribute(name);
        const hid_t space = H5Screate(H5S_SCALAR);
        const hid_t attribute =
            need(H5Acreate2(file_, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT), name);
        need(H5Awrite(attribute, memory, value), name);
        H5Aclose(attribute);
        H5Sclose(space);
    }

    /// Works for texts of variable and of fixed length.
    static void copy_text_attribute(hid_t from, hid_t to, const char* name) {
        const hid_t source = need(H5Aopen(from, name, H5P_DEFAULT), name);
        const hid_t type = H5Aget_type(source);
        const hid_t space = H5Aget_space(source);
        const hid_t target =
            need(H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT), name);
        std::vector<char> buffer(std::max(H5Tget_size(type), sizeof(char*)));
        need(H5Aread(source, type, buffer.data()), name);
        need(H5Awrite(target, type, buffer.data()), name);
        if (H5Tis_variable_str(type) > 0) H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer.data());
        H5Aclose(target);
        H5Sclose(space);
        H5Tclose(type);
        H5Aclose(source);
    }

    hid_t file_;
};

}  // namespace hogwild::test
