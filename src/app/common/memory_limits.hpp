#pragma once
#include <cstdint>
#include <string>

namespace hogwild::app {

/// What the kernel calls the files of a memory cgroup, and the line of memory.stat that counts the
/// file cache.
struct CgroupFiles {
    std::string limit;
    std::string usage;
    std::string cache;
};

/// What a cgroup and those around it leave, in bytes; the largest number there is where nothing
/// limits it. The file cache does not count: the kernel gives it up before anything else.
/// @param root   folder of the hierarchy. @param group  its path in it, "/a/b"; "" for the root.
std::int64_t available_in_cgroup(const std::string& root, std::string group,
                                 const CgroupFiles& files);

}  // namespace hogwild::app
