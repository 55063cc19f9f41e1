#pragma once
#include <memory>
#include <string>

#include "io/matrix/matrix_file.hpp"
#include "io/matrix/zip_archive.hpp"

namespace hogwild::io {

/// A sparse matrix in CSR or CSC form as scipy.sparse.save_npz writes it: a ZIP archive of the
/// NumPy arrays data, indices, indptr, shape and format.
class NpzFile final : public MatrixFile {
public:
    /// @throws Error: no_input; bad_data.
    explicit NpzFile(const std::string& path);
    std::unique_ptr<NumberStream> open(Part part) const override;

private:
    ZipArchive archive_;
};

}  // namespace hogwild::io
