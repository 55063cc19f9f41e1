#pragma once
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/common/report.hpp"
#include "app/train/train_options.hpp"
#include "data/error.hpp"

/// The state of a sweep: a line of JSON per training, which is found by its settings.
namespace hogwild::app {

struct DatasetDigests {
    std::string train;
    std::vector<std::string> test;
    std::string initial_model = {};      ///< of its weights; empty: there is none
    std::string category_settings = {};  ///< of the file's text; empty: there is none
};

/// A key that is equal for two trainings if only one must run: all effective settings, the number
/// of ranks, and the content of the datasets and the initial model, but not their paths.
std::string training_key(const TrainOptions& options, std::int64_t ranks,
                         const DatasetDigests& digests);

/// How a training ended.
struct Outcome {
    std::string verdict;             ///< "VALID", "INVALID: why" or "FAILED: why"
    ExitCode code = ExitCode::done;  ///< what `train` would have ended with
    std::string program;             ///< that has trained it
    nlohmann::json results;  ///< by the names of the run log's result row; null if not VALID

    bool valid() const { return verdict == "VALID"; }
    /// Failed for what may be otherwise next time: a full disk, no memory, a file not there.
    bool worth_another_try() const;
    /// Not a number where there is none.
    double number(const std::string& name) const;
};

Outcome outcome_of(const Result& result);
Outcome outcome_of(const Error& failure);

/// A line of the state.
nlohmann::ordered_json state_line(const std::string& key, const Outcome& outcome);

/// The lines of one state or several; of those with the same key the last one counts.
class SweepState {
public:
    /// Reads a file. @throws Error: no_input, io, bad_data naming file and line.
    void read(const std::string& path);
    /// @param where  for messages. @throws Error: bad_data.
    void add(const nlohmann::json& line, const std::string& where);
    /// Null if there is none.
    const Outcome* find(const std::string& key) const;
    const std::map<std::string, Outcome>& all() const noexcept { return outcomes_; }

private:
    std::map<std::string, Outcome> outcomes_;
};

}  // namespace hogwild::app
