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
constexpr std::size_t kSignature = 6;                    ///< bytes that tell how text is compressed

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
    is_regular_ = S_ISREG(status.st_mode);
    if (is_regular_) size_ = status.st_size;
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
    std::size_t count = 0;
    while (count < kSignature && !at_end_) count += read_file(std::span(stored_).subspan(count));
    unread_ = std::span(stored_).first(count);
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
}

std::size_t TextSource::read_file(std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size() && !at_end_ && (is_regular_ || done == 0)) {
        done += read_once(out.subspan(done));
    }
    position_ += static_cast<std::int64_t>(done);
    return done;
}

std::size_t TextSource::read_once(std::span<std::byte> out) {
    ssize_t n = 0;
    do {
        if (!is_regular_ && !wake_up_.wait_for(file_.fd())) break;
        n = ::read(file_.fd(), out.data(), out.size());
    } while (n < 0 && errno == EINTR);
    if (n < 0) fail_for(name_, errno, ExitCode::io);
    at_end_ = n == 0;
    return static_cast<std::size_t>(n);
}

std::size_t TextSource::read_plain(std::span<std::byte> out) {
    const std::size_t first = std::min(out.size(), unread_.size());  // what start() looked at
    std::copy_n(unread_.begin(), first, out.begin());
    unread_ = unread_.subspan(first);
    if (first > 0 && !is_regular_) return first;
    return first + read_file(out.subspan(first));
}

std::size_t TextSource::unpack(std::span<std::byte> out) {
    std::span<std::byte> rest = out;
    while (!rest.empty()) {
        if (unread_.empty() && !at_end_) {
            if (!is_regular_ && rest.size() < out.size()) break;  // more may be long in coming
            refill();
        }
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
