/// `hogwild bench`: how fast training is for 1 … P ranks, and how far from what the memory allows.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <span>

#include "app/bench/bench_options.hpp"
#include "app/bench/bench_table.hpp"
#include "app/common/commands.hpp"
#include "app/common/last_words.hpp"
#include "app/common/load.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/table_stream.hpp"
#include "app/train/run.hpp"
#include "io/pending_file.hpp"
#include "io/text_file.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

constexpr double kTimesTheCaches = 4.0;  ///< data of that size are streamed from memory
constexpr double kBudget = 60.0;         ///< s; no more repeats than asked for after that

/// The first ranks, which train, or nothing for those that wait.
class FirstRanks {
public:
    FirstRanks(const mpi::Communicators& all, int ranks) : ranks_(ranks) {
        const bool idle = all.rank() >= ranks;
        mpi::CommunicatorPart part(all.world(), idle ? std::nullopt : std::optional(0));
        if (idle) return;
        comms_ = std::make_unique<mpi::Communicators>(part.get());
        part.close();
    }
    void close() {
        if (comms_) comms_->close();
    }
    int ranks() const noexcept { return ranks_; }
    /// Null on a rank that waits.
    const mpi::Communicators* comms() const noexcept { return comms_.get(); }

private:
    int ranks_;
    std::unique_ptr<mpi::Communicators> comms_;
};

/// 1 … P; beyond 8 only powers of two and P itself, so that large machines are done in time.
std::vector<int> rank_counts(int all) {
    std::vector<int> counts;
    for (int n = 1; n <= all; n = n < 8 ? n + 1 : 2 * n) counts.push_back(n);
    if (counts.back() != all) counts.push_back(all);
    return counts;
}

/// The order in which training visits rows: as many visits as there are rows, or all.
std::vector<std::uint32_t> visits(const model::TrainingRows& rows, train::BatchSource& batches) {
    std::vector<std::uint32_t> order;
    for (std::int64_t k = 0; k < batches.batches() && std::ssize(order) < rows.size(); ++k) {
        const auto batch = batches.batch(k);
        order.insert(order.end(), batch.begin(), batch.end());
    }
    return order;
}

/// The numbers of the rows in the order of memory.
std::vector<std::uint32_t> in_order(const model::TrainingRows& rows) {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(rows.size()));
    std::iota(order.begin(), order.end(), 0U);
    return order;
}

/// Documents per second that all ranks can read in this order.
/// @note Collective over `comm`.
double streaming_speed(const model::TrainingRows& rows, std::span<const std::uint32_t> order,
                       double min_seconds, mpi::Communicator comm) {
    [[maybe_unused]] volatile std::uint64_t sink = 0;  // an unused result would not be computed
    const auto seconds_of = [&](std::int64_t passes) {
        mpi::barrier(comm);
        const data::Stopwatch watch;
        for (std::int64_t pass = 0; pass < passes; ++pass) sink = rows.stream(order);
        return mpi::max(comm, watch.seconds());
    };
    const double first = std::max(seconds_of(1), 1e-6);  // of all ranks: they agree on the passes
    const auto passes = static_cast<std::int64_t>(std::ceil(std::max(1.0, min_seconds / first)));
    const std::int64_t documents = mpi::sum(comm, std::ssize(order));
    return static_cast<double>(documents * passes) / seconds_of(passes);
}

class Bench {
public:
    Bench(BenchOptions options, const mpi::Communicators& comms)
        : options_(std::move(options)), comms_(comms) {
        for (const int ranks : rank_counts(comms.size())) groups_.emplace_back(comms, ranks);
    }

    int run() {
        check();
        rehearse();
        measure_all();
        run_collectively_on_root(world(), [&] { report(); });
        for (FirstRanks& group : groups_) group.close();
        return mpi::broadcast(world(), 0, std::int64_t{invalid_.empty()}) != 0
                   ? 0
                   : static_cast<int>(ExitCode::internal);
    }

private:
    mpi::Communicator world() const { return comms_.world(); }
    bool root() const { return comms_.rank() == 0; }

    /// Checks the options of all trainings before the first one starts.
    void check() {
        run_collectively(world(), [&] {
            for (const FirstRanks& group : groups_) {
                if (group.comms() != nullptr) check_layout(options_.train, *group.comms());
            }
        });
        run_collectively_on_root(world(),
                                 [&] { options_.train.files.check(options_.train.force); });
        open_labelled(options_.train.data_names(), options_.train.category,
                      options_.train.decision(), comms_);
        run_collectively_on_root(world(), [&] {
            if (!options_.json.empty()) json_.emplace(options_.json);
        });
    }

    /// A run that does not count tells how many bytes there are in the layout that training
    /// reads, warms up the files' cache, and finds out what is wrong.
    void rehearse() {
        report_.machine = machine_of(mpi::Topology::of_this_machine());
        BenchData& data = report_.data;
        const TrainingHooks probe{
            1, [&](const model::TrainingRows& rows, train::BatchSource& /*not drawn from*/) {
                data.bytes = mpi::sum(world(), rows.bytes());
                data.documents = mpi::sum(world(), rows.size());
            }};
        const Result result = run_training(options_.train, comms_, data::Stopwatch(), {}, probe);
        if (!result.valid()) invalid_ = result.verdict;
        // As many last-level caches as ranks can have.
        const int caches = std::min(report_.machine.last_level_caches, comms_.size());
        data.bytes_wanted = mpi::broadcast(
            world(), 0,
            static_cast<std::int64_t>(kTimesTheCaches * caches *
                                      static_cast<double>(report_.machine.last_level_cache)));
        data.copies =
            options_.copies > 0
                ? options_.copies
                : std::max<std::int64_t>(1, (data.bytes_wanted + data.bytes - 1) / data.bytes);
        // More copies take minutes to make and tell nothing of real data.
        constexpr std::int64_t kMostCopies = 100'000;
        if (options_.copies > 0 || data.copies <= kMostCopies) return;
        throw CollectiveError(ExitCode::bad_data,
                              options_.train.train + ": " + std::to_string(data.documents) +
                                  " training documents are too few to measure: more than " +
                                  std::to_string(kMostCopies) +
                                  " copies would be needed to exceed the cache; take a larger "
                                  "dataset, or set --replicate");
    }

    void measure_all() {
        for (const FirstRanks& group : groups_) report_.rows.push_back({group.ranks(), false, {}});
        for (std::int64_t round = 0; go_on(round); ++round) {
            for (std::size_t k = 0; k < groups_.size(); ++k) {
                // Alternate the order, so that drift of the machine affects all counts equally.
                measure(round % 2 == 0 ? k : groups_.size() - 1 - k);
            }
        }
    }

    /// Rank 0 decides for all.
    bool go_on(std::int64_t round) {
        const bool short_of_time = std::ranges::any_of(report_.rows, [&](const BenchRow& row) {
            double trained = 0.0;
            for (const BenchSample& sample : row.samples) trained += sample.train_seconds;
            return trained < options_.min_seconds;
        });
        const bool more =
            round < options_.repeats || (short_of_time && since_start_.seconds() < kBudget);
        return mpi::broadcast(world(), 0, std::int64_t{more && invalid_.empty()}) != 0;
    }

    /// One training by the ranks of a group; the others leave the cores to them.
    void measure(std::size_t k) {
        std::optional<Error> failure;
        if (const mpi::Communicators* comms = groups_[k].comms(); comms != nullptr) {
            try {
                train_once(report_.rows[k], *comms);
            } catch (const CollectiveError& error) {
                failure = error;  // reported once all groups have stopped
            }
        }
        mpi::idle_barrier(world());
        run_collectively(world(), [&] {
            if (failure) throw Error(*failure);
        });
    }

    void train_once(BenchRow& row, const mpi::Communicators& comms) {
        BenchSample sample;
        const auto stream_rows = [&](const model::TrainingRows& rows, train::BatchSource& batches) {
            std::vector<std::uint32_t> as_trained;
            std::vector<std::uint32_t> as_stored;
            run_collectively(comms.world(), [&] {
                as_trained = visits(rows, batches);
                as_stored = in_order(rows);
            });
            sample.streamed_per_second =
                streaming_speed(rows, as_trained, options_.min_seconds, comms.world());
            sample.sequential_per_second =
                streaming_speed(rows, as_stored, options_.min_seconds, comms.world());
        };
        const TrainingHooks probe{report_.data.copies, stream_rows};
        const Result result = run_training(options_.train, comms, data::Stopwatch(), {}, probe);
        row.oversubscribed = comms.oversubscribed();
        sample.train_seconds = result.progress.train_seconds;
        sample.documents_per_second = result.samples_per_second();
        sample.train_objective = result.train.objective;
        sample.test_objective = result.test.objective;
        sample.test_accuracy = result.test.accuracy;
        row.samples.push_back(sample);
        if (!result.valid()) invalid_ = result.verdict;
        if (root() && !options_.train.quiet) {
            std::cerr << row.ranks << (row.ranks == 1 ? " rank: " : " ranks: ")
                      << std::llround(sample.documents_per_second) << " documents/s, streaming "
                      << std::llround(sample.streamed_per_second) << "\n"
                      << std::flush;
        }
    }

    void report() {
        if (!invalid_.empty()) {
            say(invalid_);
            return;
        }
        if (!options_.train.quiet) {
            table_stream({options_.json}) << bench_table(options_, report_) << std::flush;
        }
        if (!json_) return;
        json_->file.text() =
            bench_json(options_, report_)
                .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
            "\n";
        json_->file.commit();
    }

    const BenchOptions options_;
    const mpi::Communicators& comms_;
    const data::Stopwatch since_start_;
    std::vector<FirstRanks> groups_;
    BenchReport report_;   ///< samples on the ranks that have trained; complete on rank 0
    std::string invalid_;  ///< verdict of a training that was not VALID
    std::optional<io::LockedTextFile> json_;  ///< on rank 0
};

}  // namespace

int bench(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    BenchOptions options;
    run_collectively(comms.world(), [&] { options = parse_bench_options(arguments); });
    return Bench(std::move(options), comms).run();
}

}  // namespace hogwild::app
