#include "app/evaluate/document_match.hpp"

#include <algorithm>
#include <numeric>

#include "data/error.hpp"

namespace hogwild::app {
namespace {

/// The numbers of the documents, by ascending id. @throws Error: bad_data where one occurs twice.
std::vector<std::int64_t> order_by_id(std::span<const std::int64_t> ids, const std::string& name) {
    const auto id = [&](std::int64_t i) { return ids[static_cast<std::size_t>(i)]; };
    std::vector<std::int64_t> order(ids.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::ranges::sort(order, {}, id);
    const auto twice = std::ranges::adjacent_find(order, {}, id);
    if (twice == order.end()) return order;
    throw Error(ExitCode::bad_data, name + ": document " + std::to_string(id(*twice)) +
                                        " occurs twice, so scores and labels cannot be matched by "
                                        "id; give them in the order of the dataset");
}

}  // namespace

std::vector<std::int64_t> match_by_id(std::span<const std::int64_t> scored,
                                      std::span<const std::int64_t> documents,
                                      const std::string& scores, const std::string& data) {
    std::vector<std::int64_t> found(scored.size());
    if (std::ranges::equal(scored, documents)) {
        std::iota(found.begin(), found.end(), std::int64_t{0});
        return found;
    }
    const std::vector<std::int64_t> of_scored = order_by_id(scored, scores);
    const std::vector<std::int64_t> of_documents = order_by_id(documents, data);
    auto at = of_documents.begin();
    for (const std::int64_t i : of_scored) {
        const std::int64_t id = scored[static_cast<std::size_t>(i)];
        at = std::ranges::lower_bound(at, of_documents.end(), id, {}, [&](std::int64_t d) {
            return documents[static_cast<std::size_t>(d)];
        });
        if (at == of_documents.end() || documents[static_cast<std::size_t>(*at)] != id) {
            throw Error(ExitCode::bad_data, scores + ": document " + std::to_string(id) +
                                                " is not in " + data + "; are these its scores?");
        }
        found[static_cast<std::size_t>(i)] = *at;
    }
    return found;
}

}  // namespace hogwild::app
