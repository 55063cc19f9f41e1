#include "app/common/class_labels.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "app/common/run_collectively.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

/// Documents of all ranks whose labels are not exactly one.
struct WrongLabels {
    static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    std::int64_t documents = 0;  ///< in all
    std::int64_t without = 0;    ///< that have no label
    std::int64_t several = 0;    ///< that have several
    std::int64_t first = kNone;  ///< row of the first of both
    std::size_t labels = 0;      ///< that it has
};

/// Of this rank's documents.
WrongLabels find_wrong_labels(LabelledDataset& source, const Division& division) {
    constexpr std::int64_t kRows = std::int64_t{1} << 16;
    WrongLabels wrong;
    for (const data::Range& range : division.own) {
        wrong.documents += range.size();
        for (std::int64_t first = range.begin; first < range.end; first += kRows) {
            const std::int64_t end = std::min(range.end, first + kRows);
            const data::LabelSets sets = source.dataset.label_sets(first, end, source.categories);
            for (std::int64_t row = first; row < end; ++row) {
                const std::size_t labels = sets.of(row - first).size();
                if (labels == 1) continue;
                ++(labels == 0 ? wrong.without : wrong.several);
                if (wrong.first > row) wrong.labels = labels;
                wrong.first = std::min(wrong.first, row);
            }
        }
    }
    return wrong;
}

std::string wrong_labels_text(LabelledDataset& source, const WrongLabels& wrong) {
    const std::int64_t id = source.dataset.document_ids(wrong.first, wrong.first + 1).front();
    const auto of = [](std::int64_t documents, const char* labels) {
        return documents == 0 ? std::string() : std::to_string(documents) + " have " + labels;
    };
    const bool both = wrong.without > 0 && wrong.several > 0;
    return source.dataset.name() + ": --multiclass needs documents of exactly one of the " +
           std::to_string(source.categories.size()) + " classes, and document " +
           std::to_string(id) + " is of " +
           (wrong.labels == 0 ? std::string("none") : std::to_string(wrong.labels)) + "; of " +
           std::to_string(wrong.documents) + " documents " + of(wrong.without, "none") +
           (both ? ", " : "") + of(wrong.several, "several") +
           ": leave out --multiclass to decide on each category for itself";
}

}  // namespace

ClassLabels::ClassLabels(io::Dataset& dataset, const std::vector<std::string>& classes)
    : dataset_(dataset), classes_(classes.size()) {
    std::unordered_map<std::string, std::int32_t> number;
    for (const std::string& name : classes) {
        number.emplace(name, static_cast<std::int32_t>(number.size()));
    }
    for (const std::string& topic : dataset.header().topics) {
        const auto found = number.find(topic);
        class_of_topic_.push_back(found == number.end() ? -1 : found->second);
        any_known_ = any_known_ || found != number.end();
    }
}

data::LabelSets ClassLabels::read(std::int64_t first, std::int64_t end) {
    const data::LabelSets topics = dataset_.label_sets(first, end, dataset_.header().topics);
    data::LabelSets labels(classes_);
    std::vector<std::uint16_t> own;
    for (std::int64_t i = 0; i < topics.size(); ++i) {
        if (topics.of(i).empty()) {
            labels.append_unknown();
            continue;
        }
        own.clear();
        for (const std::uint16_t topic : topics.of(i)) {
            const std::int32_t number = class_of_topic_[topic];
            if (number >= 0) own.push_back(static_cast<std::uint16_t>(number));
        }
        if (own.size() > 1) {
            const std::int64_t id = dataset_.document_ids(first + i, first + i + 1).front();
            throw several_classes(dataset_.name(), id, own.size());
        }
        labels.append(own);
    }
    return labels;
}

Error several_classes(const std::string& data, std::int64_t document, std::size_t classes) {
    return {ExitCode::bad_data, data + ": document " + std::to_string(document) + " is of " +
                                    std::to_string(classes) +
                                    " classes, where the model tells classes apart of which a "
                                    "document has one"};
}

void check_class_choice(const io::Dataset& training, const std::string& choice,
                        const std::vector<std::string>& classes) {
    if (!training.header().has_topics) {
        throw Error(ExitCode::usage,
                    training.name() +
                        ": has the labels +1 and -1, which one classifier tells apart: leave out "
                        "--multiclass");
    }
    if (!classes.empty()) return;
    throw Error(ExitCode::usage, "--category " + choice +
                                     " names one class; --multiclass tells several apart: leave "
                                     "out --category, or give a list");
}

void check_single_labels(LabelledDataset& source, const Division& division, bool labels_are_single,
                         const mpi::Communicators& comms) {
    const mpi::Communicator world = comms.world();
    if (mpi::max(world, std::int64_t{!labels_are_single}) == 0) return;
    WrongLabels wrong;
    run_collectively(world, [&] { wrong = find_wrong_labels(source, division); });
    const std::int64_t own_first = wrong.first;
    wrong.first = -mpi::max(world, -wrong.first);
    wrong.documents = mpi::sum(world, wrong.documents);
    wrong.without = mpi::sum(world, wrong.without);
    wrong.several = mpi::sum(world, wrong.several);
    run_collectively(world, [&] {
        if (own_first == wrong.first) {
            throw Error(ExitCode::bad_data, wrong_labels_text(source, wrong));
        }
    });
}

}  // namespace hogwild::app
