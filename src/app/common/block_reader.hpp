#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "app/common/load.hpp"
#include "train/sampling/stream_order.hpp"

namespace hogwild::app {

/// Reads single blocks of a rank's training documents, see train::StreamOrder, from the training
/// file.
class BlockReader {
public:
    /// Everything must outlive this.
    BlockReader(LabelledDataset& source, const Division& division, data::FeatureOrder& order,
                const train::StreamOrder& blocks);

    /// Appends the documents of a block. @param held_out  takes those held out that stand among
    /// them; may be null. @throws Error: bad_data, io.
    void read(std::int64_t block, model::TrainingRows& rows,
              data::NumberedRows<data::Numbering::training>* held_out);

    /// From now on, values are multiplied by these. @param factors  by feature; must outlive this.
    void scale_by(std::span<const double> factors) { factors_ = factors; }

private:
    /// A place among the rank's rows.
    struct Place {
        std::size_t range;  ///< of Division::own
        std::int64_t row;
    };
    std::vector<data::Range> rows_of(std::int64_t block) const;

    LabelledDataset& source_;
    const Division& division_;
    data::FeatureOrder& order_;
    std::span<const double> factors_;  ///< empty: none
    std::vector<Place> begin_;         ///< of each block; then where the last one ends
};

}  // namespace hogwild::app
