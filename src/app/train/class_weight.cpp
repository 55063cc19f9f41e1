#include "app/train/class_weight.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "cli/option_parser.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

double parse_weight(const std::string& all, std::string_view text) {
    double weight = 0.0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, weight);
    if (error != std::errc() || stop != end || !(weight > 0.0) || weight > kMostClassWeight) {
        refuse("--class-weight " + all +
               ": balanced, or the weights of +1 and -1 as P:N, numbers above 0; P alone is P:1");
    }
    return weight;
}

}  // namespace

ClassWeightSetting parse_class_weight(const std::string& text) {
    if (text == "balanced") return {true, {}};
    const std::string_view all(text);
    const std::size_t colon = all.find(':');
    ClassWeightSetting setting;
    setting.given.positive = parse_weight(text, all.substr(0, colon));
    if (colon != all.npos) setting.given.negative = parse_weight(text, all.substr(colon + 1));
    return setting;
}

std::string class_weight_text(const ClassWeightSetting& setting) {
    if (setting.balanced) return "balanced";
    return number_text(setting.given.positive) + ":" + number_text(setting.given.negative);
}

WeightTotals add_up(const model::DocumentWeights& own, mpi::Communicator comm) {
    std::array<double, 2> sums{own.positive, own.negative};
    mpi::sum_in_rank_order(comm, sums);
    std::array<double, 2> range{-own.smallest, own.largest};
    mpi::max_in_place(comm, range);
    return {sums[0], sums[1], -range[0] >= range[1]};
}

model::ClassWeights class_weights_of(const ClassWeightSetting& setting,
                                     const WeightTotals& totals) {
    model::ClassWeights weights = setting.given;
    if (setting.balanced) {
        const double half = 0.5 * (totals.positive + totals.negative);
        weights = {half / totals.negative, half / totals.positive};
    }
    return weights.equal() ? model::ClassWeights{} : weights;  // only ratios matter
}

model::ClassWeights step_weights_of(const model::ClassWeights& weights, const WeightTotals& totals,
                                    double documents) {
    const double mean =
        (weights.negative * totals.negative + weights.positive * totals.positive) / documents;
    return {weights.negative / mean, weights.positive / mean};
}

}  // namespace hogwild::app
