#include "io/shard_names.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <string_view>

#include "data/error.hpp"
#include "io/system_error.hpp"

namespace hogwild::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 5;

bool all_digits(std::string_view text) {
    return text.size() == kDigits &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The number of shards that a file name claims, when it is one of `dataset`'s shards; else -1.
int claimed_count(const fs::path& dataset, const std::string& name) {
    const std::string head = dataset.stem().string() + ".shard-";
    const std::string tail = dataset.extension().string();
    constexpr std::string_view middle = "-of-";
    if (name.size() != head.size() + 2 * kDigits + middle.size() + tail.size() ||
        !name.starts_with(head) || !name.ends_with(tail)) {
        return -1;
    }
    const std::string_view body =
        std::string_view(name).substr(head.size(), 2 * kDigits + middle.size());
    if (!all_digits(body.substr(0, kDigits)) || body.substr(kDigits, middle.size()) != middle ||
        !all_digits(body.substr(kDigits + middle.size()))) {
        return -1;
    }
    return std::stoi(std::string(body.substr(kDigits + middle.size())));
}

fs::path directory_of(const fs::path& path) {
    return path.parent_path().empty() ? fs::path(".") : path.parent_path();
}

}  // namespace

std::string shard_path(const std::string& dataset, int index, int count) {
    const fs::path path(dataset);
    const std::string name = fmt::format("{}.shard-{:0{}}-of-{:0{}}{}", path.stem().string(), index,
                                         kDigits, count, kDigits, path.extension().string());
    return (path.parent_path() / name).string();
}

bool is_shard_name(const std::string& dataset, const std::string& file_name) {
    return claimed_count(dataset, file_name) > 0;
}

std::vector<std::string> shard_files(const std::string& dataset) {
    const fs::path path(dataset);
    std::vector<std::string> files;
    std::error_code error;  // a directory that cannot be listed holds no shards
    const fs::directory_iterator entries(directory_of(path), error);
    if (code_of(error.value(), ExitCode::no_input) == ExitCode::resource) {
        fail_for(directory_of(path).string(), error.value(), ExitCode::no_input);
    }
    for (const auto& entry : entries) {
        const std::string name = entry.path().filename().string();
        if (claimed_count(path, name) > 0) files.push_back((path.parent_path() / name).string());
    }
    std::ranges::sort(files);
    return files;
}

std::vector<std::string> resolve_dataset(const std::string& dataset) {
    const fs::path path(dataset);
    const std::vector<std::string> shards = shard_files(dataset);
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    const bool is_file = fs::exists(status);
    if (fs::is_directory(status)) {
        throw Error(ExitCode::no_input, dataset + ": is a directory, not a dataset");
    }
    if (!is_file && status.type() != fs::file_type::not_found) {
        fail_for(dataset, error.value(), ExitCode::no_input);  // cannot say whether it exists
    }
    if (is_file && !shards.empty()) {
        throw Error(ExitCode::bad_data, dataset + ": there are both this file and a shard set (" +
                                            shards.front() + " …); remove one of them");
    }
    if (is_file) return {dataset};
    if (shards.empty()) {
        throw Error(ExitCode::no_input, dataset + ": no such file, and no shard set of that name");
    }
    std::set<int> counts;
    for (const std::string& shard : shards) {
        counts.insert(claimed_count(path, fs::path(shard).filename().string()));
    }
    if (counts.size() > 1) {
        throw Error(ExitCode::bad_data,
                    dataset + ": there are two shard sets of different sizes; remove one of them");
    }
    std::vector<std::string> files;
    for (int i = 0; i < *counts.begin(); ++i) {
        files.push_back(shard_path(dataset, i, *counts.begin()));
        if (!std::ranges::binary_search(shards, files.back())) {
            throw Error(ExitCode::bad_data, files.back() + ": this shard of the set is missing");
        }
    }
    if (files.size() != shards.size()) {
        throw Error(ExitCode::bad_data, dataset + ": a shard's number is not below the set's size");
    }
    return files;
}

}  // namespace hogwild::io
