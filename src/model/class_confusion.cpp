#include "model/class_confusion.hpp"

#include <algorithm>
#include <functional>

namespace hogwild::model {

ClassConfusion& ClassConfusion::operator+=(const ClassConfusion& other) {
    for (const auto& [pair, documents] : other.counts_) counts_[pair] += documents;
    return *this;
}

std::vector<ClassConfusion::Cell> ClassConfusion::cells() const {
    std::vector<Cell> all;
    for (const auto& [pair, documents] : counts_) {
        all.push_back({pair.first, pair.second, documents});
    }
    return all;
}

std::vector<ClassConfusion::Cell> ClassConfusion::mistakes() const {
    std::vector<Cell> wrong = cells();
    std::erase_if(wrong, [](const Cell& cell) { return cell.right(); });
    std::ranges::stable_sort(wrong, std::greater<>(), &Cell::documents);
    return wrong;
}

std::int64_t ClassConfusion::documents() const noexcept {
    std::int64_t sum = 0;
    for (const auto& [pair, documents] : counts_) sum += documents;
    return sum;
}

}  // namespace hogwild::model
