#pragma once
#include <cstddef>
#include <functional>
#include <vector>

#include "mpi/communicator.hpp"
#include "mpi/request.hpp"

namespace hogwild::app {

/// Times messages of one size between ranks that exchange weights: what a training run would see of
/// them. All times are in seconds, medians over repeats of the slowest rank's.
class ExchangeTimer {
public:
    /// @param comm        the ranks that exchange, at least two. Not owned.
    /// @param poll        s between two polls of the exchange while computing.
    /// @param budget      s for all repeats of one measurement together.
    ExchangeTimer(mpi::Communicator comm, double poll, double budget);

    /// Half a round trip between the first two ranks.
    /// @note All measurements are collective over `comm`.
    double ping_pong(std::size_t bytes);
    /// A blocking sum of floats.
    double allreduce(std::size_t bytes);
    /// A non-blocking sum, with nothing else to do than to test for its end.
    double iallreduce(std::size_t bytes);

    struct Overlapped {
        double latency = 0.0;  ///< from the call to the test that finds it complete
        double visible = 0.0;  ///< the core's time that computing lost meanwhile
    };
    /// A non-blocking sum beside computing, as training does it: polled every `poll` seconds.
    Overlapped overlapped(std::size_t bytes);

private:
    /// Medians of what `measure` returns, one number each for all its results.
    std::vector<double> repeat(const std::function<std::vector<double>()>& measure);
    /// Brings all together with their contributions.
    void prepare(std::size_t bytes);
    /// Computes for about `poll` seconds.
    void compute();
    double seconds_of_compute();

    mpi::Communicator comm_;
    double budget_;
    int rank_ = 0;
    std::vector<float> mine_;
    std::vector<float> sum_;
    std::vector<float> numbers_;  ///< to compute with: they fit the first-level cache
    std::size_t passes_ = 1;      ///< over the numbers, between two polls
    mpi::Request request_;
};

}  // namespace hogwild::app
