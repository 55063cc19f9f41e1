#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/predict/predict_options.hpp"
#include "io/text_file.hpp"
#include "model/calibration.hpp"

namespace hogwild::app {

/// A document's result.
struct Scored {
    std::int64_t id;
    double score;
    std::int64_t place;  ///< lines are sorted by it, where they are sorted
};

/// What follows from a score.
struct LineFormat {
    double threshold = 0.0;                         ///< above it the label is +1
    std::optional<model::Calibration> probability;  ///< for a fourth column
};

/// Where the results of all ranks become lines, on rank 0.
class ScoreLines {
public:
    /// @param documents  of all ranks.
    ScoreLines(const std::string& output, LineOrder order, std::int64_t documents,
               const LineFormat& format);

    void add(const Scored& document);
    void finish();

private:
    void write(const Scored& document);

    bool sorted_;
    LineFormat format_;
    io::LockedTextFile output_;
    std::vector<Scored> kept_;
};

}  // namespace hogwild::app
