#include "io/own_files.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "data/error.hpp"
#include "io/digest.hpp"
#include "io/shard_names.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMark = ".hogwild-";
constexpr std::string_view kLock = "lock";
constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kCheckDigits = 8;
constexpr std::size_t kSuffixDigits = kRandomDigits + kCheckDigits;

std::string digest_of(const std::string& text) {
    Digest digest;
    digest.update(text.data(), text.size());
    return digest.hex();
}

/// The part of own names that comes from the output's name. A long name is cut between two
/// characters and gets a digest.
std::string stem_of(const std::string& name) {
    constexpr std::size_t kMost = NAME_MAX - 1 - kMark.size() - kSuffixDigits;
    if (name.size() <= kMost) return name;
    const std::string digest = "~" + digest_of(name);
    std::size_t length = kMost - digest.size();
    while (length > 0 && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) --length;
    return name.substr(0, length) + digest;
}

std::string check_digits(const std::string& stem, const std::string& random) {
    return digest_of(stem + "/" + random).substr(0, kCheckDigits);
}

std::string beside(const std::string& target, const std::string& suffix) {
    const fs::path path(target);
    const std::string own = "." + stem_of(path.filename().string()) + std::string(kMark) + suffix;
    return (path.parent_path() / own).string();
}

/// The stem in the name of a temporary file of ours; empty for other names.
std::optional<std::string> stem_in(const std::string& file_name) {
    const std::size_t mark = file_name.rfind(kMark);
    if (mark == std::string::npos || mark < 2 || file_name.front() != '.') return std::nullopt;
    const std::string stem = file_name.substr(1, mark - 1);
    const std::string suffix = file_name.substr(mark + kMark.size());
    if (suffix.size() != kSuffixDigits) return std::nullopt;
    const std::string random = suffix.substr(0, kRandomDigits);
    if (suffix.substr(kRandomDigits) != check_digits(stem, random)) return std::nullopt;
    return stem;
}

/// A leftover is a plain file that this user owns and that has no second name.
bool is_leftover(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_uid == ::geteuid() && status.st_nlink == 1;
}

}  // namespace

std::string lock_path(const std::string& target) { return beside(target, std::string(kLock)); }

std::string random_temporary_path(const std::string& target) {
    std::uint64_t bits = 0;
    if (::getentropy(&bits, sizeof bits) != 0) {
        throw Error(ExitCode::resource, std::string("random numbers: ") + std::strerror(errno));
    }
    const std::string random = fmt::format("{:0{}x}", bits, kRandomDigits);
    const std::string stem = stem_of(fs::path(target).filename().string());
    return beside(target, random + check_digits(stem, random));
}

bool is_own_name(const std::string& file_name) {
    const bool is_lock =
        file_name.starts_with('.') && file_name.ends_with(std::string(kMark).append(kLock));
    return is_lock || stem_in(file_name).has_value();
}

void remove_leftovers(const std::string& target) {
    const fs::path path(target);
    const std::string wanted = stem_of(path.filename().string());
    std::error_code ignored;  // leftovers in a folder that cannot be listed stay
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (auto entry = fs::directory_iterator(folder, ignored);
         !ignored && entry != fs::directory_iterator(); entry.increment(ignored)) {
        const std::optional<std::string> stem = stem_in(entry->path().filename().string());
        if (!stem || (*stem != wanted && !is_shard_name(target, *stem))) continue;
        if (is_leftover(entry->path().string())) ::unlink(entry->path().c_str());
    }
}

}  // namespace hogwild::io
