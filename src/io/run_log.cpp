#include "hogwild/io/run_log.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <utility>

#include "hogwild/data/error.hpp"
#include "hogwild/io/text_file.hpp"

namespace hogwild::io {

namespace {

bool is_row(const nlohmann::ordered_json& json) {
    return json.is_object() && json.contains("event") && json["event"].is_string() &&
           (!json.contains("iteration") || json["iteration"].is_number_integer());
}

/// Replaces the file by some of its lines, at once or not at all.
void keep_lines(const std::string& path,
                const std::function<bool(const nlohmann::ordered_json&)>& keeps) {
    std::ifstream old(path);
    if (!old) return;
    TextFile kept(path);
    std::string line;
    for (std::int64_t number = 1; std::getline(old, line); ++number) {
        const bool ended = !old.eof();
        if (line.empty()) continue;
        const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
        if (json.is_discarded() && !ended) break;  // its writer was killed in the middle
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
    file_ = std::fopen(path.c_str(), "ae");
    if (file_ == nullptr) {
        throw Error(ExitCode::cannot_create, path + ": " + std::strerror(errno));
    }
}

RunLog::RunLog(const std::string& path) : path_(path), file_(std::fopen(path.c_str(), "we")) {
    if (file_ == nullptr) {
        throw Error(ExitCode::cannot_create, path + ": " + std::strerror(errno));
    }
}

RunLog::~RunLog() {
    if (file_ != nullptr) std::fclose(file_);
}

void RunLog::write(const nlohmann::ordered_json& line) {
    using Handler = nlohmann::ordered_json::error_handler_t;
    const std::string text = line.dump(-1, ' ', false, Handler::replace) + "\n";
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size() || std::fflush(file_) != 0) {
        throw Error(ExitCode::io, path_ + ": " + std::strerror(errno));
    }
}

void RunLog::close() {
    if (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0) {
        throw Error(ExitCode::io, path_ + ": " + std::strerror(errno));
    }
}

}  // namespace hogwild::io
