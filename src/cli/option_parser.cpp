#include "cli/option_parser.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>

#include "cli/option_error.hpp"
#include "cli/typed_value.hpp"
#include "data/suggestion.hpp"
#include "io/input_file.hpp"
#include "io/system_error.hpp"

namespace hogwild::app {
namespace {

/// Turns an exception of Boost into one line for the user.
void as_usage_error(const std::string& where, const po::options_description& options,
                    const std::function<void()>& parse) {
    try {
        parse();
    } catch (po::error& error) {
        refuse(where + option_error_text(error, options));
    }
}

/// A line of an INI file with an older name of an option replaced by the present one: Boost
/// replaces older names only on command lines.
std::string with_present_name(const std::string& line, const po::options_description& options) {
    constexpr const char* kBlanks = " \t";
    const std::size_t equals = line.find('=');
    const std::size_t first = line.find_first_not_of(kBlanks);
    if (equals == std::string::npos || first >= equals) return line;
    const std::size_t last = line.find_last_not_of(kBlanks, equals - 1);
    const std::string name = line.substr(first, last + 1 - first);
    const auto* const option = options.find_nothrow(name, false);
    return option == nullptr ? line : option->long_name() + line.substr(last + 1);
}

/// All names of `options`, or any name where `options` is empty.
po::parsed_options parse_ini(std::istream& in, const std::string& name,
                             const po::options_description& options) {
    std::string text;
    std::int64_t number = 0;
    for (std::string line; std::getline(in, line);
         text += with_present_name(line, options) + "\n") {
        ++number;
        const std::size_t comment = line.find('#');
        if (comment == std::string::npos || comment == 0) continue;
        if (line[comment - 1] == ' ' || line[comment - 1] == '\t') continue;
        refuse(name + ":" + std::to_string(number) +
               ": '#' begins a comment; put a blank before it (no value can hold a '#')");
    }
    std::istringstream lines(text);
    return po::parse_config_file(lines, options, options.options().empty());
}

/// Whether parsing the line gives this value.
bool reads_back(const std::string& line, const std::string& name, const std::string& value) {
    try {
        std::istringstream in(line);
        const auto options = parse_ini(in, name, {}).options;
        return options.size() == 1 && options.front().string_key == name &&
               options.front().value == std::vector<std::string>{value};
    } catch (const po::error&) {
        return false;
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::string> texts_of(const boost::any& value) {
    if (const auto* text = boost::any_cast<std::string>(&value)) return {*text};
    if (const auto* list = boost::any_cast<std::vector<std::string>>(&value)) return *list;
    if (const auto* flag = boost::any_cast<bool>(&value)) return {*flag ? "true" : "false"};
    if (const auto* whole = boost::any_cast<std::int64_t>(&value)) return {std::to_string(*whole)};
    if (const auto* real = boost::any_cast<double>(&value)) return {number_text(*real)};
    throw Error(ExitCode::internal, "an option of a type that has no text");
}

/// @param unknown  whether options that are not in `options` are accepted.
/// @param accept   called with the parsed options before they are stored.
template <class Accept>
po::variables_map parse_and_store(const std::vector<std::string>& arguments,
                                  const po::options_description& options, bool unknown,
                                  Accept&& accept) {
    using Style = po::command_line_style::style_t;
    po::variables_map values;
    as_usage_error("", options, [&] {
        po::command_line_parser parser(arguments);
        parser.options(options).style(Style::default_style & ~Style::allow_guessing);
        if (unknown) parser.allow_unregistered();
        const po::parsed_options parsed = parser.run();
        accept(parsed);
        po::store(parsed, values);
    });
    return values;
}

}  // namespace

po::variables_map parse_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& options) {
    return parse_and_store(arguments, options, false, [](const po::parsed_options& parsed) {
        for (const auto& option : parsed.options) {
            if (option.position_key >= 0)
                refuse("unexpected argument '" + option.value.at(0) + "'");
        }
    });
}

po::variables_map parse_command_line(const std::vector<std::string>& arguments,
                                     const po::options_description& options,
                                     std::vector<std::string>& rest) {
    return parse_and_store(arguments, options, true, [&](const po::parsed_options& parsed) {
        rest = po::collect_unrecognized(parsed.options, po::include_positional);
    });
}

void parse_config_file(const std::string& path, const po::options_description& options,
                       po::variables_map& values) {
    io::check_regular_file(path);
    std::ifstream in(path);
    if (!in) io::fail_for(path, errno, ExitCode::no_input);
    parse_config(in, path, options, values);
}

void parse_config(std::istream& in, const std::string& name, const po::options_description& options,
                  po::variables_map& values) {
    as_usage_error(name + ": ", options, [&] { po::store(parse_ini(in, name, options), values); });
}

void check_choice(const std::string& option, const std::string& value,
                  const std::vector<std::string>& choices) {
    if (std::ranges::find(choices, value) != choices.end()) return;
    std::string list;
    for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
    const std::string meant = data::nearest_word(value, choices);
    refuse(option + " " + value + ": " + (meant.empty() ? "" : "did you mean " + meant + "? ") +
           "choose one of " + list);
}

std::vector<std::pair<std::string, std::string>> effective_values(
    const po::options_description& options, const po::variables_map& values) {
    std::vector<std::pair<std::string, std::string>> effective;
    for (const auto& option : options.options()) {
        const std::string name = option->long_name();
        if (values.count(name) == 0) continue;
        const boost::any& value = values[name].value();
        if (const auto* typed = dynamic_cast<const TextValue*>(option->semantic().get())) {
            effective.emplace_back(name, typed->text(value));
            continue;
        }
        for (const std::string& text : texts_of(value)) effective.emplace_back(name, text);
    }
    return effective;
}

std::string ini_text(const std::vector<std::pair<std::string, std::string>>& effective) {
    std::string text;
    for (const auto& [name, value] : effective) text += name + " = " + value + "\n";
    return text;
}

void check_ini(const std::vector<std::pair<std::string, std::string>>& effective) {
    for (const auto& [name, value] : effective) {
        if (reads_back(ini_text({{name, value}}), name, value)) continue;
        refuse("--" + name +
               ": no INI file can hold this value (no '#', no line break, no blanks at its ends); "
               "choose another name");
    }
}

std::string number_text(double value) {
    char digits[32];
    return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

}  // namespace hogwild::app
