#include "io/matrix/npz_file.hpp"

#include <array>

#include "io/matrix/npy.hpp"

namespace hogwild::io {

NpzFile::NpzFile(const std::string& path) : MatrixFile(path), archive_(path) {
    if (!archive_.has("format.npy") || !archive_.has("shape.npy")) {
        throw Error(ExitCode::bad_data,
                    path + ": holds no sparse matrix; write it with scipy.sparse.save_npz");
    }
    const std::string format = read_npy_text(archive_.open("format.npy"));
    if (format != "csr" && format != "csc") {
        throw Error(ExitCode::bad_data, path + ": holds a matrix in the format '" + format +
                                            "'; save it in CSR form: save_npz(FILE, X.tocsr())");
    }
    set_layout(format == "csr" ? Layout::by_rows : Layout::by_columns);
    const auto shape = open_npy_numbers(archive_.open("shape.npy"), true);
    std::array<std::int64_t, 2> sizes{};
    if (shape->length() != std::ssize(sizes)) {
        throw Error(ExitCode::bad_data, shape->name() + ": is not two numbers");
    }
    shape->read(std::span<std::int64_t>(sizes));
    set_shape(sizes[0], sizes[1]);
}

std::unique_ptr<NumberStream> NpzFile::open(Part part) const {
    return open_npy_numbers(archive_.open(std::string(name_of(part)) + ".npy"), part != Part::data);
}

}  // namespace hogwild::io
