#include "app/export/format_parts.hpp"

#include "data/append_number.hpp"

namespace hogwild::app {

std::string npy(const std::string& type, const std::string& shape,
                std::span<const std::byte> values) {
    constexpr std::size_t kPrefix = 10;  // magic, version, length of the header
    constexpr std::size_t kAlign = 64;
    std::string header =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize((kPrefix + header.size() + 1 + kAlign - 1) / kAlign * kAlign - kPrefix, ' ');
    header.back() = '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes += static_cast<char>(header.size() % 256);
    bytes += static_cast<char>(header.size() / 256);
    bytes += header;
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size());
    return bytes;
}

const char* solver_of(const std::string& loss) {
    if (loss == "logistic") return "L2R_LR";
    return loss == "squared-hinge" ? "L2R_L2LOSS_SVC" : "L2R_L1LOSS_SVC_DUAL";
}

void append_liblinear_heading(std::string& text, std::string_view classes, std::string_view solver,
                              std::int64_t features, bool has_bias) {
    text += "nr_class ";
    text += classes;
    text += "\nsolver_type ";
    text += solver;
    text += "\nnr_feature ";
    data::append_number(text, features);
    text += has_bias ? "\nbias 1\nw\n" : "\nbias -1\nw\n";
}

}  // namespace hogwild::app
