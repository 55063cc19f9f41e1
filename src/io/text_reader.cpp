#include "io/text_reader.hpp"

#include <cstring>

#include "data/error.hpp"
#include "data/line_cursor.hpp"

namespace hogwild::io {
namespace {

constexpr std::size_t kBlock = TextSource::kBlock;
/// Documents have no lines as long as this. Without a bound a file without newlines would be read
/// into memory completely.
constexpr std::size_t kLongestLine = std::size_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  ///< of UTF-8

}  // namespace

TextReader::TextReader(const std::string& path)
    : source_(std::make_unique<TextSource>(path)), name_(text_name(path)), buffer_(2 * kBlock) {}

/// Appends a block of text to the buffer. @return false at the end of the file.
bool TextReader::fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ > kLongestLine) {
        throw Error(ExitCode::bad_data, name_ + ":" + std::to_string(line_number_ + 1) +
                                            ": line longer than " + std::to_string(kLongestLine) +
                                            " bytes");
    }
    if (buffer_.size() - end_ < kBlock) buffer_.resize(2 * buffer_.size());
    const std::size_t count = source_->read(buffer_.data() + end_);
    if (count == 0) return false;
    digest_.update(buffer_.data() + end_, count);
    end_ += count;
    if (line_number_ == 0 && begin_ == 0 &&
        std::string_view(buffer_.data(), end_).starts_with(kByteOrderMark)) {
        begin_ = kByteOrderMark.size();
    }
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

void fail_in_line(const TextReader& reader, const data::LineError& error) {
    throw Error(ExitCode::bad_data, reader.name() + ":" + std::to_string(reader.line_number()) +
                                        ":" + std::to_string(error.column()) + ": " + error.what());
}

void for_each_line(TextReader& reader, const std::function<void(std::string_view)>& parse) {
    std::string_view line;
    while (reader.next(line)) {
        try {
            parse(line);
        } catch (const data::LineError& error) {
            fail_in_line(reader, error);
        }
    }
}

}  // namespace hogwild::io
