#include "hogwild/app/load.hpp"

#include "hogwild/app/agreement.hpp"
#include "hogwild/data/partition.hpp"
#include "hogwild/mpi/collectives.hpp"

namespace hogwild::app {
namespace {

data::Range own_rows(io::Dataset& dataset, const data::ValidationSplit& split,
                     const TrainOptions& options, int workers, int rank) {
    if (rank >= workers) return {};
    std::vector<std::int32_t> lengths;
    if (options.balance == "nonzeros") lengths = dataset.row_lengths();
    const auto cost = [&](std::int64_t row) -> std::int64_t {
        if (split.holds_out(row)) return 0;
        return lengths.empty() ? 1 : 1 + lengths[static_cast<std::size_t>(row)];
    };
    return data::cut_rows(dataset.rows(), workers, cost)[static_cast<std::size_t>(rank)];
}

void read_rows(LabelledDataset& source, const data::ValidationSplit& split, data::Range range,
               data::FeatureOrder& order, TrainingData& out) {
    const std::int64_t rows = std::max<std::int64_t>(1, source.dataset.rows());
    out.training.reserve(range.size(), source.dataset.nonzeros() / rows * range.size());
    io::RowBlock block;
    for (std::int64_t row = range.begin; row < range.end;) {
        const std::int64_t next =
            source.dataset.read_block(row, range.end, source.labelling, block);
        for (std::int64_t i = 0; i < block.rows.size(); ++i) {
            data::Rows& part = split.holds_out(row + i) ? out.validation : out.training;
            order.append(part, block.rows.row(i), block.rows.label(i));
        }
        row = next;
    }
}

std::int64_t count_positives(const data::Rows& rows) {
    std::int64_t positives = 0;
    for (std::int64_t i = 0; i < rows.size(); ++i) positives += rows.label(i) > 0 ? 1 : 0;
    return positives;
}

}  // namespace

LabelledDataset open_labelled(const std::string& name, const std::string& category) {
    io::Dataset dataset(name);
    const io::Labelling labelling = dataset.labelling(category);
    return {std::move(dataset), labelling};
}

TrainingData load_training(LabelledDataset& source, const TrainOptions& options,
                           data::FeatureOrder& order, int workers,
                           const mpi::Communicators& comms) {
    TrainingData data;
    agree(comms.world(), [&] {
        const data::ValidationSplit split(source.dataset.rows(), options.validation_fraction,
                                          static_cast<std::uint64_t>(options.seed));
        if (split.training_rows() == 0) {
            throw Error(ExitCode::bad_data, source.dataset.name() +
                                                ": no documents are left to train on; lower "
                                                "--validation-fraction");
        }
        read_rows(source, split, own_rows(source.dataset, split, options, workers, comms.rank()),
                  order, data);
        data.training_documents = split.training_rows();
        data.validation_documents = split.validation_rows();
    });
    data.training_positives = mpi::sum(comms.world(), count_positives(data.training));
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
