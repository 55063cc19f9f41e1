#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "model/training_rows.hpp"

namespace hogwild::model {

/// Writes rows as bytes, for files that this process alone reads: in the layout of memory, so that
/// reading them is copying. @param out  replaced.
void pack(const TrainingRows& rows, std::vector<std::byte>& out);
void pack(const data::Rows& rows, std::vector<std::byte>& out);

/// Appends what pack() has written of rows of the same layout, with as many hot features.
void append_packed(std::span<const std::byte> bytes, TrainingRows& rows);
void append_packed(std::span<const std::byte> bytes, data::Rows& rows);

}  // namespace hogwild::model
