/// Where TrainingTask has its training documents: in memory, or in files from which it streams
/// them.
#include <algorithm>
#include <cmath>

#include "app/common/memory.hpp"
#include "app/common/run_collectively.hpp"
#include "app/train/training_task.hpp"
#include "cli/size_value.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

constexpr std::int64_t kBlocksOfWindow = 32;

std::int64_t rounded_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

/// Why documents cannot be streamed; empty: they can. The same on all ranks.
std::string TrainingTask::stream_refusal() const {
    if (has_several_outputs()) return "is for one category at a time";
    if (copies_ > 1) return "is not for bench";
    if (strategy().is_dual) return "";
    if (options_.sampling == train::Sampler::Kind::uniform) {
        return "reads each document once an epoch: use --sampling permutation, or blocks";
    }
    if (options_.certify) return "knows no --certify, but with --strategy dual";
    return "";
}

bool TrainingTask::may_stream() const {
    return options_.rows != RowStorage::memory && stream_refusal().empty();
}

/// A floor: weights and a number for every feature (of several categories weights in double and in
/// float), six bytes for every entry that a rank holds.
void TrainingTask::check_memory_needed(std::size_t features) const {
    const std::int64_t entries = source->dataset.nonzeros();
    const std::int64_t per_feature =
        std::max<std::int64_t>(16, 12 * std::ssize(source->categories));
    const int ranks_that_divide = deals_outputs() ? 1 : comms_.size();
    check_memory(source->dataset.name() + ": " + std::to_string(features) + " features and " +
                     std::to_string(entries) + " entries",
                 per_feature * static_cast<std::int64_t>(features) +
                     (may_stream() ? 0 : entries / ranks_that_divide * 6),
                 comms_.group_size());
}

/// What this rank may still take, of the memory of its node and of its own.
std::int64_t TrainingTask::memory_of_rank() const {
    const std::int64_t groups_here = (comms_.replicas() + comms_.nodes() - 1) / comms_.nodes();
    const std::int64_t node =
        std::min(options_.memory.value_or(available_on_node()), available_on_node());
    return std::min(available_to_process(), node / (groups_here * comms_.group_size()));
}

/// In memory, about.
std::int64_t TrainingTask::bytes_of_documents(double documents) const {
    const io::Dataset& dataset = source->dataset;
    const double length =
        static_cast<double>(dataset.nonzeros()) / static_cast<double>(dataset.rows());
    const bool narrow = row_layout() == model::TrainingRows::Layout::narrow;
    constexpr double kOfDocument = 24.0;  // header and address
    return std::llround(documents * (kOfDocument + length * (narrow ? 6.0 : 8.0)));
}

/// The same on all ranks: those with the least memory decide.
void TrainingTask::choose_row_storage() {
    const std::string refusal = stream_refusal();
    if (options_.rows == RowStorage::stream && !refusal.empty()) {
        throw CollectiveError(ExitCode::usage, "--rows stream " + refusal);
    }
    const io::Dataset& dataset = source->dataset;
    const auto rows = static_cast<double>(dataset.rows());
    const std::int64_t memory = memory_of_rank();
    const std::int64_t whole = bytes_of_documents(rows / workers);
    const bool fits = mpi::max(world(), std::int64_t{whole > memory}) == 0;
    if (!fits && !may_stream() && options_.memory) {
        throw CollectiveError(
            ExitCode::resource,
            dataset.name() + ": the documents need " + size_text(whole) +
                " bytes a rank, more than --memory leaves; " +
                (options_.rows == RowStorage::memory ? "leave out --rows memory"
                                                     : "--rows stream " + refusal));
    }
    const bool streams = restored_stream_window ? *restored_stream_window > 0
                         : options_.rows == RowStorage::automatic
                             ? !fits && refusal.empty()
                             : options_.rows == RowStorage::stream;
    if (restored_stream_window && options_.rows != RowStorage::automatic &&
        streams != (options_.rows == RowStorage::stream)) {
        throw CollectiveError(ExitCode::usage,
                              "--rows: the run that is resumed had its documents " +
                                  std::string(streams ? "in a stream" : "in memory") +
                                  ", and would visit others now; leave the option out");
    }
    if (!streams) return;
    constexpr double kEntries = 8e6;
    const double usual = kEntries * rows / static_cast<double>(dataset.nonzeros() + 1);
    stream_window_ = restored_stream_window.value_or(
        options_.stream_window.value_or(std::max<std::int64_t>(1, std::llround(usual))));
    const std::int64_t windows = 2 * bytes_of_documents(static_cast<double>(stream_window_));
    if (mpi::max(world(), std::int64_t{windows > memory}) == 0) return;
    throw CollectiveError(ExitCode::resource,
                          "a rank has two windows of " + std::to_string(stream_window_) +
                              " documents in memory, which do not fit; lower --stream-window, "
                              "or use fewer ranks");
}

void TrainingTask::read_training(const std::function<void()>& between_blocks) {
    if (stream_window_ > 0) {
        data = scan_training(*source, division_, options_, order, row_layout(), comms_,
                             between_blocks);
        open_stream();
        return;
    }
    data = load_training(*source, division_, options_, order, row_layout(), comms_, between_blocks);
    evaluated_training = {0, data.training.size()};
    if (copies_ == 1) return;
    run_collectively(world(), [&] {
        data.training = data.training.repeated(copies_, static_cast<std::uint64_t>(options_.seed));
    });
}

/// Blocks hold whole batches, so that no batch lies in two windows.
void TrainingTask::open_stream() {
    const std::int64_t batch = batch_size();
    const std::int64_t block =
        rounded_up(std::max<std::int64_t>(1, stream_window_ / kBlocksOfWindow),
                   std::max<std::int64_t>(1, batch));
    const train::StreamOrder blocks({data.own_documents, block,
                                     std::max<std::int64_t>(1, stream_window_ / block),
                                     static_cast<std::uint64_t>(options_.seed), comms_.rank()});
    run_collectively(world(), [&] {
        reader_.emplace(*source, division_, order, blocks);
        stream = std::make_unique<train::RowStream>(
            blocks, data.training,
            [this](std::int64_t number, model::TrainingRows& rows, HeldOut* held_out) {
                reader_->read(number, rows, held_out);
            });
    });
}

void TrainingTask::keep_blocks() {
    if (!stream || options_.stage.empty()) return;
    run_collectively(world(), [&] { reader_->keep_in(options_.stage); });
}

void TrainingTask::for_each_part(
    const std::function<void(const model::TrainingRows&, const HeldOut&)>& visit) const {
    if (!stream) return visit(data.training, data.validation);
    stream->pass(
        [&](const train::RowStream::Block& block) { visit(block.training, block.held_out); });
}

}  // namespace hogwild::app
