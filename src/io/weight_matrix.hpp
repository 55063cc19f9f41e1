#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace hogwild::io {

/// One of the outputs of a model that tells several categories from the rest.
struct ModelOutput {
    std::string category;
    double bias = 0.0;
    double threshold = 0.0;  ///< a score above it is predicted +1
    double lambda = 0.0;
    std::array<double, 2> class_weights{1.0, 1.0};  ///< of +1 and -1, in training
    std::int64_t positives = 0;                     ///< training documents labelled +1

    bool operator==(const ModelOutput&) const = default;
};

/// The weights of several outputs.
struct WeightMatrix {
    std::vector<ModelOutput> outputs;
    std::vector<float> weights;  ///< columns x outputs: those of a column are contiguous

    bool empty() const noexcept { return outputs.empty(); }
};

}  // namespace hogwild::io
