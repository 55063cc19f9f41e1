#pragma once
#include "io/descriptor.hpp"

namespace hogwild::io {

/// Ends the waiting of another thread for a pipe, from now on.
class WakeUp {
public:
    /// @throws Error: resource.
    WakeUp();
    void raise() noexcept;
    /// Waits until `fd` can be read without waiting, or is at its end. @return false: raised.
    bool wait_for(int fd) const noexcept;

private:
    Descriptor event_;
};

}  // namespace hogwild::io
