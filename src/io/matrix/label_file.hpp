#pragma once
#include <string>

#include "io/matrix/label_column.hpp"

namespace hogwild::io {

struct LabelFile {
    LabelColumn labels;
    std::string digest;  ///< XXH3 of the text, unpacked, or of the array's file
};

/// Labels in a file of their own: text, perhaps compressed, with a label a line (`?`: none), or a
/// .npy array of one dimension of numbers or texts, which is recognised by its content.
/// @param path  or `-`: text from the standard input.
/// @throws Error: no_input, bad_data.
LabelFile read_label_file(const std::string& path);

}  // namespace hogwild::io
