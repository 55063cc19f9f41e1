#pragma once
#include <string>
#include <string_view>

namespace hogwild::data {

/// Recognises files that people give in place of SVMlight text by how they begin: archives, HDF5,
/// UTF-16, web pages, pointers of Git LFS.
/// @param head  the first bytes, some thousands if there are so many.
/// @return      what the file is and what to do, to follow "FILE: "; empty when it may be text.
std::string foreign_format(std::string_view head);

/// Recognises lines of other formats of documents: CSV, TSV, LIBFFM, Vowpal Wabbit, JSON, ARFF.
/// @param line  one that is not SVMlight's.
/// @return      what the line looks like and what to do; empty when nothing is known.
std::string foreign_line(std::string_view line);

}  // namespace hogwild::data
