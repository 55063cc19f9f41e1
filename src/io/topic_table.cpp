#include "io/topic_table.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "data/error.hpp"

namespace hogwild::io {
namespace {

constexpr unsigned kTopicBits = 16;
constexpr std::uint64_t kTopicMask = (std::uint64_t{1} << kTopicBits) - 1;

}  // namespace

void TopicTable::add(std::string_view topic, std::int64_t document_id) {
    auto it = number_.find(std::string(topic));
    if (it == number_.end()) {
        if (names_.size() > std::numeric_limits<std::uint16_t>::max()) {
            throw Error(ExitCode::bad_data, "more than 65,536 different topics");
        }
        it = number_.emplace(topic, static_cast<std::uint16_t>(names_.size())).first;
        names_.emplace_back(topic);
    }
    entries_.push_back(static_cast<std::uint64_t>(document_id) << kTopicBits | it->second);
}

void TopicTable::finish() {
    std::vector<std::size_t> order(names_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t k) { return names_[k]; });
    std::vector<std::uint64_t> new_number(names_.size());
    for (std::size_t k = 0; k < order.size(); ++k) new_number[order[k]] = k;
    for (std::uint64_t& entry : entries_) {
        entry = (entry & ~kTopicMask) | new_number[entry & kTopicMask];
    }
    std::ranges::sort(names_);
    number_.clear();
    std::ranges::sort(entries_);
    // not std::ranges::unique: Clang before 16 cannot compile libstdc++'s subrange
    entries_.erase(std::unique(entries_.begin(), entries_.end()), entries_.end());
    lines_ = std::ssize(entries_);
    seen_.assign(entries_.size(), false);
}

TopicTable::Found TopicTable::look_up(std::int64_t document_id,
                                      std::vector<std::uint16_t>& topics) {
    topics.clear();
    const std::uint64_t key = static_cast<std::uint64_t>(document_id) << kTopicBits;
    std::size_t at = hint_;
    if (at >= entries_.size() || entries_[at] < key || (at > 0 && entries_[at - 1] >= key)) {
        at = static_cast<std::size_t>(std::ranges::lower_bound(entries_, key) - entries_.begin());
    }
    const std::size_t first = at;
    for (; at < entries_.size() && entries_[at] >> kTopicBits == key >> kTopicBits; ++at) {
        topics.push_back(static_cast<std::uint16_t>(entries_[at] & kTopicMask));
    }
    hint_ = at;
    if (topics.empty()) {
        return unlabelled_.insert(document_id).second ? Found::unlabelled : Found::repeated;
    }
    if (seen_[first]) return Found::repeated;
    seen_[first] = true;
    used_lines_ += std::ssize(topics);
    return Found::labelled;
}

}  // namespace hogwild::io
