#include "hogwild/mpi/stop_signal.hpp"

#include <csignal>
#include <initializer_list>

namespace hogwild::mpi {
namespace {

volatile std::sig_atomic_t caught = 0;

void on_signal(int signal) {
    if (caught == 0) {
        caught = signal;
        return;
    }
    std::signal(signal, SIG_DFL);  // both calls are safe in a handler
    std::raise(signal);
}

void set_handler(void (*handler)(int)) noexcept {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;  // system calls under way know nothing of it
    sigemptyset(&action.sa_mask);
    for (const int signal : {SIGUSR1, SIGTERM}) sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_stop_signals() noexcept { set_handler(on_signal); }
void release_stop_signals() noexcept { set_handler(SIG_DFL); }
int stop_signal() noexcept { return caught; }

}  // namespace hogwild::mpi
