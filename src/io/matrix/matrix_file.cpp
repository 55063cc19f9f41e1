#include "io/matrix/matrix_file.hpp"

#include <limits>

#include "data/foreign_format.hpp"
#include "io/matrix/anndata_file.hpp"
#include "io/matrix/byte_stream.hpp"
#include "io/matrix/npy.hpp"
#include "io/matrix/npz_file.hpp"

namespace hogwild::io {

void MatrixFile::set_shape(std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kMostColumns = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t kMostRows = std::int64_t{1} << 53;
    if (rows < 0 || columns < 1 || rows > kMostRows || columns > kMostColumns) {
        throw Error(ExitCode::bad_data, path_ + ": a matrix of " + std::to_string(rows) +
                                            " rows and " + std::to_string(columns) +
                                            " columns cannot be converted; 1 to 2147483647 "
                                            "columns can");
    }
    rows_ = rows;
    columns_ = columns;
}

LabelColumn MatrixFile::labels(const std::string&) const {
    throw Error(ExitCode::bad_data,
                path_ + ": has no columns of labels; give them by --label-file");
}

std::unique_ptr<MatrixFile> open_matrix(const std::string& path, const std::string& layer) {
    const auto bytes = open_bytes(path);
    std::string head(4096, '\0');
    head.resize(bytes->read(std::as_writable_bytes(std::span(head))));
    if (head.starts_with("PK")) {
        if (!layer.empty()) {
            throw Error(ExitCode::usage, path + ": has no layers, as only AnnData files have");
        }
        return std::make_unique<NpzFile>(path);
    }
    if (head.starts_with("\x89HDF")) return std::make_unique<AnnDataFile>(path, layer);
    std::string what = data::foreign_format(head);
    if (head.starts_with(kNpyMagic)) what = "is a NumPy array (.npy)";
    throw Error(ExitCode::bad_data,
                path + ": " + (what.empty() ? "is no matrix" : what) +
                    "; AnnData (.h5ad) and sparse matrices of SciPy (.npz) are read here, text "
                    "by svmlight_to_hdf5");
}

const char* name_of(MatrixFile::Part part) {
    switch (part) {
        case MatrixFile::Part::indptr:
            return "indptr";
        case MatrixFile::Part::indices:
            return "indices";
        case MatrixFile::Part::data:
            return "data";
    }
    return "";
}

}  // namespace hogwild::io
