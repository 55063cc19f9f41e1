#include "io/text_file.hpp"

#include <cstring>

#include "data/error.hpp"
#include "io/output_path.hpp"

namespace hogwild::io {
namespace {

void check(int error, const std::string& path) {
    if (error != 0) throw Error(ExitCode::io, path + ": " + std::strerror(error));
}

}  // namespace

TextFile::TextFile(const std::string& path) : path_(path) {
    const OutputTarget target = resolve_output(path);
    if (target.is_stream()) {
        file_ = open_stream(target, path);
    } else {
        pending_.emplace(path);
        file_ = pending_->open();
    }
}

void TextFile::flush() {
    check(write_all(file_.fd(), text_), path_);
    text_.clear();
}

void TextFile::close() {
    if (!file_) return;
    flush();
    check(file_.close(), path_);
}

void TextFile::commit() {
    close();
    if (pending_) pending_->commit();
}

void check_text_output(const std::string& path) {
    if (!resolve_output(path).is_stream()) const PendingFile probe(path);
}

}  // namespace hogwild::io
