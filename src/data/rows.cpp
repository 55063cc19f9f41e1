#include "hogwild/data/rows.hpp"

#include "hogwild/data/permutation.hpp"

namespace hogwild::data {

Rows repeated(const Rows& rows, std::int64_t copies, std::uint64_t seed) {
    Rows all;
    all.reserve(copies * rows.size(), copies * rows.nonzeros());
    for (std::int64_t copy = 0; copy < copies; ++copy) {
        const Permutation order(rows.size(), seed + static_cast<std::uint64_t>(copy));
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const std::int64_t row = order(i);
            all.append(rows.row(row), rows.label(row));
        }
    }
    return all;
}

}  // namespace hogwild::data
