#include "model/score_table.hpp"

#include <algorithm>
#include <cassert>

namespace hogwild::model {

void ScoreTable::append(std::span<const float> scores, std::span<const std::uint16_t> labels,
                        float weight) {
    assert(scores.size() == outputs());
    scores_.insert(scores_.end(), scores.begin(), scores.end());
    weight_.push_back(weight);
    labels_.append(labels);
}

void ScoreTable::append_unknown(std::span<const float> scores) {
    assert(scores.size() == outputs());
    scores_.insert(scores_.end(), scores.begin(), scores.end());
    weight_.push_back(0.0F);
    labels_.append_unknown();
}

void ScoreTable::copy_output(std::size_t output, std::vector<LabelledScore>& to) const {
    assert(output < outputs());
    for (std::int64_t i = 0; i < documents(); ++i) {
        if (!labels_.is_known(i)) continue;
        const std::span<const std::uint16_t> labels = labels_.of(i);
        to.push_back({static_cast<double>(scores(i)[output]), weight_[static_cast<std::size_t>(i)],
                      std::ranges::find(labels, output) != labels.end()});
    }
}

}  // namespace hogwild::model
