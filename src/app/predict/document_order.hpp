#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/predict/predict_options.hpp"
#include "io/dataset.hpp"
#include "mpi/communicators.hpp"

namespace hogwild::app {

/// How lines are to be sorted.
struct DocumentOrder {
    LineOrder kind = LineOrder::file;     ///< text only where it differs from file
    std::vector<std::int64_t> positions;  ///< in the text, of this rank's documents, for text

    /// What a line is sorted by. @param number  of the document among this rank's.
    std::int64_t place(std::int64_t number, std::int64_t id) const {
        return kind == LineOrder::text ? positions[static_cast<std::size_t>(number)] : id;
    }
};

/// Finds out how lines are to be sorted, and where this rank's documents stand in the text.
/// @throws CollectiveError: bad_data. @note Collective.
DocumentOrder find_order(LineOrder asked, io::Dataset& dataset, const mpi::Communicators& comms);

/// Says where lines cannot have the order that was asked for.
void say_order(LineOrder asked, LineOrder kind, const std::string& data, bool quiet);

}  // namespace hogwild::app
