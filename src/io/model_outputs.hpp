#pragma once
#include <string>
#include <vector>

#include "io/hdf5_matrices.hpp"
#include "io/model_file.hpp"
#include "io/model_reader.hpp"

/// What only a file of a model with several outputs holds (version 3, docs/formats.md).
namespace hogwild::io {

/// Writes the outputs and the matrix. @throws Error: io; internal when the model does not hold
/// a weight for every column and output.
void write_outputs(const h5::Handle& file, const Model& model);

/// The outputs, of which there are between 1 and 65,536. @throws Error: bad_data when there are
/// not, when two have one name, or when a field does not have a finite value for every output.
std::vector<ModelOutput> read_outputs(const h5::Handle& file, const std::string& path);

/// How scores become predictions. @throws Error: bad_data.
data::Decision read_decision(const h5::Handle& file, const std::string& path);

/// Hands out all rows in blocks of up to 16,384, of which there are fewer where there are more than
/// 1,024 outputs: a block is 64 MB at most, up to 16,384 outputs. @throws Error: bad_data.
void read_matrix(const h5::ReadMatrix& matrix, const TakeRows& take);

/// Whether a file holds the outputs and the matrix of the model, read block by block.
/// @throws Error: bad_data.
bool outputs_read_back(const h5::Handle& file, const std::string& path, const Model& model);

}  // namespace hogwild::io
