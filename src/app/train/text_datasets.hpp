#pragma once
#include <optional>
#include <string>
#include <vector>

#include "app/common/load.hpp"
#include "data/preprocessing.hpp"
#include "io/stop_signal.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// A dataset that was made of a text for one run. Its file is removed with this object, and by a
/// signal that ends the process.
class TemporaryDataset {
public:
    /// @param path  of the file, which exists.
    explicit TemporaryDataset(std::string path);
    TemporaryDataset(TemporaryDataset&& other) noexcept = default;
    TemporaryDataset& operator=(TemporaryDataset&&) = delete;
    ~TemporaryDataset();

private:
    std::string path_;
    io::Leftover leftover_;
};

/// The datasets among a run's inputs as they are, and those that are made of its texts.
///
/// Rank 0 converts each SVMlight text to a file in the folder TMPDIR (or /tmp), as svmlight_to_hdf5
/// does, and every rank reads that file.
class TextDatasets {
public:
    TextDatasets(const mpi::Communicators& comms, bool quiet) : comms_(comms), quiet_(quiet) {}

    /// Replaces the names of texts by those of datasets. Texts are read like the data that the run
    /// started from, the initial model or else the first input: with the same positive
    /// label or the same classes, ids that begin at the same number, and values changed alike.
    /// @param names          the training data first.
    /// @param initial_model  path; empty: none.
    /// @throws CollectiveError: bad_data for a text that is no SVMlight text, or whose labels need
    ///         a word from the user; usage for a text on several nodes.
    /// @note Collective over comms.world().
    void convert(std::vector<std::string>& names, const std::string& initial_model);

private:
    std::string convert_text(const std::string& path, bool is_test);
    void learn_from_dataset(const std::string& path);
    void learn_from_model(const std::string& path);
    void learn(std::int64_t feature_id_base, const std::string& positive_label,
               const std::vector<std::string>& classes, data::Preprocessing preprocessing);

    const mpi::Communicators& comms_;
    bool quiet_;
    std::vector<TemporaryDataset> made_;           ///< on rank 0
    std::optional<std::int64_t> feature_id_base_;  ///< of the first input
    std::optional<double> positive_;               ///< its positive label, if that is not 1
    data::Preprocessing preprocessing_;            ///< of its values
    std::vector<std::string> classes_;             ///< its classes, if it has several
};

}  // namespace hogwild::app
