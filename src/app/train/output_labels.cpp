#include "app/train/output_labels.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "app/common/class_labels.hpp"
#include "app/common/run_collectively.hpp"
#include "data/partition.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Reads the labels of this rank's rows, those of nearby ranges together as read_rows() does.
void read_labels(LabelledDataset& source, const Division& division, OutputLabels& out) {
    constexpr std::int64_t kGap = 512;
    constexpr std::int64_t kBlock = std::int64_t{1} << 16;
    auto own = division.own.begin();
    auto sampled = division.sample.begin();
    for (const data::Range& range : data::joined(division.own, kGap)) {
        for (std::int64_t first = range.begin; first < range.end; first += kBlock) {
            const std::int64_t end = std::min(range.end, first + kBlock);
            const data::LabelSets block = source.dataset.label_sets(first, end, source.categories);
            for (std::int64_t row = first; row < end; ++row) {
                while (own != division.own.end() && own->end <= row) ++own;
                if (own == division.own.end() || row < own->begin) continue;
                const bool held_out = division.held_out[static_cast<std::size_t>(row)];
                (held_out ? out.validation : out.training).append(block.of(row - first));
                while (sampled != division.sample.end() && sampled->row < row) ++sampled;
                if (sampled == division.sample.end() || sampled->row != row) continue;
                out.sample.append(block.of(row - first));
            }
        }
    }
}

/// Whether each document has exactly one label.
bool are_single(const data::LabelSets& labels) {
    for (std::int64_t i = 0; i < labels.size(); ++i) {
        if (labels.of(i).size() != 1) return false;
    }
    return true;
}

/// Leaves out the categories that have no training document, or all.
void skip_untrainable(const std::vector<std::string>& asked, std::int64_t documents,
                      OutputLabels& out) {
    std::vector<std::int32_t> number(asked.size(), -1);
    std::vector<std::int64_t> positives;
    for (std::size_t k = 0; k < asked.size(); ++k) {
        if (out.positives[k] == 0 || out.positives[k] == documents) {
            out.skipped.push_back(asked[k]);
            continue;
        }
        number[k] = static_cast<std::int32_t>(out.categories.size());
        out.categories.push_back(asked[k]);
        positives.push_back(out.positives[k]);
    }
    out.positives = std::move(positives);
    if (out.skipped.empty()) return;
    out.training = out.training.renumbered(number, out.categories.size());
    out.validation = out.validation.renumbered(number, out.categories.size());
    out.sample = out.sample.renumbered(number, out.categories.size());
}

/// A rank's values on every rank. @param mine  of rank `root`.
template <class T>
std::vector<T> from_rank(mpi::Communicator comm, int root, std::span<const T> mine) {
    static_assert(sizeof(T) % sizeof(std::uint32_t) == 0);
    const std::int64_t size = mpi::broadcast(comm, root, std::ssize(mine));
    std::vector<T> all(static_cast<std::size_t>(size));
    if (comm.rank() == root) std::ranges::copy(mine, all.begin());
    constexpr std::size_t kMost = std::size_t{1} << 28;  // numbers in a message
    const std::span<std::uint32_t> numbers(reinterpret_cast<std::uint32_t*>(all.data()),
                                           all.size() * sizeof(T) / sizeof(std::uint32_t));
    for (std::size_t at = 0; at < numbers.size(); at += kMost) {
        mpi::broadcast(comm, root, numbers.subspan(at, std::min(kMost, numbers.size() - at)));
    }
    return all;
}

template <class Index>
void gather_rows(const model::CompactRows<Index>& own, model::TrainingRows& all,
                 mpi::Communicator comm) {
    for (int root = 0; root < comm.size(); ++root) {
        // records are whole numbers of 32 bits
        const std::span<const std::byte> bytes = own.records();
        const auto records = from_rank(
            comm, root,
            std::span(reinterpret_cast<const std::uint32_t*>(bytes.data()), bytes.size() / 4));
        const auto starts = from_rank(comm, root, own.starts());
        const std::int64_t nonzeros = mpi::broadcast(comm, root, own.nonzeros());
        all.append_records(std::as_bytes(std::span(records)), starts, nonzeros);
    }
}

data::LabelSets gather_labels(const data::LabelSets& own, mpi::Communicator comm) {
    data::LabelSets all(own.outputs());
    std::vector<std::uint32_t> counts;  // of labels, by document
    std::vector<std::uint32_t> members;
    for (std::int64_t i = 0; i < own.size(); ++i) {
        counts.push_back(static_cast<std::uint32_t>(own.of(i).size()));
        members.insert(members.end(), own.of(i).begin(), own.of(i).end());
    }
    std::vector<std::uint16_t> labels;
    for (int root = 0; root < comm.size(); ++root) {
        const auto their_counts = from_rank(comm, root, std::span<const std::uint32_t>(counts));
        const auto their_members = from_rank(comm, root, std::span<const std::uint32_t>(members));
        auto next = their_members.begin();
        for (const std::uint32_t count : their_counts) {
            labels.assign(next, next + count);
            next += count;
            all.append(labels);
        }
    }
    return all;
}

}  // namespace

OutputLabels load_output_labels(LabelledDataset& source, const Division& division,
                                data::Decision decision, const mpi::Communicators& comms) {
    OutputLabels out;
    run_collectively(comms.world(), [&] {
        out.training = data::LabelSets(source.categories.size());
        out.validation = data::LabelSets(source.categories.size());
        out.sample = data::LabelSets(source.categories.size());
        read_labels(source, division, out);
    });
    if (decision == data::Decision::highest) {
        check_single_labels(source, division,
                            are_single(out.training) && are_single(out.validation), comms);
    }
    for (const std::int64_t own : out.training.positives()) {
        out.positives.push_back(mpi::sum(comms.world(), own));
    }
    run_collectively(comms.world(), [&] {
        skip_untrainable(source.categories, division.training_documents, out);
        if (!out.categories.empty()) return;
        throw Error(ExitCode::bad_data, source.dataset.name() +
                                            ": no category that was asked for has training "
                                            "documents in it and others outside of it; there is "
                                            "nothing to tell apart");
    });
    return out;
}

data::Range gather_training(TrainingData& data, data::LabelSets& labels,
                            const mpi::Communicators& comms) {
    const mpi::Communicator world = comms.world();
    const std::int64_t size = data.training.size();
    if (comms.size() == 1) return {0, size};
    model::TrainingRows own = std::exchange(data.training, {});
    using Layout = model::TrainingRows::Layout;
    const bool narrow = own.layout() == Layout::narrow;
    const std::size_t n_hot =
        narrow ? own.compact<std::uint16_t>().n_hot() : own.compact<std::uint32_t>().n_hot();
    data.training = {own.layout(), n_hot};
    if (narrow) {
        gather_rows(own.compact<std::uint16_t>(), data.training, world);
    } else {
        gather_rows(own.compact<std::uint32_t>(), data.training, world);
    }
    labels = gather_labels(labels, world);
    std::vector<data::Range> numbers;
    for (int root = 0; root < comms.size(); ++root) {
        const auto theirs = from_rank(world, root, std::span<const data::Range>(data.numbers));
        numbers.insert(numbers.end(), theirs.begin(), theirs.end());
    }
    data.numbers = std::move(numbers);
    std::int64_t first = 0;
    for (int root = 0; root < comms.size(); ++root) {
        const std::int64_t theirs = mpi::broadcast(world, root, size);
        if (root < comms.rank()) first += theirs;
    }
    return {first, first + size};
}

}  // namespace hogwild::app
