#pragma once
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "app/bench/bench_options.hpp"
#include "app/common/machine.hpp"

namespace hogwild::app {

/// One training with some number of ranks, and the streaming of the same rows just before it.
struct BenchSample {
    double train_seconds = 0.0;
    double documents_per_second = 0.0;
    double streamed_per_second = 0.0;    ///< documents, in the order of training: the roof
    double sequential_per_second = 0.0;  ///< documents, in the order of memory
    double train_objective = 0.0;
    double test_objective = 0.0;  ///< not a number without a test set
    double test_accuracy = 0.0;
};

/// All samples of a number of ranks.
struct BenchRow {
    int ranks = 1;
    bool oversubscribed = false;
    std::vector<BenchSample> samples;
};

/// Size and layout of the data in memory.
struct BenchData {
    std::int64_t documents = 0;  ///< of one copy
    std::int64_t bytes = 0;      ///< of one copy
    std::int64_t copies = 1;
    std::int64_t bytes_wanted = 0;  ///< for the roof to be that of the memory

    double bytes_per_document() const {
        return static_cast<double>(bytes) / static_cast<double>(documents);
    }
    bool exceeds_caches() const { return bytes * copies >= bytes_wanted; }
};

/// Everything that has been measured.
struct BenchReport {
    Machine machine;
    BenchData data;
    std::vector<BenchRow> rows;  ///< from one rank on
};

/// Of the values of all samples. @param value  of BenchSample. Not a number if there are none.
double median(const BenchRow& row, double BenchSample::*value);

/// For people.
std::string bench_table(const BenchOptions& options, const BenchReport& report);
/// For programs.
nlohmann::ordered_json bench_json(const BenchOptions& options, const BenchReport& report);

}  // namespace hogwild::app
