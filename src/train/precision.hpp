#pragma once

namespace hogwild::train {

/// Of the weights in memory.
enum class Precision { single_, double_ };

}  // namespace hogwild::train
