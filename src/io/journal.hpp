#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// JSON Lines that outlive the run that writes them: several processes append, a later run reads.
/// A line is complete on disk, or it counts as not written.
namespace hogwild::io {

struct JournalLine {
    std::int64_t number = 0;  ///< in the file, from 1
    nlohmann::json value;     ///< an object
};

/// Checks that lines can be appended, and creates the file if necessary.
/// @throws Error: cannot_create.
void prepare_journal(const std::string& path);

/// Appends a line and makes it durable. Safe with several processes on one file.
/// @throws Error: cannot_create, io; then the file is as before where the system allows.
void append_to_journal(const std::string& path, const nlohmann::ordered_json& line);

/// All lines but those whose writer was killed in the middle: these break off where JSON could
/// still go on.
/// @throws Error: no_input, io, and bad_data naming file and line for anything else.
std::vector<JournalLine> read_journal(const std::string& path);

}  // namespace hogwild::io
