#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/train/train_options.hpp"

namespace hogwild::app {

/// An option of `train` with the values given to a sweep.
struct GridSetting {
    std::string name;
    std::vector<std::string> values;  ///< a flag has none
    bool from_config = false;         ///< said by the configuration file, not the command line
    bool flag = false;
};

/// All combinations of the values of those settings that have a list. Points are numbered from 0,
/// the last option varies fastest.
///
/// A point is trained with exactly what `train` makes of its options: it is parsed as a command
/// line and a configuration file are, so everything that `train` refuses is refused here.
class Grid {
public:
    Grid() = default;
    /// Splits "0.1,0.2" into the values of a dimension, except for what names data or the seed.
    /// @throws Error: usage for an empty element, a list of seeds, more than kMostPoints points.
    explicit Grid(std::vector<GridSetting> settings);

    std::int64_t points() const noexcept { return points_; }
    /// Names of the options that vary.
    std::vector<std::string> dimensions() const;
    /// Their values at a point, as the user has written them.
    std::vector<std::string> values(std::int64_t point) const;
    /// "--learning-rate 0.1 --lambda 1e-4".
    std::string describe(std::int64_t point) const;

    /// @throws Error: usage.
    TrainOptions train_options(std::int64_t point) const;
    /// The same with another seed.
    TrainOptions train_options(std::int64_t point, std::int64_t seed) const;

    /// Parses every point. @throws Error: usage naming the first that `train` would refuse, that
    /// could not be selected for want of validation, or that is there twice.
    /// @param as_ini  each of them may have to be written to an INI file: what cannot is refused.
    void check(bool as_ini) const;

    static constexpr std::int64_t kMostPoints = 100'000;

private:
    struct Setting {
        GridSetting given;
        bool varies = false;
    };
    std::vector<std::size_t> choices(std::int64_t point) const;
    TrainOptions parse(std::int64_t point, const std::int64_t* seed) const;
    void check_duplicates() const;
    std::string where(std::int64_t point) const;

    std::vector<Setting> settings_;
    std::int64_t points_ = 1;
};

/// A command line for a shell that trains with these options, ready to be pasted: the options that
/// differ from the defaults, and those of `always`.
std::string train_command(const TrainOptions& options, std::int64_t ranks,
                          const std::vector<std::string>& always);

}  // namespace hogwild::app
