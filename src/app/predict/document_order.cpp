#include "app/predict/document_order.hpp"

#include <utility>

#include "app/common/evaluate.hpp"
#include "app/common/last_words.hpp"
#include "app/common/run_collectively.hpp"
#include "mpi/collectives.hpp"

namespace hogwild::app {

DocumentOrder find_order(LineOrder asked, io::Dataset& dataset, const mpi::Communicators& comms) {
    DocumentOrder order{.kind = asked, .positions = {}};
    if (asked != LineOrder::text) return order;
    if (dataset.header().shuffle_seed < 0) {
        order.kind = LineOrder::file;
        return order;
    }
    bool known = false;
    run_collectively(comms.world(), [&] {
        const data::Range own = evaluated_rows(dataset, comms);
        auto positions = dataset.positions(own.begin, own.end);
        known = positions.has_value();
        if (known) order.positions = std::move(*positions);
    });
    const bool known_to_all = mpi::max(comms.world(), std::int64_t{known ? 0 : 1}) == 0;
    if (!known_to_all) order.kind = LineOrder::id;
    return order;
}

void say_order(LineOrder asked, LineOrder kind, const std::string& data, bool quiet) {
    if (quiet || asked != LineOrder::text || kind != LineOrder::id) return;
    say(data +
        " was shuffled by an older program, which kept no record of the text's order: lines are "
        "sorted by document id; convert the text again for its order");
}

}  // namespace hogwild::app
