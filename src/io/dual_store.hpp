#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace hogwild::io {

namespace h5 {
class Handle;
}

/// The dual variables of a model that coordinate ascent has trained, other than 0, by the ids of
/// the documents: with them a run on these documents, and on new ones, can go on.
struct DualVariables {
    std::vector<std::int64_t> document;  ///< ids, in the order of the training set
    std::vector<float> variable;         ///< of each, > 0

    bool empty() const noexcept { return document.empty(); }
    void add(std::int64_t id, double value) {
        document.push_back(id);
        variable.push_back(static_cast<float>(value));
    }
    bool operator==(const DualVariables&) const = default;
};

/// Writes the variables as the group /dual of a file; nothing where there are none.
/// @throws Error: io.
void write_dual_variables(const h5::Handle& file, const DualVariables& dual);

/// The variables that a model file holds; none where it has no group /dual. read_model() leaves
/// them out, since they grow with the documents.
/// @throws Error: no_input; bad_data when they are damaged.
DualVariables read_dual_variables(const std::string& path);
/// The same of an open file.
DualVariables read_dual_variables(const h5::Handle& file);

}  // namespace hogwild::io
