#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "app/common/load.hpp"
#include "data/error.hpp"
#include "data/label_sets.hpp"
#include "io/dataset.hpp"
#include "mpi/communicators.hpp"

/// Labels where each document is of one class: with Decision::highest.
namespace hogwild::app {

/// The classes of a dataset's documents, by the outputs of a model.
class ClassLabels {
public:
    /// @param dataset  must outlive this. @param classes  of the outputs; the dataset need not have
    ///                 all of them.
    ClassLabels(io::Dataset& dataset, const std::vector<std::string>& classes);

    /// Whether the dataset has one of the classes.
    bool any_known() const noexcept { return any_known_; }
    /// The labels of rows. A document whose topics are none of the classes has none, for one
    /// without any topic they are not known.
    /// @throws Error: bad_data for a document that is of several of the classes.
    data::LabelSets read(std::int64_t first, std::int64_t end);

private:
    io::Dataset& dataset_;
    std::vector<std::int32_t> class_of_topic_;  ///< -1: of none
    std::size_t classes_;
    bool any_known_ = false;
};

/// What is wrong with a document of several classes. @param data  name of its dataset or text.
Error several_classes(const std::string& data, std::int64_t document, std::size_t classes);

/// Refuses data in which there are no classes to tell apart.
/// @param choice  of --category. @param classes  that it names, as of LabelledDataset.
/// @throws Error: usage.
void check_class_choice(const io::Dataset& training, const std::string& choice,
                        const std::vector<std::string>& classes);

/// Refuses documents without exactly one label: names the first one, and says how many there are.
/// @param labels_are_single  whether those of this rank's documents are known to have one each.
/// @throws CollectiveError: bad_data. @note Collective over `comms.world()`.
void check_single_labels(LabelledDataset& source, const Division& division, bool labels_are_single,
                         const mpi::Communicators& comms);

}  // namespace hogwild::app
