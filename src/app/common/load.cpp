#include "app/common/load.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "app/common/class_labels.hpp"
#include "app/common/feature_match.hpp"
#include "app/common/row_sorter.hpp"
#include "app/common/run_collectively.hpp"
#include "data/category_choice.hpp"
#include "data/partition.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

void draw_rows(const data::ValidationSplit& split, std::int64_t sample_size, Division& division) {
    division.held_out = split.held_out_rows();
    for (std::int64_t k = 0; k < std::min(sample_size, split.training_rows()); ++k) {
        division.sample.push_back({split.training(k), k});
    }
    std::ranges::sort(division.sample, {}, &SampledRow::row);
}

data::RowDeal deal_of(const io::Dataset& dataset, const TrainOptions& options, int workers,
                      RowOrder order) {
    // Rows in random order need no dealing: contiguous parts are read, and staged, with less.
    if (dataset.header().shuffle_seed >= 0 || order == RowOrder::of_file) {
        return data::RowDeal(dataset.rows());
    }
    return {dataset.rows(), workers, static_cast<std::uint64_t>(options.seed)};
}

/// Where the parts of the first `workers` ranks end, as positions of the deal.
std::vector<std::int64_t> cut(io::Dataset& dataset, const data::RowDeal& deal,
                              const std::vector<bool>& held_out, const TrainOptions& options,
                              int workers) {
    std::vector<std::int32_t> lengths;
    if (options.balance == Balance::nonzeros) lengths = dataset.row_lengths();
    const auto cost = [&](std::int64_t position) -> std::int64_t {
        const auto row = static_cast<std::size_t>(deal(position));
        if (held_out[row]) return 0;
        return lengths.empty() ? 1 : 1 + lengths[row];
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

/// Samplers number the documents of a rank in 32 bits.
void check_number_of_rows(const std::string& name, const std::vector<data::Range>& own) {
    std::int64_t rows = 0;
    for (const data::Range& range : own) rows += range.size();
    if (rows <= std::int64_t{std::numeric_limits<std::uint32_t>::max()}) return;
    throw Error(ExitCode::resource, name + ": " + std::to_string(rows) +
                                        " documents are more than a rank can number; use more "
                                        "ranks");
}

/// See TrainingData::numbers.
std::vector<data::Range> training_numbers(const Division& division) {
    std::vector<data::Range> numbers;
    std::int64_t row = 0;
    std::int64_t number = 0;  // of the training documents before `row`
    const auto count_to = [&](std::int64_t end) {
        for (; row < end; ++row) number += division.held_out[static_cast<std::size_t>(row)] ? 0 : 1;
        return number;
    };
    for (const data::Range& own : division.own) {
        const std::int64_t first = count_to(own.begin);
        numbers.push_back({first, count_to(own.end)});
    }
    return data::joined(numbers, 0);
}

/// Makes room for the rank's rows: exactly where it reads no others', else about.
void reserve(io::Dataset& dataset, const std::vector<data::Range>& own,
             const std::vector<data::Range>& read, model::TrainingRows& rows) {
    const auto total = [](const std::vector<data::Range>& ranges) {
        std::int64_t sum = 0;
        for (const data::Range& range : ranges) sum += range.size();
        return sum;
    };
    std::int64_t nonzeros = 0;
    for (const data::Range& range : read) {
        nonzeros += dataset.nonzeros_before(range.end) - dataset.nonzeros_before(range.begin);
    }
    if (nonzeros == 0) return rows.reserve(total(own), 0);  // of a server, for example
    const double share = static_cast<double>(total(own)) / static_cast<double>(total(read));
    constexpr double kSpare = 1.02;
    rows.reserve(total(own), share == 1.0
                                 ? nonzeros
                                 : std::llround(kSpare * share * static_cast<double>(nonzeros)));
}

/// Makes room for the sampled rows of the rank, about.
void reserve_sample(const Division& division, const io::Dataset& dataset, Sample& sample) {
    if (division.sample.empty()) return;
    std::int64_t own = 0;
    for (const data::Range& range : division.own) own += range.size();
    const double share = static_cast<double>(own) / static_cast<double>(dataset.rows());
    const double rows = share * static_cast<double>(division.sample.size());
    const double length =
        static_cast<double>(dataset.nonzeros()) / static_cast<double>(dataset.rows());
    constexpr double kSpare = 1.05;
    sample.rows.reserve(std::llround(kSpare * rows), std::llround(kSpare * rows * length));
}

void read_rows(LabelledDataset& source, const Division& division, data::FeatureOrder& order,
               const std::function<void()>& between_blocks, TrainingData& out) {
    reserve(source.dataset, division.own, joined_for_reading(division.own), out.training);
    reserve_sample(division, source.dataset, out.sample);
    RowSorter sorter(division.held_out, division.own, order,
                     {&out.training, &out.validation, &out.sample}, division.sample);
    sorter.read(source, between_blocks);
}

TrainingData without_documents(const Division& division, model::TrainingRows::Layout layout,
                               std::size_t n_hot) {
    TrainingData data;
    data.training = {layout, n_hot};
    data.training_documents = division.training_documents;
    data.validation_documents = division.validation_documents;
    return data;
}

constexpr std::int64_t kScannedRows = 1 << 16;  ///< whose labels are read at a time

/// The sampled rows of this rank, without the rows around them.
void read_sample(LabelledDataset& source, const Division& division, data::FeatureOrder& order,
                 const std::function<void()>& between_blocks, Sample& out) {
    std::vector<data::Range> sampled;
    auto own = division.own.begin();
    for (const SampledRow& one : division.sample) {
        while (own != division.own.end() && own->end <= one.row) ++own;
        if (own == division.own.end()) break;
        if (own->begin <= one.row) sampled.push_back({one.row, one.row + 1});
    }
    RowSorter sorter(division.held_out, sampled, order, {nullptr, nullptr, &out}, division.sample);
    sorter.read(source, between_blocks);
}

/// @param own  documents of this rank that are labelled +1. @throws CollectiveError: bad_data when
/// there is only one class to learn from. @note Collective.
void set_positives(const LabelledDataset& source, const TrainOptions& options, std::int64_t own,
                   TrainingData& data, const mpi::Communicators& comms) {
    data.training_positives = mpi::sum(comms.world(), own);
    run_collectively(comms.world(), [&] {
        if (!source.categories.empty()) return;  // see load_output_labels()
        if (data.training_positives == 0 || data.training_positives == data.training_documents) {
            throw Error(ExitCode::bad_data, source.dataset.name() + ": all training documents " +
                                                (options.category.empty() ? "have the same label"
                                                 : data.training_positives == 0
                                                     ? "are outside category " + options.category
                                                     : "are in category " + options.category) +
                                                "; there is nothing to tell apart");
        }
    });
}

}  // namespace

std::vector<io::Dataset> open_datasets(const std::vector<std::string>& names,
                                       const mpi::Communicators& comms,
                                       const std::vector<std::string>& shown) {
    std::vector<io::Dataset> opened;
    run_collectively_on_root(comms.world(), [&] {
        for (std::size_t k = 0; k < names.size(); ++k) {
            opened.emplace_back(names[k], shown.empty() ? std::string() : shown[k]);
        }
    });
    const bool root = comms.rank() == 0;
    for (std::size_t k = 0; k < names.size(); ++k) {
        const std::string manifest =
            mpi::broadcast(comms.world(), 0, root ? opened[k].manifest() : std::string());
        if (!root) opened.push_back(io::Dataset::from_manifest(manifest));
    }
    return opened;
}

/// That ids and labels of a test set mean what those of the training set do. Its documents without
/// a label will be left out.
void check_test(const LabelledDataset& training, LabelledDataset& test) {
    const io::DatasetHeader& trained = training.dataset.header();
    check_id_base(training.dataset.name(), trained.feature_id_base, test.dataset);
    const auto positive = [](const io::DatasetHeader& header) {
        return header.positive_label.empty() ? std::string("1") : header.positive_label;
    };
    const io::DatasetHeader& tested = test.dataset.header();
    if (!trained.has_topics && positive(trained) != positive(tested)) {
        throw Error(ExitCode::bad_data,
                    test.dataset.name() + ": label " + positive(tested) + " is positive, in " +
                        training.dataset.name() + " label " + positive(trained) +
                        "; convert the text again with --positive " + positive(trained));
    }
    check_values(training.dataset.name(), prepared_values(training.dataset), test.dataset);
    test.labelling.may_be_missing = true;
}

/// How to read the rows of a test set with classes, whose labels are read besides.
/// @throws Error: usage, bad_data where it has none of the classes.
io::Labelling labelling_of_classes(io::Dataset& test, const std::vector<std::string>& classes) {
    if (!test.header().has_topics) return test.labelling(classes.front());  // refuses it
    if (ClassLabels(test, classes).any_known()) return {0, true};
    throw Error(ExitCode::bad_data, test.name() + ": has none of the " +
                                        std::to_string(classes.size()) +
                                        " classes to tell apart; hdf5_inspect lists its own");
}

/// The categories that a choice names; none where it is the name of one.
/// @throws Error: bad_data for a choice that names none.
std::vector<std::string> several_categories(const io::Dataset& training,
                                            const std::string& choice) {
    const io::DatasetHeader& header = training.header();
    if (!header.has_topics || !data::names_several(header.topics, choice)) return {};
    try {
        return data::chosen_categories(header.topics, choice);
    } catch (const std::invalid_argument& error) {
        throw Error(ExitCode::bad_data,
                    "--category " + choice + ": " + training.name() + " has " + error.what());
    }
}

std::vector<LabelledDataset> open_labelled(const std::vector<std::string>& names,
                                           const std::string& category, data::Decision decision,
                                           const mpi::Communicators& comms,
                                           const std::vector<std::string>& shown) {
    std::vector<LabelledDataset> labelled;
    std::vector<io::Dataset> opened = open_datasets(names, comms, shown);
    run_collectively(comms.world(), [&] {
        const std::vector<std::string> categories = several_categories(opened.front(), category);
        const bool of_classes = decision == data::Decision::highest;
        if (of_classes) check_class_choice(opened.front(), category, categories);
        for (io::Dataset& dataset : opened) {
            const bool is_test = !labelled.empty();
            const io::Labelling labelling =
                of_classes && is_test
                    ? labelling_of_classes(dataset, categories)
                    : dataset.labelling(categories.empty() ? category : categories.front());
            labelled.push_back({std::move(dataset), labelling, categories});
        }
        for (std::size_t k = 1; k < labelled.size(); ++k) check_test(labelled[0], labelled[k]);
    });
    return labelled;
}

Division divide_training(LabelledDataset& source, const TrainOptions& options, int workers,
                         std::int64_t sample_size, RowOrder order,
                         const mpi::Communicators& comms) {
    Division division;
    data::RowDeal deal(0);
    std::vector<std::int64_t> ends(static_cast<std::size_t>(workers));
    run_collectively(comms.world(), [&] {
        const data::ValidationSplit split(source.dataset.rows(), options.validation_fraction,
                                          static_cast<std::uint64_t>(options.seed));
        if (split.training_rows() == 0) {
            throw Error(ExitCode::bad_data, source.dataset.name() +
                                                ": no documents are left to train on; lower "
                                                "--validation-fraction");
        }
        division.training_documents = split.training_rows();
        division.validation_documents = split.validation_rows();
        draw_rows(split, sample_size, division);
        deal = deal_of(source.dataset, options, workers, order);
        if (comms.rank() == 0)
            ends = cut(source.dataset, deal, division.held_out, options, workers);
    });
    mpi::broadcast(comms.world(), 0, std::span<std::int64_t>(ends));
    run_collectively(comms.world(), [&] {
        division.own = deal.ranges(part_of(comms.rank(), ends));
        check_number_of_rows(source.dataset.name(), division.own);
    });
    return division;
}

TrainingData load_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks) {
    TrainingData data = without_documents(division, layout, order.first());
    run_collectively(comms.world(), [&] {
        data.numbers = training_numbers(division);
        read_rows(source, division, order, between_blocks, data);
        data.own_documents = data.training.size();
        data.own_weights = data.training.weights();
        data.held_out_weights = model::weights_of(data.validation);
    });
    set_positives(source, options, data.training.positives(), data, comms);
    return data;
}

TrainingData scan_training(LabelledDataset& source, const Division& division,
                           const TrainOptions& options, data::FeatureOrder& order,
                           model::TrainingRows::Layout layout, const mpi::Communicators& comms,
                           const std::function<void()>& between_blocks) {
    TrainingData data = without_documents(division, layout, order.first());
    std::int64_t positives = 0;
    run_collectively(comms.world(), [&] {
        data.numbers = training_numbers(division);
        for (const data::Range& own : division.own) {
            for (std::int64_t first = own.begin; first < own.end; first += kScannedRows) {
                const std::int64_t end = std::min(own.end, first + kScannedRows);
                const io::LabelBlock labels =
                    source.dataset.read_labels(first, end, source.labelling);
                for (std::int64_t i = first; i < end; ++i) {
                    const auto k = static_cast<std::size_t>(i - first);
                    if (division.held_out[static_cast<std::size_t>(i)]) {
                        data.held_out_weights.add(labels.label[k], labels.weight_of(k));
                        continue;
                    }
                    data.own_weights.add(labels.label[k], labels.weight_of(k));
                    positives += labels.label[k] > 0 ? 1 : 0;
                    ++data.own_documents;
                }
                if (between_blocks) between_blocks();
            }
        }
        read_sample(source, division, order, between_blocks, data.sample);
    });
    set_positives(source, options, positives, data, comms);
    return data;
}

}  // namespace hogwild::app
