#include "app/train/dual_variables.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "app/common/run_collectively.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Hands out the ids of all training documents, in the order of their numbers.
void for_each_id(const TrainOptions& options, io::Dataset& training,
                 const std::function<void(std::int64_t)>& take) {
    constexpr std::int64_t kBlock = std::int64_t{1} << 16;
    const std::int64_t rows = training.rows();
    const std::vector<bool> held_out =
        data::ValidationSplit(rows, options.validation_fraction,
                              static_cast<std::uint64_t>(options.seed))
            .held_out_rows();
    std::int64_t row = 0;
    while (row < rows) {
        for (const std::int64_t id : training.document_ids(row, std::min(rows, row + kBlock))) {
            if (!held_out[static_cast<std::size_t>(row++)]) take(id);
        }
    }
}

}  // namespace

io::DualVariables trained_variables(const train::Trainer& strategy, const TrainOptions& options,
                                    io::Dataset& training, std::span<const data::Range> numbers,
                                    const mpi::Communicators& comms) {
    train::SavedState saved;
    strategy.save(saved);
    const std::vector<double> by_number = mpi::gather_numbered(
        comms.world(), data::numbers_in(numbers), saved.documents.array("dual_variables"));
    io::DualVariables trained;
    run_collectively_on_root(comms.world(), [&] {
        auto next = by_number.begin();
        for_each_id(options, training, [&](std::int64_t id) {
            const double variable = *next++;
            if (static_cast<float>(variable) > 0.0F) trained.add(id, variable);
        });
    });
    return trained;
}

std::vector<double> variables_by_number(const io::DualVariables& known, const TrainOptions& options,
                                        io::Dataset& training) {
    std::vector<std::pair<std::int64_t, float>> by_id;
    for (std::size_t k = 0; k < known.document.size(); ++k) {
        by_id.emplace_back(known.document[k], known.variable[k]);
    }
    std::ranges::sort(by_id);
    std::vector<double> by_number;
    for_each_id(options, training, [&](std::int64_t id) {
        const auto found =
            std::ranges::lower_bound(by_id, id, {}, &std::pair<std::int64_t, float>::first);
        const bool is_known = found != by_id.end() && found->first == id;
        by_number.push_back(is_known ? static_cast<double>(found->second) : 0.0);
    });
    return by_number;
}

}  // namespace hogwild::app
