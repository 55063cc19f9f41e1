#include "io/run_log.hpp"

#include <fcntl.h>
#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/error.hpp"
#include "io/output_path.hpp"
#include "io/system_error.hpp"
#include "io/text_file.hpp"

namespace hogwild::io {

namespace {

/// @param flags  what to do with lines that are there.
Descriptor open_log(const std::string& path, int flags) {
    const OutputTarget target = resolve_output(path);
    if (target.is_stream()) return open_stream(target, path);
    Descriptor file(
        ::open(target.path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0666));
    if (!file) fail_for(path, errno, ExitCode::cannot_create);
    return file;
}

/// ISO 8601 with milliseconds: 2026-11-26T22:15:08.123Z.
std::string utc_now() {
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto milliseconds = now.time_since_epoch().count() % 1000;
    std::tm utc{};
    if (::gmtime_r(&seconds, &utc) == nullptr) return {};
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    return fmt::format("{}.{:03}Z", date, milliseconds);
}

bool is_row(const nlohmann::ordered_json& json) {
    return json.is_object() && json.contains("event") && json["event"].is_string() &&
           (!json.contains("iteration") || json["iteration"].is_number_integer());
}

/// Replaces the file atomically by some of its lines.
void keep_lines(const std::string& path,
                const std::function<bool(const nlohmann::ordered_json&)>& keeps) {
    if (resolve_output(path).is_stream()) return;
    std::ifstream old(path);
    if (!old) return;
    TextFile kept(path);
    std::string line;
    for (std::int64_t number = 1; std::getline(old, line); ++number) {
        const bool ended = !old.eof();
        if (line.empty()) continue;
        const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
        // its writer was killed in the middle
        if (json.is_discarded() && !ended && line.front() == '{') break;
        if (!is_row(json)) {
            throw Error(ExitCode::bad_data,
                        path + ":" + std::to_string(number) +
                            ": not a row of a run's log; delete it, or name another --log");
        }
        if (keeps(json)) kept.text() += line + "\n";
    }
    kept.commit();
}

}  // namespace

RunLog::RunLog(const std::string& path,
               const std::function<bool(const nlohmann::ordered_json&)>& keeps)
    : path_(path) {
    keep_lines(path, keeps);
    file_ = open_log(path, O_APPEND);
}

RunLog::RunLog(const std::string& path) : path_(path), file_(open_log(path, O_TRUNC)) {}

void RunLog::write(const nlohmann::ordered_json& line) {
    using Handler = nlohmann::ordered_json::error_handler_t;
    nlohmann::ordered_json row;
    for (const char* first : {"event", "schema", "schema_version"}) {  // they identify the log
        if (line.contains(first)) row[first] = line[first];
    }
    row["time"] = utc_now();
    row.update(line);
    const std::string text = row.dump(-1, ' ', false, Handler::replace) + "\n";
    if (const int error = write_all(file_.fd(), text); error != 0) {
        fail_for(path_, error, ExitCode::io);
    }
}

void RunLog::close() {
    if (const int error = file_.close(); error != 0) fail_for(path_, error, ExitCode::io);
}

}  // namespace hogwild::io
