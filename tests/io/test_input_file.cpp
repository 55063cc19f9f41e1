#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/checkpoint_file.hpp"
#include "io/dataset.hpp"
#include "io/file_kind.hpp"
#include "io/file_lock.hpp"
#include "io/input_file.hpp"
#include "io/journal.hpp"
#include "io/model_file.hpp"
#include "io/pending_file.hpp"
#include "io/run_log.hpp"
#include "io/system_error.hpp"
#include "io/text_reader.hpp"
#include "support/child_process.hpp"
#include "support/expect_error.hpp"
#include "support/scratch_dir.hpp"
#include "support/toy_dataset.hpp"

namespace hogwild::io {
namespace {

using test::fails_with;

TEST(InputFile, ErrorNumbersHaveTheirCodes) {
    EXPECT_EQ(code_of(EMFILE, ExitCode::no_input), ExitCode::resource);
    EXPECT_EQ(code_of(ENFILE, ExitCode::cannot_create), ExitCode::resource);
    EXPECT_EQ(code_of(ENOMEM, ExitCode::bad_data), ExitCode::resource);
    EXPECT_EQ(code_of(ENOSPC, ExitCode::cannot_create), ExitCode::io);
    EXPECT_EQ(code_of(EIO, ExitCode::bad_data), ExitCode::io);
    EXPECT_EQ(code_of(EACCES, ExitCode::no_input), ExitCode::no_input);
    EXPECT_EQ(code_of(EACCES, ExitCode::cannot_create), ExitCode::cannot_create);
    EXPECT_EQ(system_text(EMFILE), "Too many open files; raise the limit (ulimit -n)");
}

// A pipe that nobody writes to would be waited for for ever.
TEST(InputFile, OnlyRegularFilesAreInputs) {
    const test::ScratchDir dir;
    const std::string pipe = dir.file("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const std::string socket = dir.file("socket");
    sockaddr_un address{AF_UNIX, {}};
    std::strncpy(address.sun_path, socket.c_str(), sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    for (const auto& [name, kind] : {std::pair<std::string, std::string>{pipe, "a pipe"},
                                     {socket, "a socket"},
                                     {"/dev/zero", "a device"},
                                     {dir.path(), "a directory"}}) {
        const std::string path = name;  // Clang 14 lets no lambda capture a structured binding
        const std::string says = path + ": is " + kind;
        EXPECT_TRUE(fails_with(ExitCode::no_input, says, [&] { check_regular_file(path); }));
        EXPECT_TRUE(fails_with(ExitCode::no_input, says, [&] { Dataset{path}; }));
        EXPECT_TRUE(fails_with(ExitCode::no_input, says, [&] { read_model(path); }));
        EXPECT_TRUE(fails_with(ExitCode::no_input, says, [&] { read_journal(path); }));
    }
}

TEST(InputFile, MissingAndEmptyFiles) {
    const test::ScratchDir dir;
    const std::string path = dir.file("file");
    EXPECT_TRUE(fails_with(ExitCode::no_input, "No such file", [&] { check_regular_file(path); }));
    test::write_bytes(path, "");
    EXPECT_NO_THROW(check_regular_file(path));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "is not an HDF5 file", [&] { Dataset{path}; }));
    EXPECT_TRUE(fails_with(ExitCode::bad_data, "is not an HDF5 file", [&] { read_model(path); }));
    ASSERT_EQ(::symlink("loop", dir.file("loop").c_str()), 0);
    EXPECT_TRUE(
        fails_with(ExitCode::no_input, std::strerror(ELOOP), [&] { Dataset{dir.file("loop")}; }));
}

/// With room for `left` more open files; throws what does not end with `resource`.
void with_files_left(int left, const std::function<void()>& work) {
    const int next = ::dup(0);
    ::close(next);
    const auto most = static_cast<rlim_t>(next + left);
    const rlimit limit{most, most};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("setrlimit");
    work();
}

TEST(InputFile, ReportsTooManyOpenFilesAsResourceError) {
    const test::ScratchDir dir;
    const std::string path = dir.file("toy.h5");
    test::write_toy(path, 20);
    test::write_bytes(dir.file("text"), "1 1:1\n");
    test::write_bytes(dir.file("journal"), "{}\n");
    Checkpoint checkpoint;
    checkpoint.ranks.resize(1);
    CheckpointFile(dir.file("run.h5")).save(checkpoint, false);
    const std::vector<std::pair<const char*, std::function<void()>>> openings = {
        {"dataset", [&] { DatasetFile{path}; }},
        {"dataset by name", [&] { Dataset{path}; }},
        {"model", [&] { read_model(path); }},
        {"text", [&] { TextReader{dir.file("text")}; }},
        {"kind", [&] { file_kind(path); }},
        {"checkpoint", [&] { look_for_checkpoint(dir.file("run.h5")); }},
        {"journal", [&] { read_journal(dir.file("journal")); }},
        {"output", [&] { PendingFile{dir.file("new")}; }},
        {"log", [&] { RunLog{dir.file("new")}; }},
        {"lock", [&] { FileLock{dir.file("new")}; }}};
    for (const auto& [name, open] : openings) {
        const std::string outcome = test::in_child([&open = open] { with_files_left(0, open); });
        EXPECT_TRUE(outcome.starts_with("code 71:")) << name << ": " << outcome;
        EXPECT_NE(outcome.find("ulimit -n"), std::string::npos) << name << ": " << outcome;
    }
}

}  // namespace
}  // namespace hogwild::io
