#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "io/file_lock.hpp"
#include "io/pending_file.hpp"
#include "io/stop_signal.hpp"
#include "support/scratch_dir.hpp"

namespace hogwild::io {
namespace {

struct Ending {
    int signal = 0;  ///< 0: none
    std::string said;
};

/// How a process ends that does `work`; its exit code does not matter.
Ending end_of(const test::ScratchDir& dir, const std::function<void()>& work) {
    const std::string errors = dir.file("stderr");
    const pid_t child = ::fork();
    if (child == 0) {
        // A script in the background has these ignored, and programs leave them so.
        for (const int signal : {SIGHUP, SIGINT}) std::signal(signal, SIG_DFL);
        ::dup2(::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
        ::alarm(30);
        work();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::ostringstream said;
    said << std::ifstream(errors).rdbuf();
    return {WIFSIGNALED(status) ? WTERMSIG(status) : 0, said.str()};
}

void end_as_a_tool() {
    catch_stop_signals();
    end_on_stop_signals({"tool", "all gone"});
}

int files_in(const std::string& folder) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        count += entry.path().filename() == "stderr" ? 0 : 1;
    }
    return count;
}

class StopSignal : public testing::Test {
protected:
    test::ScratchDir dir_;
    std::string folder_ = std::filesystem::path(dir_.file("x")).parent_path().string();
};

TEST_F(StopSignal, TakesUnfinishedFilesAlong) {
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU}) {
        const Ending ending = end_of(dir_, [&] {
            end_as_a_tool();
            const FileLock lock(dir_.file("a"));
            PendingFile first(dir_.file("a"));
            const PendingFile moved(std::move(first));
            const PendingFile second(dir_.file("b"));
            std::raise(signal);
        });
        EXPECT_EQ(ending.signal, signal);
        EXPECT_EQ(ending.said,
                  std::string("tool: stopped by ") + stop_signal_name(signal) + "; all gone\n");
        EXPECT_EQ(files_in(folder_), 0);
    }
}

TEST_F(StopSignal, LeavesWhatIsFinished) {
    const Ending ending = end_of(dir_, [&] {
        end_as_a_tool();
        PendingFile file(dir_.file("a"));
        file.commit();
        std::raise(SIGTERM);
    });
    EXPECT_EQ(ending.signal, SIGTERM);
    EXPECT_EQ(files_in(folder_), 1);
    EXPECT_TRUE(std::filesystem::exists(dir_.file("a")));
}

TEST_F(StopSignal, LeavesAnotherFileOfTheSameName) {
    const Ending ending = end_of(dir_, [&] {
        end_as_a_tool();
        const PendingFile file(dir_.file("a"));
        const std::string name = file.temporary_path();
        std::filesystem::rename(name, dir_.file("moved"));
        std::ofstream(name) << "somebody else's";
        std::raise(SIGTERM);
    });
    EXPECT_EQ(ending.signal, SIGTERM);
    EXPECT_EQ(files_in(folder_), 2);
}

TEST_F(StopSignal, WaitsForTheLastHold) {
    const Ending ending = end_of(dir_, [&] {
        end_as_a_tool();
        const PendingFile unfinished(dir_.file("a"));
        {
            const StopSignalHold hold;
            std::raise(SIGTERM);
            const StopSignalHold inner;
            std::ofstream(dir_.file("whole")) << "line";
        }
        std::ofstream(dir_.file("late")) << "never";
    });
    EXPECT_EQ(ending.signal, SIGTERM);
    EXPECT_TRUE(std::filesystem::exists(dir_.file("whole")));
    EXPECT_EQ(files_in(folder_), 1);
}

TEST_F(StopSignal, WaitsForTheHoldOfAnotherThread) {
    const Ending ending = end_of(dir_, [&] {
        end_as_a_tool();
        int ready[2];
        int go_on[2];
        if (::pipe(ready) != 0 || ::pipe(go_on) != 0) return;
        char byte = 'x';
        std::thread other([&] {
            const StopSignalHold hold;
            if (::write(ready[1], &byte, 1) != 1 || ::read(go_on[0], &byte, 1) != 1) return;
            std::ofstream(dir_.file("whole")) << "line";
        });
        if (::read(ready[0], &byte, 1) != 1) return;
        std::raise(SIGTERM);
        if (::write(go_on[1], &byte, 1) != 1) return;
        other.join();
        ::pause();
    });
    EXPECT_EQ(ending.signal, SIGTERM);
    EXPECT_EQ(files_in(folder_), 1);
}

TEST_F(StopSignal, IsNotedOnceWhereThereIsSomethingToSave) {
    const Ending ending = end_of(dir_, [&] {
        catch_stop_signals();
        note_stop_signals({"run", "not saved"});
        const PendingFile unfinished(dir_.file("a"));
        std::raise(SIGUSR1);
        if (stop_signal() != SIGUSR1) return;
        std::raise(SIGTERM);
    });
    EXPECT_EQ(ending.signal, SIGTERM);
    EXPECT_EQ(ending.said, "run: stopped by SIGTERM; not saved\n");
    EXPECT_EQ(files_in(folder_), 0);
}

TEST_F(StopSignal, ThatCameEarlyEndsAsSoonAsItMay) {
    const Ending ending = end_of(dir_, [&] {
        catch_stop_signals();
        std::raise(SIGINT);
        end_on_stop_signals({});
    });
    EXPECT_EQ(ending.signal, SIGINT);
    EXPECT_EQ(ending.said, "");
}

TEST_F(StopSignal, StaysIgnoredUnderNohup) {
    const Ending ending = end_of(dir_, [&] {
        std::signal(SIGHUP, SIG_IGN);
        end_as_a_tool();
        std::raise(SIGHUP);
    });
    EXPECT_EQ(ending.signal, 0);
}

}  // namespace
}  // namespace hogwild::io
