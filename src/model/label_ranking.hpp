#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

/// How the outputs of one document are ranked by their scores, against the set of its labels.
namespace hogwild::model {

/// The output that is ranked first: the one with the highest score; of equal scores the one with
/// the lowest number. @pre there is one
std::size_t first_output(std::span<const float> scores) noexcept;

/// Sums over documents times their weights. They can be added.
struct LabelRankingSums {
    double labelled = 0.0;  ///< documents with a label
    /// Over documents with a label: how many outputs have to be taken, from the highest score down,
    /// until all labels are among them; of equal scores all.
    double coverage = 0.0;
    double top_errors = 0.0;  ///< documents with a label whose first output is none
    double mixed = 0.0;       ///< documents with a label and an output that is none
    /// Over those: the share of pairs of a label and another output in which the label has not the
    /// higher score.
    double disorder = 0.0;
    double single = 0.0;      ///< documents with exactly one label
    double single_top = 0.0;  ///< those whose first output it is

    /// Counts a document. @param scores  of all outputs. @param labels  none twice.
    void add(std::span<const float> scores, std::span<const std::uint16_t> labels,
             double weight) noexcept;
    LabelRankingSums& operator+=(const LabelRankingSums& other) noexcept;

    static constexpr std::size_t kNumbers = 7;
    std::array<double, kNumbers> pack() const noexcept;
    static LabelRankingSums unpack(std::span<const double, kNumbers> numbers) noexcept;
};

/// Means of these, not numbers where there is no document to count.
///
/// A document's coverage and ranking loss are those of scikit-learn's coverage_error and
/// label_ranking_loss, so that pairs of equal scores count as wrong. The means differ: scikit-learn
/// counts documents to which the measure does not apply as 0, here they are left out.
struct LabelRanking {
    double coverage;      ///< over documents with a label; from 1 to the number of outputs
    double ranking_loss;  ///< over documents with a label and an output that is none
    /// Share of documents with a label whose first output, see first_output(), is none.
    double one_error;
    /// Share of documents with exactly one label whose first output it is: of documents of one of
    /// many classes the accuracy of the highest score.
    double top_accuracy;
};
LabelRanking label_ranking_of(const LabelRankingSums& sums) noexcept;

}  // namespace hogwild::model
