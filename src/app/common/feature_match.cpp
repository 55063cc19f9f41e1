#include "app/common/feature_match.hpp"

#include <algorithm>

#include "app/common/text_table.hpp"
#include "data/error.hpp"
#include "io/idf_store.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

std::string both_counts(const FeatureSpace& trained, const FeatureSpace& data) {
    return data.name + " has " + std::to_string(data.features) + " features, " + trained.name +
           " " + std::to_string(trained.features);
}

constexpr const char* kAdvice = "convert both with the same feature ids";

}  // namespace

void FeatureMatch::add(const data::NumberedRows<data::Numbering::listed>& rows,
                       std::span<const double> weights) {
    entries += rows.nonzeros();
    for (std::int64_t i = 0; i < rows.size(); ++i) {
        for (const std::uint32_t u : rows.row(i).index) weighted += weights[u] != 0.0 ? 1 : 0;
    }
}

FeatureMatch FeatureMatch::summed(mpi::Communicator comm) const {
    return {mpi::sum(comm, entries), mpi::sum(comm, weighted)};
}

void check_id_base(const std::string& trained, std::int64_t id_base, const io::Dataset& data) {
    const std::int64_t other = data.header().feature_id_base;
    if (id_base == other) return;
    throw Error(ExitCode::bad_data, data.name() + ": feature ids begin at " +
                                        std::to_string(other) + ", those of " + trained + " at " +
                                        std::to_string(id_base) +
                                        "; convert both texts with the same --zero-based");
}

PreparedValues prepared_values(const io::Dataset& data) {
    return {data.normalization(), data.header().idf};
}

void check_values(const std::string& trained, const PreparedValues& values,
                  const io::Dataset& data) {
    const PreparedValues other = prepared_values(data);
    if (values.norm != other.norm) {
        throw Error(ExitCode::bad_data, data.name() + ": was converted with --normalize " +
                                            data::name_of(other.norm) + ", " + trained +
                                            " with --normalize " + data::name_of(values.norm) +
                                            "; convert both alike");
    }
    if (values.idf == other.idf) return;
    const std::string difference =
        values.idf.empty()
            ? "was converted with --idf, " + trained + " without it; convert both alike"
        : other.idf.empty() ? "was converted without --idf, " + trained + " with it"
                            : "was converted with the document frequencies of other documents "
                              "than " +
                                  trained;
    throw Error(ExitCode::bad_data,
                data.name() + ": " + difference +
                    (values.idf.empty() ? "" : "; convert it with --idf-from " + trained));
}

std::string check_values(const std::string& path, const io::Model& model, const io::Dataset& data) {
    const bool known =
        std::ranges::find(model.dataset_digests, data.digest()) != model.dataset_digests.end();
    if (model.normalization) {
        check_values(path, {*model.normalization, io::digest_of(model.idf)}, data);
    }
    if (model.normalization || known) return {};
    return path + ": is of an older program and does not say how its training data was " +
           "normalized; " + data.name() + " was converted with --normalize " +
           data::name_of(data.normalization());
}

std::string compare_features(const FeatureSpace& trained, const FeatureSpace& data) {
    const std::int64_t features = data.features;
    if (2 * std::min(trained.features, features) > std::max(trained.features, features)) return {};
    return both_counts(trained, data) + ": is this the same kind of data? " + kAdvice;
}

std::string compare_features(const FeatureSpace& trained, const FeatureSpace& data,
                             const FeatureMatch& match) {
    if (match.entries > 0 && match.weighted == 0) {
        throw Error(ExitCode::bad_data, both_counts(trained, data) + ": none of the data's " +
                                            std::to_string(match.entries) +
                                            " entries is on a feature with a weight; " + kAdvice);
    }
    const std::int64_t without = match.entries - match.weighted;
    if (10 * without < match.entries || without == 0) return compare_features(trained, data);
    const double share = static_cast<double>(without) / static_cast<double>(match.entries);
    return both_counts(trained, data) + ": " + percent_text(share, 1) +
           " of the data's entries are on features without a weight and count nothing; " + kAdvice;
}

std::string feature_advice(const io::Dataset& training, std::span<const LabelledDataset> tests) {
    std::string text;
    for (const auto& [dataset, labelling, categories] : tests) {
        const std::string line = compare_features({training.name(), training.features()},
                                                  {dataset.name(), dataset.features()});
        if (!line.empty()) text += "hogwild: " + line + "\n";
    }
    return text;
}

}  // namespace hogwild::app
