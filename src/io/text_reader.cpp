#include "io/text_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>

#include "data/error.hpp"
#include "data/line_cursor.hpp"
#include "io/digest.hpp"
#include "io/read_ahead.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
/// Documents have no lines as long as this. Without a bound a file without newlines would be read
/// into memory completely.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

}  // namespace

/// The bytes of the file. If it begins like gzip, a thread unpacks it.
struct TextReader::Stream {
    explicit Stream(int descriptor) : fd(descriptor), packed(kBlock / 4) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() {
        ahead.reset();
        if (unpacking) inflateEnd(&z);
        ::close(fd);
    }

    /// Up to kBlock bytes of text; fewer only at the end. @throws Error.
    std::size_t read(char* out, const std::string& path) {
        if (!started) start(path);
        if (!unpacking) return read_plain(out, kBlock, path);
        if (!ahead->next(block)) return 0;
        std::memcpy(out, block.data(), block.size());
        return block.size();
    }

    int fd;
    std::atomic<std::int64_t> position = 0;  ///< bytes taken from the file
    Digest digest;

private:
    void refill(const std::string& path) {
        std::size_t kept = z.avail_in;
        if (kept > 0) std::memmove(packed.data(), z.next_in, kept);
        kept += read_file(packed.data() + kept, packed.size() - kept, path);
        z.next_in = reinterpret_cast<Bytef*>(packed.data());
        z.avail_in = static_cast<uInt>(kept);
    }

    std::size_t read_file(char* out, std::size_t count, const std::string& path) {
        std::size_t done = 0;
        while (done < count) {
            const ssize_t n = ::read(fd, out + done, count - done);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) fail_for(path, errno, ExitCode::io);
            if (n == 0) break;
            done += static_cast<std::size_t>(n);
        }
        position += static_cast<std::int64_t>(done);
        return done;
    }

    /// At the first byte of a gzip member. A damaged later member must not be taken for the end.
    bool at_member() const {
        return z.avail_in >= 2 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b;
    }

    void start(const std::string& path) {
        started = true;
        refill(path);
        if (!at_member()) return;
        constexpr int kGzipOnly = 15 + 16;  // window bits, as zlib's manual has it
        if (inflateInit2(&z, kGzipOnly) != Z_OK) throw std::bad_alloc();
        unpacking = true;
        ahead.emplace([this, path](std::vector<char>& text) {
            text.resize(kBlock);
            text.resize(unpack(text.data(), text.size(), path));
            return !text.empty();
        });
    }

    std::size_t read_plain(char* out, std::size_t count, const std::string& path) {
        const std::size_t first =
            std::min<std::size_t>(count, z.avail_in);  // bytes that start() has read
        if (first > 0) std::memcpy(out, z.next_in, first);
        z.next_in += first;
        z.avail_in -= static_cast<uInt>(first);
        return first + read_file(out + first, count - first, path);
    }

    std::size_t unpack(char* out, std::size_t count, const std::string& path) {
        z.next_out = reinterpret_cast<Bytef*>(out);
        z.avail_out = static_cast<uInt>(count);
        while (z.avail_out > 0) {
            if (z.avail_in < 2) refill(path);
            if (in_member ? z.avail_in == 0 : z.avail_in < 1) break;
            if (!in_member) {
                if (!at_member()) fail_damaged(path, "no gzip member where one should begin");
                inflateReset(&z);
                in_member = true;
            }
            const int code = inflate(&z, Z_NO_FLUSH);
            if (code == Z_STREAM_END) {
                in_member = false;
            } else if (code == Z_MEM_ERROR) {
                throw std::bad_alloc();
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                fail_damaged(path, z.msg != nullptr ? z.msg : "not gzip");
            }
        }
        if (z.avail_out > 0 && in_member) {
            throw Error(ExitCode::bad_data, path + ": compressed file is truncated");
        }
        return count - z.avail_out;
    }

    [[noreturn]] static void fail_damaged(const std::string& path, const char* why) {
        throw Error(ExitCode::bad_data, path + ": compressed file is damaged: " + why);
    }

    std::vector<char> packed;
    z_stream z{};
    bool started = false;
    bool unpacking = false;
    bool in_member = false;
    std::optional<ReadAhead<std::vector<char>>> ahead;
    std::vector<char> block;  ///< from `ahead`
};

TextReader::TextReader(const std::string& path) : path_(path), buffer_(2 * kBlock) {
    struct stat status {};
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        const int error = errno;
        if (fd >= 0) ::close(fd);
        fail_for(path, error, ExitCode::no_input);
    }
    stream_ = std::make_unique<Stream>(fd);
    if (S_ISDIR(status.st_mode)) {
        throw Error(ExitCode::no_input, path + ": is a directory, not a file");
    }
    stored_size_ = status.st_size;
}

TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;
TextReader::~TextReader() = default;

std::int64_t TextReader::stored_position() const { return stream_->position; }
std::string TextReader::digest() const { return stream_->digest.hex(); }

/// Appends a block of text to the buffer. @return false at the end of the file.
bool TextReader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ > kLongestLine) {
        throw Error(ExitCode::bad_data, path_ + ":" + std::to_string(line_number_ + 1) +
                                            ": line longer than " + std::to_string(kLongestLine) +
                                            " bytes");
    }
    if (buffer_.size() - end_ < kBlock) buffer_.resize(2 * buffer_.size());
    const std::size_t count = stream_->read(buffer_.data() + end_, path_);
    if (count == 0) return false;
    stream_->digest.update(buffer_.data() + end_, count);
    end_ += count;
    return true;
}

bool TextReader::next(std::string_view& line) {
    std::size_t searched = begin_;
    for (;;) {
        const void* newline = end_ > searched
                                  ? std::memchr(buffer_.data() + searched, '\n', end_ - searched)
                                  : nullptr;
        if (newline != nullptr) {
            const auto stop =
                static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.data());
            line = {buffer_.data() + begin_, stop - begin_};
            begin_ = stop + 1;
            break;
        }
        const std::size_t unread = end_ - begin_;
        if (!fill()) {
            if (unread == 0) return false;
            line = {buffer_.data() + begin_, end_ - begin_};
            begin_ = end_;
            break;
        }
        searched = begin_ + unread;
    }
    ++line_number_;
    return true;
}

void for_each_line(TextReader& reader, const std::function<void(std::string_view)>& parse) {
    std::string_view line;
    while (reader.next(line)) {
        try {
            parse(line);
        } catch (const data::LineError& error) {
            throw Error(ExitCode::bad_data,
                        reader.path() + ":" + std::to_string(reader.line_number()) + ":" +
                            std::to_string(error.column()) + ": " + error.what());
        }
    }
}

}  // namespace hogwild::io
