#include "io/file_kind.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "data/error.hpp"
#include "io/checkpoint_file.hpp"
#include "io/hdf5_library.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::string_view kHdf5Signature = "\x89HDF\r\n\x1a\n";

/// Matches a pattern at the front of a line, piece by piece; after a missing piece nothing matches.
class Scanner {
public:
    explicit Scanner(std::string_view line) : rest_(line) {}

    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }
    template <class T>
    bool take_number() {
        T value{};
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc()) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }
    bool take_word() {
        const std::size_t end = std::min(rest_.find(' '), rest_.size());
        rest_.remove_prefix(end);
        return end > 0;
    }
    /// Entries ` 17:0.25` up to the end.
    bool take_entries() {
        while (!rest_.empty()) {
            if (!take(" ") || !take_number<std::int64_t>() || !take(":") || !take_number<double>())
                return false;
        }
        return true;
    }
    bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

bool is_score(std::string_view line) {
    Scanner scan(line);
    return scan.take_number<std::int64_t>() && scan.take("\t") && scan.take_number<double>() &&
           scan.take("\t") && (scan.take("+1") || scan.take("-1") || scan.take("0")) &&
           (scan.at_end() || (scan.take("\t") && scan.take_number<double>() && scan.at_end()));
}

/// `category:score`; names may hold colons.
bool is_category_score(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos || colon == 0) return false;
    Scanner scan(text.substr(colon + 1));
    return scan.take_number<double>() && scan.at_end();
}

/// An id and a tab; then, with tabs between them, the categories of a document, if it has any.
bool is_category_line(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) return false;
    Scanner scan(line.substr(0, tab));
    if (!scan.take_number<std::int64_t>() || !scan.at_end()) return false;
    std::string_view rest = line.substr(tab + 1);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\t'), rest.size());
        if (!is_category_score(rest.substr(0, end))) return false;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return true;
}

bool is_svmlight(std::string_view line) {
    Scanner scan(line);
    return (scan.take("+1") || scan.take("-1") || scan.take("?")) && scan.take_entries();
}

/// Synthesised weights have six decimals at most, the published ones of RCV1 have more.
bool is_vector(std::string_view line) {
    constexpr std::size_t kLongestWeight = 8;
    Scanner scan(line);
    if (!scan.take_number<std::int64_t>() || !scan.take(" ")) return false;
    for (std::size_t colon = line.find(':'); colon != line.npos;
         colon = line.find(':', colon + 1)) {
        if (std::min(line.find(' ', colon), line.size()) - colon - 1 > kLongestWeight) return false;
    }
    return scan.take_entries();
}

bool is_topic(std::string_view line) {
    Scanner scan(line);
    return scan.take_word() && scan.take(" ") && scan.take_number<std::int64_t>() &&
           scan.take(" 1") && scan.at_end();
}

bool is_table_head(std::string_view line) {
    return line.starts_with("point,") &&
           line.find(",repetition,seed,verdict,validation_objective,") != line.npos;
}

using LineTest = bool (*)(std::string_view);
/// Texts without a header: every line shows their kind.
constexpr std::array<std::pair<FileKind, LineTest>, 5> kLineKinds{
    {{FileKind::scores, is_score},
     {FileKind::scores, is_category_line},
     {FileKind::svmlight, is_svmlight},
     {FileKind::vectors, is_vector},
     {FileKind::topics, is_topic}}};

/// The exported weights of a model with several outputs: their names are in the first line, their
/// biases in the second; or their classes, before the solver, which LIBLINEAR writes first.
bool is_weights_of_several(std::string_view head) {
    Scanner scan(head);
    if (scan.take("nr_class ")) {
        if (!scan.take_number<std::int64_t>() || !scan.take("\nlabel")) return false;
        while (scan.take(" ") && scan.take_number<std::int32_t>()) {
        }
        // many classes go on beyond the part that was read
        return scan.take("\nsolver_type ") ||
               (head.size() == kHeadBytes && std::ranges::count(head, '\n') == 1);
    }
    const std::size_t second = head.find('\n');
    return scan.take("feature\t") &&
           (second == head.npos ? head.size() == kHeadBytes
                                : head.substr(second).starts_with("\nbias\t"));
}

/// Texts with a characteristic beginning.
constexpr std::array<std::pair<FileKind, std::string_view>, 12> kBeginnings{{
    {FileKind::run_log, R"({"event":"start","schema":"hogwild.log")"},
    {FileKind::run_log, R"({"event":"start","program":")"},  // version 1
    {FileKind::state, R"({"key":{"options":{)"},
    {FileKind::figures, "{\n  \"schema\": \"hogwild.bench"},
    {FileKind::measures, R"({"event":"measures","schema":"hogwild.measures")"},
    {FileKind::category_figures, "category,training_positives,lambda,"},
    {FileKind::category_settings, "category,lambda\n"},
    {FileKind::class_confusion, "class\\predicted,"},
    {FileKind::settings, kSettingsTitle},
    {FileKind::weights, "feature\tweight"},
    {FileKind::weights, "nr_class 2\nlabel 1 -1\nsolver_type "},  // LIBLINEAR's order differs
    {FileKind::weights, "Version 8.6.1\nId hogwild\n"},
}};

/// The lines of `text`. The last line counts only if it is complete: the part that was read may end
/// within it.
bool all_lines(std::string_view text, LineTest test) {
    std::size_t lines = 0;
    for (std::size_t end; (end = text.find('\n')) != text.npos; ++lines) {
        if (!test(text.substr(0, end))) return false;
        text.remove_prefix(end + 1);
    }
    return lines > 0;
}

bool is_text(std::string_view bytes) {
    return std::ranges::all_of(bytes, [](unsigned char c) {
        return c >= 0x80 || std::isprint(c) != 0 || std::isspace(c) != 0;
    });
}

FileKind text_kind(std::string_view head, bool whole_file) {
    for (const auto& [kind, beginning] : kBeginnings) {
        if (head.starts_with(beginning)) return kind;
    }
    if (is_table_head(head.substr(0, head.find('\n')))) return FileKind::table;
    if (is_weights_of_several(head)) return FileKind::weights;
    for (const auto& [kind, test] : kLineKinds) {
        // a line longer than the part that was read is judged by its beginning, up to the last
        // blank
        if (!whole_file && head.find('\n') == head.npos) {
            if (test(head.substr(0, head.rfind(' ')))) return kind;
        } else if (all_lines(head, test)) {
            return kind;
        }
    }
    return FileKind::other_text;
}

FileKind hdf5_kind(const std::string& path) {
    try {
        const std::string schema = schema_of(path);
        if (schema == "hogwild.dataset") return FileKind::dataset;
        if (schema == "hogwild.model") return FileKind::model;
        if (schema == "hogwild.scores") return FileKind::score_matrix;
        if (schema == "hogwild.checkpoint") return FileKind::checkpoint;
        const bool lost_its_schema = look_for_checkpoint(path) == Found::damaged;
        return lost_its_schema ? FileKind::damaged_hdf5 : FileKind::other_hdf5;
    } catch (const Error& error) {
        if (error.code() == ExitCode::resource) throw;
        return FileKind::damaged_hdf5;
    }
}

/// A regular file's first bytes. Empty: it is not one, or cannot be read.
std::optional<std::string> read_head(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        const int error = errno;
        if (code_of(error, ExitCode::no_input) != ExitCode::resource) return std::nullopt;
        fail_for(path, error, ExitCode::no_input);
    }
    std::string head(kHeadBytes, '\0');
    struct stat status {};
    ssize_t got = -1;
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        got = ::pread(fd, head.data(), head.size(), 0);
    }
    ::close(fd);
    if (got < 0) return std::nullopt;
    head.resize(static_cast<std::size_t>(got));
    return head;
}

}  // namespace

FileKind file_kind(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return errno == EACCES ? FileKind::unreadable : FileKind::none;
    }
    if (!S_ISREG(status.st_mode)) return FileKind::special;
    if (status.st_size == 0) return FileKind::none;
    const std::optional<std::string> head = read_head(path);
    if (!head) return FileKind::unreadable;
    if (head->starts_with(kHdf5Signature)) return hdf5_kind(path);
    // an archive whose first member is the first one of an exported model
    if (head->starts_with("PK\x03\x04") && head->find("coef_.npy") == 30) return FileKind::weights;
    if (!is_text(*head)) return FileKind::other_bytes;
    return text_kind(*head, head->size() < kHeadBytes);
}

std::string describe(FileKind kind) {
    switch (kind) {
        case FileKind::dataset:
            return "a hogwild dataset";
        case FileKind::model:
            return "a hogwild model";
        case FileKind::checkpoint:
            return "a hogwild checkpoint";
        case FileKind::run_log:
            return "a hogwild run log";
        case FileKind::state:
            return "the state of a hogwild sweep";
        case FileKind::table:
            return "the CSV of a hogwild sweep";
        case FileKind::settings:
            return "the best settings of a hogwild sweep";
        case FileKind::figures:
            return "the figures of a hogwild bench";
        case FileKind::measures:
            return "measures of hogwild evaluate";
        case FileKind::category_figures:
            return "the figures of categories of a hogwild train";
        case FileKind::category_settings:
            return "the settings by category of a hogwild sweep";
        case FileKind::class_confusion:
            return "a confusion of classes by hogwild";
        case FileKind::scores:
            return "scores of hogwild predict";
        case FileKind::score_matrix:
            return "a matrix of scores of hogwild predict";
        case FileKind::weights:
            return "a model exported by hogwild";
        case FileKind::svmlight:
            return "svmlight text";
        case FileKind::vectors:
            return "synthesised vectors";
        case FileKind::topics:
            return "a topic file";
        case FileKind::none:
            return "no file";
        case FileKind::special:
            return "a directory, a pipe or a device";
        case FileKind::unreadable:
            return "a file that cannot be read";
        case FileKind::other_hdf5:
            return "an HDF5 file of another program";
        case FileKind::damaged_hdf5:
            return "a damaged HDF5 file";
        case FileKind::other_text:
            return "some other text";
        case FileKind::other_bytes:
            return "some other file";
    }
    return "some other file";
}

}  // namespace hogwild::io
