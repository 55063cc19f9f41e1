#pragma once
#include <sched.h>

namespace hogwild::mpi {

/// Looks until `holds()`; after some looks in vain it gives the core to somebody else between them,
/// who may be the one that is waited for.
template <class Condition>
void spin_until(Condition&& holds) {
    constexpr int kLooks = 200;
    for (int looks = 1; !holds(); ++looks) {
        if (looks % kLooks == 0) sched_yield();
    }
}

}  // namespace hogwild::mpi
