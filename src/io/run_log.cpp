#include "hogwild/io/run_log.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "hogwild/data/error.hpp"

namespace hogwild::io {

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
