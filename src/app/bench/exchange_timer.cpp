#include "app/bench/exchange_timer.hpp"

#include <algorithm>
#include <cmath>

#include "app/bench/median.hpp"
#include "data/stopwatch.hpp"
#include "mpi/collectives.hpp"
#include "mpi/messages.hpp"

namespace hogwild::app {
namespace {

constexpr double kFewest = 9.0;    ///< repeats of anything
constexpr double kMost = 2000.0;   ///< of what takes no time at all
constexpr int kCalibrations = 15;  ///< of the computing between two polls

}  // namespace

ExchangeTimer::ExchangeTimer(mpi::Communicator comm, double poll, double budget)
    : comm_(comm), budget_(budget), rank_(comm.rank()), numbers_(1024, 1.0F) {
    passes_ = 1000;  // enough of them to be timed
    const double pass = seconds_of_compute() / 1000.0;
    passes_ = static_cast<std::size_t>(std::max(1.0, std::round(poll / pass)));
}

std::vector<double> ExchangeTimer::repeat(const std::function<std::vector<double>()>& measure) {
    std::vector<std::vector<double>> samples;  // by result
    const data::Stopwatch watch;
    const std::vector<double> first = measure();  // does not count: buffers, connections
    const double once = mpi::max(comm_, watch.seconds());
    const double repeats = std::clamp(std::floor(budget_ / once), kFewest, kMost);
    samples.resize(first.size());
    for (double k = 0.0; k < repeats; ++k) {
        const std::vector<double> results = measure();
        for (std::size_t r = 0; r < results.size(); ++r) samples[r].push_back(results[r]);
    }
    std::vector<double> medians;
    for (std::vector<double>& of_result : samples) {
        mpi::max_in_place(comm_, std::span<double>(of_result));
        medians.push_back(median(std::move(of_result)));
    }
    return medians;
}

double ExchangeTimer::ping_pong(std::size_t bytes) {
    std::vector<std::byte> message(bytes);
    return repeat([&]() -> std::vector<double> {
        if (rank_ > 1) return {0.0};  // waits in the next collective
        if (rank_ == 1) {
            mpi::receive(comm_, 0, message);
            mpi::send(comm_, 0, message);
            return {0.0};
        }
        const data::Stopwatch watch;
        mpi::send(comm_, 1, message);
        mpi::receive(comm_, 1, message);
        return {0.5 * watch.seconds()};
    })[0];
}

double ExchangeTimer::allreduce(std::size_t bytes) {
    return repeat([&]() -> std::vector<double> {
        prepare(bytes);
        const data::Stopwatch watch;
        mpi::sum_in_any_order(comm_, mine_, sum_);
        return {watch.seconds()};
    })[0];
}

double ExchangeTimer::iallreduce(std::size_t bytes) {
    return repeat([&]() -> std::vector<double> {
        prepare(bytes);
        const data::Stopwatch watch;
        request_ = mpi::start_sum(comm_, mine_, sum_);
        while (!request_.complete()) {
        }
        return {watch.seconds()};
    })[0];
}

ExchangeTimer::Overlapped ExchangeTimer::overlapped(std::size_t bytes) {
    const std::vector<double> medians = repeat([&]() -> std::vector<double> {
        const double between_polls = seconds_of_compute();  // anew: clocks change their mind
        prepare(bytes);
        const data::Stopwatch watch;
        const double started = data::thread_cpu_seconds();
        request_ = mpi::start_sum(comm_, mine_, sum_);
        double computed = 0.0;
        do {
            compute();
            computed += between_polls;
        } while (!request_.complete());
        return {watch.seconds(), std::max(0.0, data::thread_cpu_seconds() - started - computed)};
    });
    return {medians[0], medians[1]};
}

void ExchangeTimer::prepare(std::size_t bytes) {
    mine_.assign(bytes / sizeof(float), 1.0F);
    sum_.resize(mine_.size());
    mpi::barrier(comm_);
}

void ExchangeTimer::compute() {
    for (std::size_t pass = 0; pass < passes_; ++pass) {
        for (float& number : numbers_) number = 0.5F * number + 1.0F;
        [[maybe_unused]] const volatile float sink = numbers_[pass % numbers_.size()];
    }
}

double ExchangeTimer::seconds_of_compute() {
    std::vector<double> seconds;
    for (int k = 0; k < kCalibrations; ++k) {
        const double started = data::thread_cpu_seconds();
        compute();
        seconds.push_back(data::thread_cpu_seconds() - started);
    }
    return median(std::move(seconds));
}

}  // namespace hogwild::app
