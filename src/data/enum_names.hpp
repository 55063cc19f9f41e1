#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hogwild::data {

/// A value of an enumeration and what users call it.
template <class E>
struct EnumName {
    E value;
    std::string_view name;        ///< in files, logs and help
    std::string_view alias = {};  ///< another name that is understood; empty: none
};

/// Specialise this for E with `static constexpr EnumName<E> kRows[]`: one row per value, in the
/// order in which users see them.
template <class E>
struct EnumTable;

/// The one table from which help, validation, error messages and logs take the names of E's values.
template <class E>
class EnumNames {
public:
    static std::string name(E value) {
        for (const EnumName<E>& row : EnumTable<E>::kRows) {
            if (row.value == value) return std::string(row.name);
        }
        return {};
    }
    /// @param text  a name or an alias. @return empty if it is neither.
    static std::optional<E> find(std::string_view text) {
        for (const EnumName<E>& row : EnumTable<E>::kRows) {
            if (text == row.name || (!row.alias.empty() && text == row.alias)) return row.value;
        }
        return std::nullopt;
    }
    /// Names, then aliases.
    static std::vector<std::string> all() {
        std::vector<std::string> all;
        for (const EnumName<E>& row : EnumTable<E>::kRows) all.emplace_back(row.name);
        for (const EnumName<E>& row : EnumTable<E>::kRows) {
            if (!row.alias.empty()) all.emplace_back(row.alias);
        }
        return all;
    }
    /// Names without aliases, as help has them: "hinge|logistic".
    static std::string choices() {
        std::string text;
        for (const EnumName<E>& row : EnumTable<E>::kRows) {
            text += (text.empty() ? "" : "|") + std::string(row.name);
        }
        return text;
    }
};

template <class E>
std::string name_of(E value) {
    return EnumNames<E>::name(value);
}

enum class Switch { off, on };
template <>
struct EnumTable<Switch> {
    static constexpr EnumName<Switch> kRows[] = {{Switch::on, "on"}, {Switch::off, "off"}};
};

}  // namespace hogwild::data
