#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace hogwild::model {

/// How many documents of each class are predicted to be of each. Classes are outputs by number.
/// Only pairs with documents take memory, so that there may be many classes. Confusions can be
/// added.
class ClassConfusion {
public:
    /// The label of documents of a class that is none of the outputs.
    static constexpr std::uint32_t kOther = std::numeric_limits<std::uint32_t>::max();

    struct Cell {
        std::uint32_t label;      ///< or kOther
        std::uint32_t predicted;  ///< an output
        std::int64_t documents;   ///< > 0
        bool operator==(const Cell&) const = default;
        bool right() const noexcept { return label == predicted; }
    };

    void add(std::uint32_t label, std::uint32_t predicted, std::int64_t documents = 1) {
        counts_[{label, predicted}] += documents;
    }
    ClassConfusion& operator+=(const ClassConfusion& other);

    /// Ascending by label, kOther last, then by prediction.
    std::vector<Cell> cells() const;
    /// The pairs that are not right, the most frequent first; of equal ones as cells().
    std::vector<Cell> mistakes() const;
    std::int64_t documents() const noexcept;
    bool empty() const noexcept { return counts_.empty(); }
    bool operator==(const ClassConfusion&) const = default;

private:
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> counts_;
};

}  // namespace hogwild::model
