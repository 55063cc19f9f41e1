#pragma once
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "io/descriptor.hpp"

namespace hogwild::io {

/// JSON Lines: one object per line, flushed per line, so that the log of a killed run is readable.
/// Every line gets the time of its writing, as `time` after `event` and schema.
/// Numbers that are not finite become null. Standard output (`-`), pipes and devices are written as
/// they are.
class RunLog {
public:
    static constexpr const char* kSchema = "hogwild.log";
    /// 2: rows have a time, options have types. Logs of version 1 name no schema.
    static constexpr int kSchemaVersion = 2;

    /// Creates or replaces the file. @throws Error: cannot_create.
    explicit RunLog(const std::string& path);
    /// Keeps the lines of the file for which `keeps` is true and appends to them; an unfinished
    /// last line is dropped. Creates the file if there is none.
    /// @param keeps  gets objects whose `event` is a text and whose `iteration`, if any, is an
    ///               integer.
    /// @throws Error: cannot_create, io, and bad_data naming file and line for anything else; the
    ///         file is then as it was.
    RunLog(const std::string& path,
           const std::function<bool(const nlohmann::ordered_json& line)>& keeps);

    /// @throws Error: io.
    void write(const nlohmann::ordered_json& line);
    void close();

private:
    std::string path_;
    Descriptor file_;
};

}  // namespace hogwild::io
