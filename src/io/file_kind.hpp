#pragma once
#include <string>
#include <string_view>

namespace hogwild::io {

/// Kind of a file's content, by its first bytes.
enum class FileKind {
    // written by this program
    dataset,
    model,
    checkpoint,
    run_log,
    state,              ///< of a sweep
    table,              ///< CSV of a sweep
    settings,           ///< of a sweep's best point
    figures,            ///< JSON of a benchmark
    measures,           ///< JSON of an evaluation
    category_figures,   ///< CSV of a training run
    category_settings,  ///< CSV of a sweep
    class_confusion,    ///< CSV
    scores,
    score_matrix,  ///< HDF5
    weights,       ///< an exported model
    svmlight,
    vectors,  ///< synthesised documents
    topics,
    // anything else
    none,          ///< there is no such file, or it is empty
    special,       ///< a directory, a pipe or a device
    unreadable,    ///< permission is denied
    other_hdf5,    ///< HDF5 of another program
    damaged_hdf5,  ///< HDF5 that cannot be opened
    other_text,
    other_bytes,
};

/// First line of a file of settings that the program writes, without a line feed.
inline constexpr std::string_view kSettingsTitle = "# selected by hogwild sweep --best";

/// Recognises a file. Pipes and devices are not opened, links are followed. Reads the first 4 KiB,
/// and of HDF5 the attribute `schema`. Text counts as one of our kinds only in the form in which
/// the program writes it. @throws Error: resource.
FileKind file_kind(const std::string& path);

/// "a hogwild model", "a text", …: for messages.
std::string describe(FileKind kind);

}  // namespace hogwild::io
