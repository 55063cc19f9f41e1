#pragma once
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "data/error.hpp"

namespace hogwild::test {

/// Runs `action` in a child process that may crash or loop without end.
/// @return "" when it returned, "code N: message" when it threw Error, else what went wrong.
template <class Action>
std::string in_child(Action&& action) {
    constexpr int kCpuSeconds = 20;
    int pipe[2];
    if (::pipe(pipe) != 0) throw std::runtime_error("pipe");
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
        const itimerval limit{{0, 0}, {kCpuSeconds, 0}};
        ::setitimer(ITIMER_PROF, &limit, nullptr);  // CPU time: a busy machine does no harm
        std::string outcome = "returned";
        try {
            action();
        } catch (const Error& error) {
            outcome =
                "code " + std::to_string(static_cast<int>(error.code())) + ": " + error.what();
        } catch (const std::exception& error) {
            outcome = std::string("not an Error: ") + error.what();
        }
        const ssize_t written = ::write(pipe[1], outcome.data(), outcome.size());
        ::_exit(written == static_cast<ssize_t>(outcome.size()) ? 0 : 1);
    }
    ::close(pipe[1]);
    std::string outcome;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(pipe[0], buffer, sizeof buffer)) > 0;) {
        outcome.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) != 0) return "exit " + std::to_string(WEXITSTATUS(status));
    return outcome == "returned" ? "" : outcome;
}

}  // namespace hogwild::test
