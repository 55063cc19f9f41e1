#include "io/file_place.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

std::optional<int> stream_of(std::string_view path) {
    if (path == "/dev/stdin") return STDIN_FILENO;
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const std::string_view digits = path.substr(folder.size());
        const char* const end = digits.data() + digits.size();
        int descriptor = 0;
        const auto [stop, error] = std::from_chars(digits.data(), end, descriptor);
        if (error == std::errc() && stop == end) return descriptor;
    }
    return std::nullopt;
}

void take_status(const struct stat& status, FilePlace& place) {
    place.filesystem = status.st_dev;
    place.node = status.st_ino;
    place.device = S_ISCHR(status.st_mode);
}

/// The last name in a chain of links, if no file has that name.
fs::path end_of_links(fs::path path) {
    constexpr int kMostLinks = 40;  // what Linux follows
    std::error_code error;
    for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(path, error)); ++i) {
        const fs::path target = fs::read_symlink(path, error);
        if (error) break;
        path = path.parent_path() / target;  // an absolute target replaces the folder
    }
    return path;
}

}  // namespace

std::vector<std::string> FilePlace::keys() const {
    std::vector<std::string> keys;
    if (stream) keys.push_back("stream " + std::to_string(*stream));
    if (!device) {
        keys.push_back(std::to_string(filesystem) + " " + std::to_string(node) + " " + name);
    }
    return keys;
}

bool FilePlace::same_as(const FilePlace& other) const {
    if (stream && other.stream) return stream == other.stream;
    const std::vector<std::string> mine = keys();
    const std::vector<std::string> others = other.keys();
    return std::ranges::find_first_of(mine, others) != mine.end();
}

FilePlace place_of(const std::string& path, std::optional<int> dash) {
    FilePlace place;
    place.stream = dash && path == "-" ? dash : stream_of(path);
    struct stat status {};
    const int found =
        place.stream ? ::fstat(*place.stream, &status) : ::stat(path.c_str(), &status);
    if (found == 0) {
        take_status(status, place);
        return place;
    }
    fs::path end = end_of_links(path);
    if (!end.has_filename()) end = end.parent_path();  // "folder/" that is not there
    place.name = end.filename().string();
    const fs::path folder = end.parent_path().empty() ? fs::path(".") : end.parent_path();
    if (::stat(folder.c_str(), &status) == 0) {
        place.filesystem = status.st_dev;
        place.node = status.st_ino;
    } else {
        std::error_code ignored;
        place.name = fs::weakly_canonical(fs::absolute(end, ignored), ignored).string();
    }
    return place;
}

}  // namespace hogwild::io
