#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/common/load.hpp"
#include "io/block_store.hpp"
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

    /// From now on, blocks are kept in a file, as they are in memory, when they are read for the
    /// first time: they are read much faster from there. Call after scale_by().
    /// @throws Error: cannot_create.
    void keep_in(const std::string& folder) { store_.emplace(folder); }
    /// From now on, values are multiplied by these. @param factors  by feature; must outlive this.
    void scale_by(std::span<const double> factors) { factors_ = factors; }

private:
    /// A place among the rank's rows.
    struct Place {
        std::size_t range;  ///< of Division::own
        std::int64_t row;
    };
    using Held = data::NumberedRows<data::Numbering::training>;

    std::vector<data::Range> rows_of(std::int64_t block) const;
    void read_from_dataset(std::int64_t block, model::TrainingRows& rows, Held* held_out);
    void keep(std::int64_t block, const model::TrainingRows& like);

    LabelledDataset& source_;
    const Division& division_;
    data::FeatureOrder& order_;
    std::optional<io::BlockStore> store_;  ///< of training and of held-out documents by turns
    std::vector<std::byte> packed_;
    std::span<const double> factors_;  ///< empty: none
    std::vector<Place> begin_;         ///< of each block; then where the last one ends
};

}  // namespace hogwild::app
