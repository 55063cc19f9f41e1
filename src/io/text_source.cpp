#include "io/text_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "data/error.hpp"
#include "data/foreign_format.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

constexpr std::size_t kStored = TextSource::kBlock / 4;  ///< bytes read at once

Descriptor open_text(const std::string& path) {
    const int fd = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail_for(text_name(path), errno, ExitCode::no_input);
    return Descriptor(fd);
}

/// @param head  of the text, or of the file.
void refuse_foreign(const std::string& name, std::string_view head) {
    const std::string format = data::foreign_format(head);
    if (!format.empty()) throw Error(ExitCode::bad_data, name + ": " + format);
}

}  // namespace

std::string text_name(const std::string& path) { return path == "-" ? "standard input" : path; }

TextSource::TextSource(const std::string& path)
    : name_(text_name(path)), file_(open_text(path)), stored_(kStored) {
    struct stat status {};
    if (::fstat(file_.fd(), &status) != 0) fail_for(name_, errno, ExitCode::no_input);
    if (S_ISDIR(status.st_mode)) {
        throw Error(ExitCode::no_input, name_ + ": is a directory, not a file");
    }
    if (S_ISREG(status.st_mode)) size_ = status.st_size;
}

std::size_t TextSource::read(char* out) {
    if (!started_) start();
    if (!decompressor_) return read_plain(std::as_writable_bytes(std::span(out, kBlock)));
    if (!ahead_->next(block_)) return 0;
    std::memcpy(out, block_.data(), block_.size());
    return block_.size();
}

void TextSource::start() {
    started_ = true;
    refill();
    const std::string_view head(reinterpret_cast<const char*>(unread_.data()), unread_.size());
    refuse_foreign(name_, head);
    decompressor_ = make_decompressor(head);
    if (!decompressor_) return;
    ahead_.emplace([this, first = true](std::vector<char>& text) mutable {
        text.resize(kBlock);
        text.resize(unpack(std::as_writable_bytes(std::span(text))));
        if (std::exchange(first, false)) {
            refuse_foreign(name_ + ", unpacked", {text.data(), text.size()});
        }
        return !text.empty();
    });
}

void TextSource::refill() {
    const std::size_t count = read_file(stored_);
    unread_ = std::span(stored_).first(count);
    at_end_ = count < stored_.size();
}

std::size_t TextSource::read_file(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::read(file_.fd(), out.data() + done, out.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) fail_for(name_, errno, ExitCode::io);
        if (n == 0) break;
        done += static_cast<std::size_t>(n);
    }
    position_ += static_cast<std::int64_t>(done);
    return done;
}

std::size_t TextSource::read_plain(std::span<std::byte> out) {
    const std::size_t first = std::min(out.size(), unread_.size());  // what start() looked at
    std::copy_n(unread_.begin(), first, out.begin());
    unread_ = unread_.subspan(first);
    return first + read_file(out.subspan(first));
}

std::size_t TextSource::unpack(std::span<std::byte> out) {
    std::span<std::byte> rest = out;
    while (!rest.empty()) {
        if (unread_.empty() && !at_end_) refill();
        const std::size_t before = unread_.size() + rest.size();
        try {
            decompressor_->step(unread_, rest, at_end_);
        } catch (const DamagedStream& error) {
            throw Error(ExitCode::bad_data,
                        name_ + ": compressed file is damaged: " + error.what());
        }
        const bool taken = at_end_ && unread_.empty();
        if (taken && decompressor_->may_end()) break;
        const bool stuck = unread_.size() + rest.size() == before;
        if (stuck && (taken || !unread_.empty())) {
            throw Error(ExitCode::bad_data, name_ + ": compressed file is truncated");
        }
    }
    return out.size() - rest.size();
}

}  // namespace hogwild::io
