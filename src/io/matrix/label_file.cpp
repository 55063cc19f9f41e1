#include "io/matrix/label_file.hpp"

#include "data/line_cursor.hpp"
#include "io/file_kind.hpp"
#include "io/matrix/npy.hpp"
#include "io/text_reader.hpp"

namespace hogwild::io {
namespace {

bool is_npy(const std::string& path) {
    if (path == "-" || file_kind(path) != FileKind::other_bytes) return false;
    std::string head(kNpyMagic.size(), '\0');
    head.resize(open_bytes(path)->read(std::as_writable_bytes(std::span(head))));
    return head == kNpyMagic;
}

LabelColumn read_npy(const std::string& path) {
    LabelColumn labels;
    std::unique_ptr<ByteStream> bytes = open_bytes(path);
    const NpyHeader header = read_npy_header(*bytes);
    if (header.kind == 'S' || header.kind == 'U') {
        for_each_npy_text(*bytes, header, [&](std::string_view text) { labels.add(text); });
        return labels;
    }
    NumberQueue<double> values(open_npy_numbers(std::move(bytes), header, false));
    while (values.left() > 0) labels.add(values.next());
    return labels;
}

}  // namespace

LabelFile read_label_file(const std::string& path) {
    if (is_npy(path)) return {read_npy(path), digest_of(path)};
    LabelColumn labels;
    TextReader reader(path);
    for_each_line(reader, [&](std::string_view line) {
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first == line.npos) throw data::LineError(1, "there is no label; write ? for none");
        labels.add(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
    });
    return {std::move(labels), reader.digest()};
}

}  // namespace hogwild::io
