#pragma once
#include <string>
#include <vector>

#include "app/sweep/sweep_options.hpp"
#include "app/sweep/sweep_table.hpp"
#include "io/file_lock.hpp"

namespace hogwild::app {

/// The files of a sweep, which rank 0 writes.
class SweepOutputs {
public:
    /// @param options  not owned.
    explicit SweepOutputs(const SweepOptions& options) : options_(options) {}

    /// Keeps other programs away from them, and checks that the texts can be written.
    /// @throws Error: cannot_create.
    void claim();
    /// Prints the table; writes the results, and what is selected.
    /// @param trainings  point by point, of this share. @param ranked  as rank_points() has them.
    /// @param shows      the table, too. @throws Error: cannot_create, io.
    void write(const std::vector<Training>& trainings, const std::vector<PointSummary>& ranked,
               bool shows) const;

private:
    std::vector<std::string> texts() const;

    const SweepOptions& options_;
    std::vector<io::FileLock> locks_;
};

}  // namespace hogwild::app
