#include "app/common/warnings.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "model/feature_scaling.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {
namespace {

std::string number(double value) { return fmt::format("{:.4g}", value); }

/// How large the values of the training documents are.
struct Scale {
    double spread = 1.0;          ///< of the columns' largest values, see measure_scale()
    double largest = 0.0;         ///< |value|
    double squared_length = 0.0;  ///< mean over documents, bias included
};

/// The spread is the ratio of the 90th to the 10th percentile, over all entries, of the largest
/// value in the entry's column: text weighted by tf-idf has less than 4, a table of unscaled
/// columns 40 and more. @note Collective over `comm`.
Scale measure_scale(const TrainingTask& task, mpi::Communicator comm) {
    const std::size_t n = task.model.objective.shape.features;
    std::vector<float> largest(n);
    std::vector<double> entries(n + 1);  // by feature; last the sum of squares
    const auto add_block = [&](const data::Rows& rows) {
        for (std::int64_t i = 0; i < rows.size(); ++i) {
            const data::SparseRow x = rows.row(i);
            for (std::size_t k = 0; k < x.size(); ++k) {
                float& most = largest[x.index[k]];
                most = std::max(most, std::abs(x.value[k]));
                entries[x.index[k]] += 1.0;
                entries.back() += static_cast<double>(x.value[k]) * static_cast<double>(x.value[k]);
            }
        }
    };
    task.own_documents().for_each_part(
        [&](const model::TrainingRows& rows, std::int64_t /*first*/) {
            rows.for_each_block(add_block);
        });
    mpi::max_in_place(comm, largest);
    mpi::sum_in_rank_order(comm, entries);

    Scale scale;
    scale.squared_length = entries.back() / static_cast<double>(task.data.training_documents) +
                           (task.model.objective.bias ? 1.0 : 0.0);
    entries.pop_back();
    std::vector<std::uint32_t> by_size(n);
    std::iota(by_size.begin(), by_size.end(), 0U);
    std::erase_if(by_size, [&](std::uint32_t u) { return largest[u] == 0.0F; });
    if (by_size.empty()) return scale;
    std::ranges::sort(by_size, {}, [&](std::uint32_t u) { return largest[u]; });
    const double all =
        std::accumulate(by_size.begin(), by_size.end(), 0.0,
                        [&](double sum, std::uint32_t u) { return sum + entries[u]; });
    const auto percentile = [&](double share) {
        double passed = 0.0;
        for (const std::uint32_t u : by_size) {
            passed += entries[u];
            if (passed >= share * all) return static_cast<double>(largest[u]);
        }
        return static_cast<double>(largest[by_size.back()]);
    };
    scale.spread = percentile(0.9) / percentile(0.1);
    scale.largest = static_cast<double>(largest[by_size.back()]);
    return scale;
}

/// Why a model may be worse than none, and what helps.
std::string explain(const Scale& scale, double learning_rate) {
    constexpr double kOvershoot = 2.0;  // a document's step moves its own margin by more
    const double step = learning_rate * scale.squared_length;
    if (model::sizes_differ(scale.spread)) {
        return "the features differ in size (columns up to " + number(scale.largest) +
               ", by a factor of " + number(scale.spread) +
               "), and one learning rate cannot serve them all: use --regularizer l2 with "
               "--feature-scaling rms, or scale each column to about 1 before conversion";
    }
    if (step > kOvershoot) {
        return "a step moves a document's own margin by " + number(step) +
               ", where 1 is enough: lower --learning-rate, or use --learning-rate auto";
    }
    return "the run ended before it converged, or never does: use --learning-rate auto, a falling "
           "--schedule, or more epochs";
}

bool is_worse(const model::Metrics& m, double at_zero) {
    return m.documents > 0 && m.objective > at_zero;
}

std::string worse_text(const char* what, double objective, double at_zero) {
    return std::string("the ") + what + " objective, " + number(objective) +
           ", is worse than that of all-zero weights, " + number(at_zero);
}

}  // namespace

void add_unpredicted(const char* what, const model::Metrics& m, std::vector<std::string>& out) {
    const std::int64_t negatives = m.documents - m.positives;
    const auto add = [&](const char* label, std::int64_t documents) {
        out.push_back(std::string("no ") + what + " document is predicted " + label + ", though " +
                      std::to_string(documents) + " of " + std::to_string(m.documents) +
                      " are: the accuracy is the other class's share; look at AUC and average "
                      "precision, and at --threshold f1 or --class-weight balanced; or try a "
                      "smaller --lambda, another --learning-rate, or more epochs");
    };
    if (m.positives > 0 && m.predicted_positives == 0) add("+1", m.positives);
    if (negatives > 0 && m.predicted_negatives == 0) add("-1", negatives);
    if (m.predicted_positives > 0 && m.accuracy_positive == 0.0) {
        out.push_back(std::string("none of the ") + what + " documents labelled +1 is predicted " +
                      "+1: the recall is 0, whatever the accuracy; look at AUC and average " +
                      "precision, and at --threshold f1");
    }
}

std::vector<std::string> find_warnings(const Result& result, const TrainingTask& task,
                                       const mpi::Communicators& comms) {
    std::vector<std::string> warnings;
    const double at_zero = model::with_loss(task.model.objective.loss,
                                            []<class Loss>(Loss) { return Loss::value(0.0); });
    if (is_worse(result.train, at_zero)) {
        warnings.push_back(worse_text("training", result.train.objective, at_zero) + ": " +
                           explain(measure_scale(task, comms.world()), task.learning_rate));
    } else if (is_worse(result.test, at_zero)) {
        warnings.push_back(worse_text("test", result.test.objective, at_zero) +
                           ", and that of the training documents is not: the test documents may "
                           "have other features or another scale, or --lambda is too small");
    }
    if (!task.tests.empty() && result.test.documents == 0) {
        warnings.push_back("no test document has a label");
    }
    if (task.has_several_outputs()) return warnings;  // some categories never are predicted
    add_unpredicted("training", result.train, warnings);
    add_unpredicted("test", result.test, warnings);
    return warnings;
}

}  // namespace hogwild::app
