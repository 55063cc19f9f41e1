#include "hogwild/app/load.hpp"

#include "hogwild/app/agreement.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Which rows are held out; drawn once, since a permutation is not for free.
std::vector<bool> held_out_rows(const data::ValidationSplit& split) {
    std::vector<bool> held_out(static_cast<std::size_t>(split.rows()));
    for (std::size_t row = 0; row < held_out.size(); ++row) {
        held_out[row] = split.holds_out(static_cast<std::int64_t>(row));
    }
    return held_out;
}

/// Where the parts of the first `workers` ranks end.
std::vector<std::int64_t> cut(io::Dataset& dataset, const std::vector<bool>& held_out,
                              const TrainOptions& options, int workers) {
    std::vector<std::int32_t> lengths;
    if (options.balance == "nonzeros") lengths = dataset.row_lengths();
    const auto cost = [&](std::int64_t row) -> std::int64_t {
        const auto at = static_cast<std::size_t>(row);
        if (held_out[at]) return 0;
        return lengths.empty() ? 1 : 1 + lengths[at];
    };
    std::vector<std::int64_t> ends;
    for (const data::Range& part : data::cut_rows(dataset.rows(), workers, cost)) {
        ends.push_back(part.end);
    }
    return ends;
}

data::Range part_of(int rank, const std::vector<std::int64_t>& ends) {
    const auto at = static_cast<std::size_t>(rank);
    if (at >= ends.size()) return {ends.back(), ends.back()};
    return {at == 0 ? 0 : ends[at - 1], ends[at]};
}

/// Blocks go from the file to their place by way of buffers that stay in the cache: held-out
/// rows lie between the others, and each kind has its layout.
void read_rows(LabelledDataset& source, const std::vector<bool>& held_out, data::Range range,
               data::FeatureOrder& order, const std::function<void()>& between_blocks,
               TrainingData& out) {
    out.training.reserve(range.size(), source.dataset.nonzeros_before(range.end) -
                                           source.dataset.nonzeros_before(range.begin));
    io::RowBlock block;
    data::NumberedRows<data::Numbering::training> numbered;
    for (std::int64_t row = range.begin; row < range.end;) {
        const std::int64_t next =
            source.dataset.read_block(row, range.end, source.labelling, block);
        numbered.clear();
        order.append(numbered, block.rows, 0, next - row);
        for (std::int64_t i = row; i < next;) {  // runs of rows of one kind
            const bool held = held_out[static_cast<std::size_t>(i)];
            const std::int64_t first = i;
            while (i < next && held_out[static_cast<std::size_t>(i)] == held) ++i;
            if (held) {
                out.validation.append(numbered, first - row, i - row);
            } else {
                out.training.append(numbered, first - row, i - row);
            }
        }
        row = next;
        if (between_blocks) between_blocks();
    }
}

}  // namespace

LabelledDataset open_labelled(const std::string& name, const std::string& category) {
    io::Dataset dataset(name);
    const io::Labelling labelling = dataset.labelling(category);
    return {std::move(dataset), labelling};
}

std::vector<LabelledDataset> open_labelled(const std::vector<std::string>& names,
                                           const std::string& category,
                                           const mpi::Communicators& comms) {
    std::vector<LabelledDataset> opened;
    agree_on_root(comms.world(), [&] {
        for (const std::string& name : names) opened.push_back(open_labelled(name, category));
    });
    const bool root = comms.rank() == 0;
    for (std::size_t k = 0; k < names.size(); ++k) {
        const std::string outline =
            mpi::broadcast(comms.world(), 0, root ? opened[k].dataset.outline() : std::string());
        if (root) continue;
        io::Dataset dataset = io::Dataset::from_outline(outline);
        const io::Labelling labelling = dataset.labelling(category);
        opened.push_back({std::move(dataset), labelling});
    }
    return opened;
}

Division divide_training(LabelledDataset& source, const TrainOptions& options, int workers,
                         const mpi::Communicators& comms) {
    Division division;
    std::vector<std::int64_t> ends(static_cast<std::size_t>(workers));
    agree(comms.world(), [&] {
        const data::ValidationSplit split(source.dataset.rows(), options.validation_fraction,
                                          static_cast<std::uint64_t>(options.seed));
        if (split.training_rows() == 0) {
            throw Error(ExitCode::bad_data, source.dataset.name() +
                                                ": no documents are left to train on; lower "
                                                "--validation-fraction");
        }
        division.training_documents = split.training_rows();
        division.validation_documents = split.validation_rows();
        division.held_out = held_out_rows(split);
        if (comms.rank() == 0) ends = cut(source.dataset, division.held_out, options, workers);
    });
    mpi::broadcast(comms.world(), 0, std::span<std::int64_t>(ends));
    division.own = part_of(comms.rank(), ends);
    return division;
}

TrainingData load_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks) {
    TrainingData data;
    data.training = {layout, order.first()};
    data.training_documents = division.training_documents;
    data.validation_documents = division.validation_documents;
    agree(comms.world(),
          [&] { read_rows(source, division.held_out, division.own, order, between_blocks, data); });
    data.training_positives = mpi::sum(comms.world(), data.training.positives());
    agree(comms.world(), [&] {
        if (data.training_positives == 0 || data.training_positives == data.training_documents) {
            throw Error(ExitCode::bad_data, source.dataset.name() + ": all training documents " +
                                                (options.category.empty() ? "have the same label"
                                                 : data.training_positives == 0
                                                     ? "are outside category " + options.category
                                                     : "are in category " + options.category) +
                                                "; there is nothing to tell apart");
        }
    });
    return data;
}

}  // namespace hogwild::app
