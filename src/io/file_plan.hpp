#pragma once
#include <string>
#include <vector>

#include "io/file_kind.hpp"

namespace hogwild::io {

/// What a command does with a file that an option names.
enum class FileUse {
    input,
    output,   ///< an existing file is replaced
    journal,  ///< lines are added; the command reads the existing lines first
    folder,   ///< copies of the datasets are made in it
};

/// All files that a command is told to read and to write, by the options that name them. Checks,
/// before any file is opened for writing, that none would be lost.
class FilePlan {
public:
    /// @param option  as the user writes it, with the dashes.
    /// @param kind    kind of the file's content. A dataset stands for its shards as well,
    ///                a checkpoint for its previous one.
    void add(FileUse use, FileKind kind, std::string option, std::string name);
    void add(const FilePlan& other);

    /// Outputs of this kind are read before they are replaced, and the reader reports damage. So
    /// only a file that is certainly of another kind is foreign.
    void resume(FileKind kind);

    /// Checks that no output is an input or another output, under whatever name, and that it
    /// replaces nothing but files of its kind. Names of standard streams ("-" for text,
    /// /dev/stdout, …) are compared with each other; devices may be shared.
    /// @param force  replace files of any kind.
    /// @throws Error: usage where two options name one file; cannot_create for a foreign file.
    void check(bool force) const;

private:
    struct Entry {
        FileUse use;
        FileKind kind;
        std::string option;
        std::string name;
        bool resumed = false;
    };
    struct Located;
    static std::vector<std::string> files_of(const Entry& entry);
    static std::string shown(const Located& file);
    static void check_pair(const Located& a, const Located& b);
    static void check_staged(const Located& folder, const std::vector<Located>& files);
    static void check_foreign(const Located& file);
    std::vector<Located> locate() const;

    std::vector<Entry> entries_;
};

}  // namespace hogwild::io
