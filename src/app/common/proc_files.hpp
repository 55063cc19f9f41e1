#pragma once
#include <cstdint>
#include <string>

namespace hogwild::app {

/// The content of a file of /proc, read once: for some files the kernel walks all pages.
std::string proc_text(const char* file);
/// The value of "<key>: <n> kB" in such a text, in bytes; 0 if it is not there.
std::int64_t proc_bytes(const std::string& text, const std::string& key);

}  // namespace hogwild::app
