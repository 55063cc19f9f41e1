#pragma once
#include <optional>
#include <utility>
#include <variant>

#include "model/isotonic.hpp"
#include "model/platt.hpp"

namespace hogwild::model {

/// How a score becomes the probability of +1.
class Calibration {
public:
    Calibration(Platt platt) : map_(platt) {}
    Calibration(Isotonic isotonic) : map_(std::move(isotonic)) {}

    double probability(double score) const noexcept {
        if (const auto* const platt = std::get_if<Platt>(&map_)) return platt->probability(score);
        return std::get_if<Isotonic>(&map_)->probability(score);
    }

private:
    std::variant<Platt, Isotonic> map_;
};

/// The calibration of a model's scores; the logistic loss needs none.
/// @param file  an io::Model.
/// @return empty where there is none.
template <class ModelFile>
std::optional<Calibration> calibration_of(const ModelFile& file) {
    if (file.isotonic) return Isotonic{file.isotonic->scores, file.isotonic->probabilities};
    if (file.loss == Logistic::kName) return Platt{};
    if (!file.platt) return std::nullopt;
    return Platt{file.platt->a, file.platt->b};
}

}  // namespace hogwild::model
