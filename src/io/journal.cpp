#include "io/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>

#include "data/error.hpp"
#include "io/descriptor.hpp"
#include "io/input_file.hpp"
#include "io/output_path.hpp"
#include "io/stop_signal.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

[[noreturn]] void refuse_stream(const std::string& path) {
    throw Error(ExitCode::cannot_create,
                path + ": is a device or an open stream, not a file; name another");
}

/// The journal, open and locked for one line.
class Appending {
public:
    explicit Appending(const std::string& path) : path_(path) {
        if (resolve_output(path).is_stream()) refuse_stream(path);
        file_ = Descriptor(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
        if (!file_) fail_for(path_, errno, ExitCode::cannot_create);
        struct stat status {};
        if (::fstat(file_.fd(), &status) != 0 || !S_ISREG(status.st_mode)) refuse_stream(path);
    }

    void append(std::string text) {
        lock();
        const StopSignalHold hold;  // no torn line
        const off_t before = ::lseek(file_.fd(), 0, SEEK_END);
        if (before < 0) fail_for(path_, errno, ExitCode::io);
        if (before > 0 && last_byte(before) != '\n') text.insert(text.begin(), '\n');
        if (const int error = write_all(file_.fd(), text); error != 0) {
            // Removes the half line, although readers would skip it.
            if (::ftruncate(file_.fd(), before) != 0) fail_for(path_, error, ExitCode::io);
            fail_for(path_, error, ExitCode::io);
        }
    }

    /// Makes the line durable; closing the file releases the lock.
    void close() {
        const int synced = ::fsync(file_.fd()) == 0 ? 0 : errno;
        const int closed = file_.close();
        if (const int error = synced != 0 ? synced : closed; error != 0) {
            fail_for(path_, error, ExitCode::io);
        }
    }

private:
    /// O_APPEND separates lines on local file systems, the lock separates them on NFS. Some file
    /// systems have no locks; there only O_APPEND remains.
    void lock() {
        while (::flock(file_.fd(), LOCK_EX) != 0) {
            if (errno != EINTR) return;
        }
    }

    char last_byte(off_t size) {
        char last = '\n';
        if (::pread(file_.fd(), &last, 1, size - 1) != 1) fail_for(path_, errno, ExitCode::io);
        return last;
    }

    std::string path_;
    Descriptor file_;
};

/// A line that its writer did not finish: only its end is wrong.
bool is_torn(const std::string& text, const nlohmann::json::parse_error& error) {
    return text.front() == '{' && error.byte > text.size();
}

/// Copying and writing JSON recurse with its depth, so lines that nest deeper than ours are
/// refused.
nlohmann::json parse_shallow(const std::string& text, const std::string& where) {
    constexpr int kDeepest = 16;
    return nlohmann::json::parse(
        text, [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
            if (depth <= kDeepest) return true;
            throw Error(ExitCode::bad_data, where + "nested too deeply; is this the file?");
        });
}

}  // namespace

void prepare_journal(const std::string& path) { Appending(path).close(); }

void append_to_journal(const std::string& path, const nlohmann::ordered_json& line) {
    using Handler = nlohmann::ordered_json::error_handler_t;
    Appending file(path);
    file.append(line.dump(-1, ' ', false, Handler::replace) + "\n");
    file.close();
}

std::vector<JournalLine> read_journal(const std::string& path) {
    check_regular_file(path);
    std::ifstream in(path);
    if (!in) fail_for(path, errno, ExitCode::no_input);
    std::vector<JournalLine> lines;
    std::string text;
    for (std::int64_t number = 1; std::getline(in, text); ++number) {
        if (text.empty()) continue;
        const std::string where = path + ":" + std::to_string(number) + ": ";
        try {
            nlohmann::json value = parse_shallow(text, where);
            if (!value.is_object()) {
                throw Error(ExitCode::bad_data, where + "not a JSON object; is this the file?");
            }
            lines.push_back({number, std::move(value)});
        } catch (const nlohmann::json::parse_error& error) {
            if (is_torn(text, error)) continue;
            throw Error(ExitCode::bad_data, where + "damaged at column " +
                                                std::to_string(error.byte) +
                                                "; delete this line and start again");
        }
    }
    if (in.bad()) fail_for(path, errno, ExitCode::io);
    return lines;
}

}  // namespace hogwild::io
