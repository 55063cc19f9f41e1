// The mean of the weights over a run.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "data/partition.hpp"
#include "mpi/communicators.hpp"
#include "train/hooks/averager.hpp"

namespace hogwild::train {
namespace {

TEST(Averager, WeightsByProgressAndCoversAllBlocks) {
    mpi::Communicators comms(MPI_COMM_WORLD);
    constexpr std::int64_t kWeights = 11;
    Averager averager(2, data::equal_part(kWeights, comms.size(), comms.rank()));
    std::vector<double> w(kWeights);
    double numerator = 0.0;
    double denominator = 0.0;
    for (std::int64_t iteration = 0; iteration < 9; ++iteration) {
        for (std::size_t u = 0; u < w.size(); ++u) {
            w[u] = static_cast<double>(iteration) * 10.0 + static_cast<double>(u);
        }
        if (!averager.due(iteration)) continue;
        EXPECT_EQ(iteration % 2, 0);
        averager.take(iteration, [&](std::size_t u) { return 0.5 * w[u]; });
        numerator += static_cast<double>(iteration * iteration) * 10.0;
        denominator += static_cast<double>(iteration);
    }
    std::vector<double> mean = w;
    averager.replace_by_mean(comms.world(), mean);
    for (std::size_t u = 0; u < mean.size(); ++u) {
        EXPECT_NEAR(mean[u], 0.5 * (numerator / denominator + static_cast<double>(u)), 1e-12) << u;
    }
    const Averager idle(2, data::equal_part(kWeights, comms.size(), comms.rank()));
    idle.replace_by_mean(comms.world(), w);
    EXPECT_EQ(w[3], 83.0) << "no reading yet: the weights as they are";
    comms.close();
}

}  // namespace
}  // namespace hogwild::train
