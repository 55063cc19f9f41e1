#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "app/common/load.hpp"

namespace hogwild::app {

/// Ranges that are read together with the few rows between them: HDF5 unpacks whole chunks anyway.
std::vector<data::Range> joined_for_reading(std::span<const data::Range> ranges);

/// Reads rows of the training file, and puts each where it belongs.
class RowSorter {
public:
    using Held = data::NumberedRows<data::Numbering::training>;
    /// Null: such rows are not kept.
    struct Sinks {
        model::TrainingRows* training = nullptr;
        Held* held_out = nullptr;
        Sample* sample = nullptr;
    };

    /// @param held_out  of all rows.
    /// @param own       what to read: ascending ranges that do not touch each other.
    /// @param sampled   ascending; those among the own rows go to the sample.
    /// Everything must outlive this.
    RowSorter(const std::vector<bool>& held_out, std::span<const data::Range> own,
              data::FeatureOrder& order, const Sinks& sinks,
              std::span<const SampledRow> sampled = {})
        : held_out_(held_out), own_(own), order_(order), out_(sinks), sampled_(sampled) {}

    /// Values are multiplied by these. @param factors  by feature; must outlive this.
    void scale_by(std::span<const double> factors) { factors_ = factors; }

    /// @param between_blocks  may throw to end it. @throws Error: bad_data.
    void read(LabelledDataset& source, const std::function<void()>& between_blocks = {});

private:
    using FileRows = data::NumberedRows<data::Numbering::file>;

    void take(const FileRows& block, std::int64_t first);
    void take(data::Range rows, const FileRows& block, std::int64_t block_first);
    void take_sample(data::Range rows);

    const std::vector<bool>& held_out_;
    std::span<const data::Range> own_;
    data::FeatureOrder& order_;
    Sinks out_;
    std::span<const SampledRow> sampled_;
    std::span<const double> factors_;  ///< empty: none
    Held numbered_;
    std::size_t next_own_ = 0;      ///< the first range that is not complete
    std::size_t next_sampled_ = 0;  ///< the same for sampled rows
};

}  // namespace hogwild::app
