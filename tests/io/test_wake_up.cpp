#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "io/wake_up.hpp"

namespace hogwild::io {
namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{-1, -1};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        out = Descriptor(ends[0]);
        in = Descriptor(ends[1]);
    }
    Descriptor out;
    Descriptor in;
};

TEST(WakeUp, WaitsForBytesAndForTheEnd) {
    Pipe pipe;
    const WakeUp wake_up;
    EXPECT_EQ(write_all(pipe.in.fd(), "x"), 0);
    EXPECT_TRUE(wake_up.wait_for(pipe.out.fd()));
    char byte = 0;
    EXPECT_EQ(::read(pipe.out.fd(), &byte, 1), 1);
    EXPECT_EQ(pipe.in.close(), 0);
    EXPECT_TRUE(wake_up.wait_for(pipe.out.fd()));
}

TEST(WakeUp, EndsTheWaitingOfAnotherThread) {
    const Pipe pipe;
    WakeUp wake_up;
    bool came = true;
    std::thread waiting([&] { came = wake_up.wait_for(pipe.out.fd()); });
    wake_up.raise();
    waiting.join();
    EXPECT_FALSE(came);
    EXPECT_FALSE(wake_up.wait_for(pipe.out.fd())) << "from now on";
}

}  // namespace
}  // namespace hogwild::io
