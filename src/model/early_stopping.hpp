#pragma once
#include <cstddef>
#include <deque>
#include <optional>

#include "data/state.hpp"
#include "model/measure.hpp"

namespace hogwild::model {

/// The seed paper's rule, for any measure: keep the last `patience` validation losses; once there
/// are that many, stop when their minimum exceeds the minimum of the window before.
class EarlyStopping {
public:
    /// @param patience  length of the window; 0: never stop.
    /// @param measure   that is followed; of one whose larger values are better the negative.
    explicit EarlyStopping(std::size_t patience, Measure measure = Measure::objective)
        : patience_(patience), measure_(measure) {}

    /// @param validation  a measure that is not defined, for example because nothing is held out,
    ///                    is ignored.
    /// @return true when training should stop.
    bool observe(const Metrics& validation);

    void save(data::State& state) const;
    /// Begins anew where the saved run followed another measure.
    void resume(const data::State& state);

private:
    std::size_t patience_;
    Measure measure_;
    std::deque<double> window_;
    std::optional<double> last_minimum_;
};

}  // namespace hogwild::model
