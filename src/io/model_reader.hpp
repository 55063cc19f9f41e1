#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/model_file.hpp"

namespace hogwild::io {

/// Takes whole rows of a matrix: of each column of the data, the weights of all outputs.
/// @param first_column  of the first row, as a place in Model::columns.
using TakeRows = std::function<void(std::int64_t first_column, std::span<const float> rows)>;

/// An open model file: what it says is in memory, the matrix of a model with several outputs is
/// read from the file when it is asked for, by rows or by outputs.
class ModelReader {
public:
    /// @throws Error: no_input, bad_data.
    explicit ModelReader(const std::string& path);
    ~ModelReader();
    ModelReader(const ModelReader&) = delete;
    ModelReader& operator=(const ModelReader&) = delete;

    /// All of it but the matrix; complete where `outputs` is empty.
    const Model& model() const noexcept { return model_; }

    /// Hands out the matrix in blocks of rows, by ascending column; nothing where there is none.
    /// Holds a block in memory, of 64 MB at most up to 16,384 outputs. @throws Error: bad_data.
    void for_each_block(const TakeRows& take) const;

    /// The weights of an output, by Model::columns; reads no other's.
    /// @param output  < model().outputs.size(). @throws Error: bad_data.
    std::vector<float> weights_of(std::size_t output) const;

    /// An output as a model of its own, that tells its category from the rest; reads no other's
    /// weights. Of a model with one output this is the model.
    /// @throws Error: bad_data when the model does not know the category, or on damage.
    Model output(const std::string& category) const;

private:
    std::string path_;
    std::unique_ptr<const h5::Handle> file_;
    Model model_;
};

/// As read_model(), for what works with one output.
/// @throws Error: no_input; bad_data, also when the model has several outputs.
Model read_model_of_one_output(const std::string& path);

}  // namespace hogwild::io
