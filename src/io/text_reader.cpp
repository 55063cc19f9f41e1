#include "hogwild/io/text_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "hogwild/data/error.hpp"
#include "hogwild/data/term_list.hpp"
#include "hogwild/io/digest.hpp"

namespace hogwild::io {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
/// A line as long as this is not text of documents; without a bound a file without newlines
/// would be read into memory whole.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;

}  // namespace

struct TextReader::Stream {
    gzFile file = nullptr;
    Digest digest;
    ~Stream() {
        if (file != nullptr) gzclose_r(file);
    }
};

TextReader::TextReader(const std::string& path)
    : stream_(std::make_unique<Stream>()), path_(path), buffer_(2 * kBlock) {
    struct stat status {};
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ::fstat(fd, &status) != 0) {
        const std::string why = std::strerror(errno);
        if (fd >= 0) ::close(fd);
        throw Error(ExitCode::no_input, path + ": " + why);
    }
    if (S_ISDIR(status.st_mode)) {
        ::close(fd);
        throw Error(ExitCode::no_input, path + ": is a directory, not a file");
    }
    stored_size_ = status.st_size;
    stream_->file = gzdopen(fd, "rb");
    if (stream_->file == nullptr) {
        ::close(fd);
        throw Error(ExitCode::resource, path + ": not enough memory to read it");
    }
    gzbuffer(stream_->file, 1U << 18);
}

TextReader::TextReader(TextReader&&) noexcept = default;
TextReader& TextReader::operator=(TextReader&&) noexcept = default;
TextReader::~TextReader() = default;

std::int64_t TextReader::stored_position() const { return gzoffset(stream_->file); }
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
    const int count = gzread(stream_->file, buffer_.data() + end_, kBlock);
    if (count < static_cast<int>(kBlock)) {  // the end, or an error such as a truncated .gz
        int code = Z_OK;
        const char* text = gzerror(stream_->file, &code);
        if (code == Z_BUF_ERROR) {
            throw Error(ExitCode::bad_data, path_ + ": compressed file is truncated");
        }
        if (code == Z_ERRNO) throw Error(ExitCode::io, path_ + ": " + std::strerror(errno));
        if (code != Z_OK && code != Z_STREAM_END) {
            throw Error(ExitCode::bad_data, path_ + ": compressed file is damaged: " + text);
        }
    }
    if (count <= 0) return false;
    stream_->digest.update(buffer_.data() + end_, static_cast<std::size_t>(count));
    end_ += static_cast<std::size_t>(count);
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
