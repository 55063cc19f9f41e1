#pragma once
#include <string>

#include "data/idf.hpp"

namespace hogwild::io {

namespace h5 {
class Handle;
}

/// Identifies the factors: 16 hexadecimal digits; empty where there are none.
std::string digest_of(const data::Idf& idf);

/// Writes the factors as the group /idf of a file; nothing where there are none. @throws Error: io.
void write_idf(const h5::Handle& file, const data::Idf& idf);

/// The factors that a file holds; none where it has no group /idf.
/// @throws Error: bad_data when they are damaged, or are no factors.
data::Idf read_idf(const h5::Handle& file);

}  // namespace hogwild::io
