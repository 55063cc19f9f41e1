#pragma once

namespace hogwild::train {

/// Precision of the weights in memory.
enum class Precision { single_, double_ };

}  // namespace hogwild::train
