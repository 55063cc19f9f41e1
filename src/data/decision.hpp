#pragma once
#include "data/enum_names.hpp"

namespace hogwild::data {

/// How the scores of several outputs become predictions.
enum class Decision {
    threshold,  ///< each output for itself: a score above its threshold predicts it
    highest,    ///< the output with the highest score alone; of equal scores the first one
};

template <>
struct EnumTable<Decision> {
    static constexpr EnumName<Decision> kRows[] = {{Decision::threshold, "threshold"},
                                                   {Decision::highest, "highest"}};
};

}  // namespace hogwild::data
