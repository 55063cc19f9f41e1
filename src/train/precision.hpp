#pragma once

namespace hogwild::train {

/// Precision of the weights in memory. bfloat16 is for the weight matrix of several outputs alone.
enum class Precision { bfloat16, single_, double_ };

}  // namespace hogwild::train
