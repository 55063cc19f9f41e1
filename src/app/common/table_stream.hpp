#pragma once
#include <ostream>
#include <string>
#include <vector>

namespace hogwild::app {

/// Where a command prints its tables and summaries: on stdout, or on stderr when one of its text
/// outputs goes to stdout, so that the two are not mixed.
/// @param outputs  names as the user gave them; empty ones are ignored.
std::ostream& table_stream(const std::vector<std::string>& outputs);

}  // namespace hogwild::app
