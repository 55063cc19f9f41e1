#pragma once
#include <memory>
#include <string>

#include "io/hdf5.hpp"
#include "io/matrix/label_column.hpp"
#include "io/matrix/matrix_file.hpp"

namespace hogwild::io {

/// An AnnData file (.h5ad) as AnnData 0.7 and later write it, or h5sparse: `X` or a layer is a
/// group of CSR or CSC arrays or a dense dataset; `obs` holds a column for each property of the
/// rows. https://anndata.readthedocs.io/en/stable/fileformat-prose.html
class AnnDataFile final : public MatrixFile {
public:
    /// @param layer  empty: X.
    /// @throws Error: no_input; bad_data where the file is none of AnnData's or lacks the layer.
    AnnDataFile(const std::string& path, const std::string& layer);

    std::unique_ptr<NumberStream> open(Part part) const override;
    /// A column of `obs`: numbers, truth values, texts or categories, perhaps with missing ones.
    /// @throws Error: bad_data; where there is no such column, with the names of the others.
    LabelColumn labels(const std::string& column) const override;
    bool has_column(const std::string& column) const override;

private:
    void read_shape(const h5::Handle& matrix);

    h5::Handle file_;
    h5::Handle parent_;  ///< of the matrix
    std::string name_;   ///< of the matrix in parent_
    bool is_group_ = false;
    h5::Handle group_;  ///< the matrix, if it is sparse
};

}  // namespace hogwild::io
