#pragma once
#include <cstddef>
#include <deque>
#include <optional>

#include "data/state.hpp"

namespace hogwild::model {

/// The seed paper's rule: keep the last `patience` validation losses; once there are that many,
/// stop when their minimum exceeds the minimum of the window before.
class EarlyStopping {
public:
    /// @param patience  length of the window; 0: never stop.
    explicit EarlyStopping(std::size_t patience) : patience_(patience) {}

    /// @param loss  not a number when nothing is held out; it is ignored then.
    /// @return true when training should stop.
    bool observe(double loss);

    void save(data::State& state) const;
    void resume(const data::State& state);

private:
    std::size_t patience_;
    std::deque<double> window_;
    std::optional<double> last_minimum_;
};

}  // namespace hogwild::model
