#include "app/export/output_formats.hpp"

#include <algorithm>
#include <boost/locale/encoding_utf.hpp>
#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "app/common/memory.hpp"
#include "app/export/format_parts.hpp"
#include "data/append_number.hpp"
#include "io/zip_writer.hpp"

namespace hogwild::app {
namespace {

using data::append_number;

std::vector<double> biases_of(const io::Model& m) {
    std::vector<double> biases;
    for (const io::ModelOutput& output : m.outputs) biases.push_back(output.bias);
    return biases;
}

/// Calls take(column, weights) for every listed column, by ascending column; the weights are of the
/// outputs.
template <class Take>
void for_each_row(const io::ModelReader& reader, const Take& take) {
    const io::Model& m = reader.model();
    const std::size_t width = m.outputs.size();
    reader.for_each_block([&](std::int64_t first, std::span<const float> rows) {
        auto column = m.columns.begin() + first;
        for (std::size_t at = 0; at < rows.size(); at += width) {
            take(*column++, rows.subspan(at, width));
        }
    });
}

/// One number of each output, as text.
template <class T>
void append_numbers(std::string& text, std::span<const T> values, char separator) {
    for (std::size_t k = 0; k < values.size(); ++k) {
        if (k > 0) text += separator;
        append_number(text, static_cast<double>(values[k]));
    }
}

/// NumPy's array of the categories: UTF-32, each filled up with zeros.
std::string npy_of_names(const std::vector<io::ModelOutput>& outputs) {
    std::vector<std::u32string> names;
    std::size_t width = 1;
    for (const io::ModelOutput& output : outputs) {
        names.push_back(boost::locale::conv::utf_to_utf<char32_t>(output.category));
        width = std::max(width, names.back().size());
    }
    std::u32string all;
    for (std::u32string& name : names) {
        name.resize(width, U'\0');
        all += name;
    }
    return npy("<U" + std::to_string(width), "(" + std::to_string(names.size()) + ",)",
               std::as_bytes(std::span(all)));
}

}  // namespace

void write_tsv(const io::ModelReader& reader, const io::FeatureNames* names, io::TextFile& file) {
    const io::Model& m = reader.model();
    std::string& text = file.text();
    text += names != nullptr ? "feature\tname" : "feature";
    for (const io::ModelOutput& output : m.outputs) text += '\t' + output.category;
    text += names != nullptr ? "\nbias\t\t" : "\nbias\t";
    const std::vector<double> biases = biases_of(m);
    append_numbers(text, std::span<const double>(biases), '\t');
    text += '\n';
    for_each_row(reader, [&](std::uint32_t column, std::span<const float> weights) {
        if (std::ranges::all_of(weights, [](float w) { return w == 0.0F; })) return;
        const std::int64_t id = column + m.feature_id_base;
        append_number(text, id);
        text += '\t';
        if (names != nullptr) {
            const auto found = names->find(id);
            if (found != names->end()) text += found->second;
            text += '\t';
        }
        append_numbers(text, weights, '\t');
        text += '\n';
        file.flush_if_full();
    });
}

bool has_liblinear_labels(const io::Model& model) {
    const auto is_label = [](const io::ModelOutput& output) {
        const std::string& name = output.category;
        std::int32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        return error == std::errc() && end == name.data() + name.size() &&
               std::to_string(number) == name;
    };
    return model.decision == data::Decision::highest &&
           std::ranges::all_of(model.outputs, is_label);
}

void write_liblinear(const io::ModelReader& reader, io::TextFile& file) {
    const io::Model& m = reader.model();
    const std::vector<double> biases = biases_of(m);
    const bool has_bias = std::ranges::any_of(biases, [](double b) { return b != 0.0; });
    std::string classes = std::to_string(biases.size()) + "\nlabel";
    const bool has_labels = has_liblinear_labels(m);
    for (std::size_t k = 0; k < biases.size(); ++k) {
        classes += ' ' + (has_labels ? m.outputs[k].category : std::to_string(k + 1));
    }
    std::string& text = file.text();
    append_liblinear_heading(text, classes, solver_of(m.loss), m.features, has_bias);
    const auto append = [&]<class T>(std::span<const T> weights) {
        if (weights.size() == 2) {
            append_number(text, double{weights[0]} - double{weights[1]});
        } else {
            append_numbers(text, weights, ' ');
        }
        text += '\n';
        file.flush_if_full();
    };
    const std::vector<float> zeros(biases.size());
    std::int64_t next = 0;  // column
    for_each_row(reader, [&](std::uint32_t column, std::span<const float> weights) {
        for (; next < column; ++next) append(std::span<const float>(zeros));
        append(weights);
        ++next;
    });
    for (; next < m.features; ++next) append(std::span<const float>(zeros));
    if (has_bias) append(std::span<const double>(biases));
}

void write_npz(const io::ModelReader& reader, io::TextFile& file) {
    constexpr std::int64_t kCopies = 4;  // the array, its member of the archive, the archive, text
    const io::Model& m = reader.model();
    const std::string shape = std::to_string(m.outputs.size()) + ", " + std::to_string(m.features);
    check_memory(
        "the array of --format npz, of " + std::to_string(m.outputs.size()) + " categories and " +
            std::to_string(m.features) +
            " features (--category NAME writes one category, --format tsv only features "
            "with a weight),",
        kCopies * static_cast<std::int64_t>(sizeof(float)) * m.features * std::ssize(m.outputs), 1);
    const auto features = static_cast<std::size_t>(m.features);
    std::vector<float> all(m.outputs.size() * features);
    for_each_row(reader, [&](std::uint32_t column, std::span<const float> weights) {
        for (std::size_t k = 0; k < weights.size(); ++k) all[k * features + column] = weights[k];
    });
    const std::vector<double> biases = biases_of(m);
    const io::ZipMember members[] = {
        {"coef_.npy", npy("<f4", "(" + shape + ")", std::as_bytes(std::span(all)))},
        {"intercept_.npy",
         npy("<f8", "(" + std::to_string(biases.size()) + ",)", std::as_bytes(std::span(biases)))},
        {"classes_.npy", npy_of_names(m.outputs)}};
    file.text() = io::zip_archive_of(members);
}

}  // namespace hogwild::app
