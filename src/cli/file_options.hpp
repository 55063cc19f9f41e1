#pragma once
#include <algorithm>
#include <boost/program_options.hpp>
#include <string>
#include <vector>

#include "io/file_plan.hpp"

/// Shared by `app/` and the tools.
namespace hogwild {

/// How an option uses the files that it names, declared together with its name and help.
class FileRole {
public:
    FileRole(io::FileUse use, io::FileKind kind) : use_(use), kind_(kind) {}
    virtual ~FileRole() = default;
    io::FileUse use() const noexcept { return use_; }
    io::FileKind kind() const noexcept { return kind_; }

private:
    io::FileUse use_;
    io::FileKind kind_;
};

/// The value of an option that names files: as po::value, but no name may be empty.
template <class T>
class FileValue final : public boost::program_options::typed_value<T>, public FileRole {
public:
    FileValue(T* target, io::FileUse use, io::FileKind kind)
        : boost::program_options::typed_value<T>(target), FileRole(use, kind) {}

    /// Boost calls this for the command line and for configuration files.
    void xparse(boost::any& value, const std::vector<std::string>& words) const override {
        if (std::ranges::find(words, std::string()) != words.end()) {
            throw boost::program_options::error_with_option_name(
                "option '%canonical_option%': the name is empty; is a variable not set?");
        }
        boost::program_options::typed_value<T>::xparse(value, words);
    }
};

/// Declares an option that names a file or, for a vector, several; kept in `target`.
template <class T>
FileValue<T>* file_value(T& target, io::FileUse use, io::FileKind kind) {
    return new FileValue<T>(&target, use, kind);  // Boost owns it
}

/// How an option uses its files; nullptr: it names none.
inline const FileRole* file_role(const boost::program_options::option_description& option) {
    return dynamic_cast<const FileRole*>(option.semantic().get());
}

/// All files that were named.
/// @param values  parsed by `options`.
inline io::FilePlan plan_files(const boost::program_options::options_description& options,
                               const boost::program_options::variables_map& values) {
    io::FilePlan plan;
    for (const auto& option : options.options()) {
        const FileRole* const role = file_role(*option);
        const std::string& name = option->long_name();
        if (role == nullptr || values.count(name) == 0) continue;
        const boost::any& value = values[name].value();
        std::vector<std::string> files;
        if (const auto* one = boost::any_cast<std::string>(&value)) files = {*one};
        if (const auto* all = boost::any_cast<std::vector<std::string>>(&value)) files = *all;
        for (const std::string& file : files)
            plan.add(role->use(), role->kind(), "--" + name, file);
    }
    return plan;
}

/// Declares --force.
inline void add_force(boost::program_options::options_description& options, bool& force) {
    options.add_options()("force", boost::program_options::bool_switch(&force),
                          "replace also files that are none of hogwild's");
}

}  // namespace hogwild
