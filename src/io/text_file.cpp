#include "hogwild/io/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "hogwild/data/error.hpp"

namespace hogwild::io {

TextFile::TextFile(const std::string& path)
    : pending_(path), file_(std::fopen(pending_.temporary_path().c_str(), "we")) {
    if (file_ == nullptr) {
        throw Error(ExitCode::cannot_create, path + ": " + std::strerror(errno));
    }
    std::setvbuf(file_, nullptr, _IONBF, 0);  // text_ is the buffer
}

TextFile::~TextFile() {
    if (file_ != nullptr) std::fclose(file_);
}

void TextFile::flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) {
        throw Error(ExitCode::io, path() + ": " + std::strerror(errno));
    }
    text_.clear();
}

void TextFile::close() {
    if (file_ == nullptr) return;
    flush();
    if (std::fclose(std::exchange(file_, nullptr)) != 0) {
        throw Error(ExitCode::io, path() + ": " + std::strerror(errno));
    }
}

void TextFile::commit() {
    close();
    pending_.commit();
}

}  // namespace hogwild::io
