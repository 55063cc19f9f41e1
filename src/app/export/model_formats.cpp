#include "app/export/model_formats.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <string>

#include "app/common/memory.hpp"
#include "app/export/format_parts.hpp"
#include "data/append_number.hpp"
#include "data/error.hpp"
#include "io/zip_writer.hpp"

namespace hogwild::app {
namespace {

using data::append_number;

/// Calls take(id, weight) for every feature whose weight is not 0, by ascending id.
template <class Take>
void for_each_weight(const io::Model& model, const Take& take) {
    for (std::size_t k = 0; k < model.columns.size(); ++k) {
        if (model.weights[k] != 0.0) {
            take(model.columns[k] + model.feature_id_base, model.weights[k]);
        }
    }
}

}  // namespace

void write_tsv(const io::Model& model, const io::FeatureNames* names, io::TextFile& file) {
    std::string& text = file.text();
    text += names != nullptr ? "feature\tweight\tname\nbias\t" : "feature\tweight\nbias\t";
    append_number(text, model.bias);
    text += names != nullptr ? "\t\n" : "\n";
    for_each_weight(model, [&](std::int64_t id, double weight) {
        append_number(text, id);
        text += '\t';
        append_number(text, weight);
        if (names != nullptr) {
            const auto found = names->find(id);
            text += '\t';
            if (found != names->end()) text += found->second;
        }
        text += '\n';
        file.flush_if_full();
    });
}

void write_liblinear(const io::Model& model, io::TextFile& file) {
    std::string& text = file.text();
    const bool has_bias = model.bias != 0.0;
    append_liblinear_heading(text, "2\nlabel 1 -1", solver_of(model.loss), model.features,
                             has_bias);
    for (std::int64_t column = 0, next = 0; column < model.features; ++column) {
        const auto k = static_cast<std::size_t>(next);
        const bool listed = k < model.columns.size() && model.columns[k] == column;
        append_number(text, listed ? model.weights[k] : 0.0);
        text += '\n';
        next += listed ? 1 : 0;
        file.flush_if_full();
    }
    if (!has_bias) return;
    append_number(text, model.bias);
    text += '\n';
}

void write_vw(const io::Model& model, io::TextFile& file) {
    constexpr std::int64_t kConstant = 11'650'396;  // VW's hash of the feature that is always 1
    constexpr int kFewestBits = 18;                 // VW's default
    const std::int64_t last = model.feature_id_base + model.features - 1;
    const auto weight_at = [&](std::int64_t id) {
        const auto found = std::ranges::lower_bound(
            model.columns, id, {},
            [&](std::int64_t column) { return column + model.feature_id_base; });
        const bool listed = found != model.columns.end() && *found + model.feature_id_base == id;
        return listed ? model.weights[static_cast<std::size_t>(found - model.columns.begin())]
                      : 0.0;
    };
    int bits = std::max(kFewestBits, static_cast<int>(std::bit_width(std::uint64_t(last))));
    const auto constant = [&] { return kConstant & ((std::int64_t{1} << bits) - 1); };
    while (weight_at(constant()) != 0.0 && constant() != kConstant) ++bits;
    if (weight_at(constant()) != 0.0) {
        throw Error(ExitCode::bad_data,
                    "feature " + std::to_string(kConstant) +
                        " has the index of VW's constant, so this model cannot be written for VW; "
                        "choose another --format");
    }
    std::string& text = file.text();
    text += "Version 8.6.1\nId hogwild\nMin label:-1\nMax label:1\nbits:";
    append_number(text, bits);
    text += "\nlda:0\n0 ngram:\n0 skip:\noptions:\nChecksum: 0\n:0\n";
    bool bias_written = model.bias == 0.0;
    const auto append = [&](std::int64_t index, double weight) {
        append_number(text, index);
        text += ':';
        append_number(text, weight);
        text += '\n';
        file.flush_if_full();
    };
    const auto append_bias = [&] {
        append(constant(), model.bias);
        bias_written = true;
    };
    for_each_weight(model, [&](std::int64_t id, double weight) {
        if (!bias_written && id > constant()) append_bias();
        append(id, weight);
    });
    if (!bias_written) append_bias();
}

void write_npz(const io::Model& model, io::TextFile& file) {
    static_assert(std::endian::native == std::endian::little, "the types name the byte order");
    constexpr std::int64_t kClasses[] = {-1, 1};
    constexpr std::int64_t kCopies = 4;  // the array, its member of the archive, the archive, text
    check_memory("the arrays of --format npz, with " + std::to_string(model.features) +
                     " features of which " + std::to_string(model.columns.size()) +
                     " have a weight (--format tsv writes these only),",
                 kCopies * static_cast<std::int64_t>(sizeof(double)) * model.features, 1);
    std::vector<double> weights(static_cast<std::size_t>(model.features));
    for (std::size_t k = 0; k < model.columns.size(); ++k) {
        weights[model.columns[k]] = model.weights[k];
    }
    const io::ZipMember members[] = {
        {"coef_.npy", npy("<f8", "(1, " + std::to_string(model.features) + ")",
                          std::as_bytes(std::span(weights)))},
        {"intercept_.npy", npy("<f8", "(1,)", std::as_bytes(std::span(&model.bias, 1)))},
        {"classes_.npy", npy("<i8", "(2,)", std::as_bytes(std::span(kClasses)))}};
    file.text() = io::zip_archive_of(members);
}

}  // namespace hogwild::app
