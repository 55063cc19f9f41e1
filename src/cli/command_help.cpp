#include "cli/command_help.hpp"

#include <algorithm>
#include <sstream>

#include "cli/file_options.hpp"
#include "cli/option_table.hpp"

namespace hogwild::cli {
namespace {

namespace po = boost::program_options;

/// The common options alone, in the order in which help lists them.
po::options_description pick(const CommandHelp& help) {
    po::options_description common("Common options");
    for (const std::string& name : help.common) {
        for (const auto& option : help.options.options()) {
            if (option->long_name() == name) common.add(option);
        }
    }
    return common;
}

/// The heading above each of the options, which Boost prints but does not return.
std::vector<std::string> headings(const po::options_description& options) {
    std::ostringstream text;
    text << options;
    std::vector<std::string> groups;
    std::string heading;
    for (const std::string& line : lines_of(text.str())) {
        if (line.starts_with("  -")) {
            groups.push_back(heading);
        } else if (!line.empty() && line.front() != ' ') {
            heading = line.substr(0, line.find_last_not_of(':') + 1);
        }
    }
    return groups;
}

/// The words in a value's name: "rows|nonzeros" has two, "ETA|auto" one, "DIR" none.
std::vector<std::string> words_in(const std::string& value) {
    std::vector<std::string> words;
    std::istringstream parts(value);
    if (value.find('|') == std::string::npos) return words;
    for (std::string part; std::getline(parts, part, '|');) {
        const bool word = std::ranges::all_of(part, [](char c) {
            return (c >= 'a' && c <= 'z') || c == '-' || (c >= '0' && c <= '9');
        });
        if (word) words.push_back(part);
    }
    return words;
}

OptionHelp describe(const po::option_description& option, const CommandHelp& help) {
    OptionHelp out;
    out.name = option.long_name();
    const std::string names = option.format_name();  // "-h [ --help ]" or "--help"
    if (!names.starts_with("--")) out.letter = names.substr(1, 1);
    const std::string value = option.format_parameter();  // "B (=100)"
    const std::size_t bracket = value.find(" (=");
    out.value = value.substr(0, bracket);
    if (bracket != std::string::npos) {
        out.fallback = value.substr(bracket + 3, value.size() - bracket - 4);
    }
    out.description = option.description();
    out.several = option.semantic()->max_tokens() > 1;
    if (const FileRole* const role = file_role(option)) {
        out.folder = role->use() == io::FileUse::folder;
        out.file = !out.folder;
    }
    const auto known = help.choices.find(out.name);
    out.choices = known == help.choices.end() ? words_in(out.value) : known->second;
    return out;
}

}  // namespace

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<OptionHelp> options_of(const CommandHelp& help) {
    std::vector<OptionHelp> all;
    const std::vector<std::string> groups = headings(help.options);
    for (const auto& option : help.options.options()) {
        all.push_back(describe(*option, help));
        all.back().group = groups.at(all.size() - 1);
    }
    const auto add = [&](const char* name, const char* letter, const char* description) {
        if (std::ranges::find(all, name, &OptionHelp::name) != all.end()) return;
        OptionHelp& option = all.emplace_back();
        option.name = name;
        option.letter = letter;
        option.group = "Help";
        option.description = description;
    };
    add("help", "h", help.common.empty() ? "print help" : "print help on the common options");
    if (!help.common.empty()) add("help-all", "", "print help on all options");
    return all;
}

std::string help_text(const CommandHelp& help, bool all) {
    std::ostringstream text;
    text << "usage: " << help.launcher << (help.launcher.empty() ? "" : " ") << help.name << ' '
         << help.usage << "\n\n"
         << help.summary << "\n\n";
    if (all || help.common.empty()) {
        text << option_table(help.options);
    } else {
        text << option_table(pick(help)) << "  --help-all                all "
             << help.options.options().size() << " options\n";
    }
    if (!help.notes.empty()) text << '\n' << help.notes;
    text << "\nExamples:\n";
    for (const std::string& example : help.examples) text << "  " << example << '\n';
    text << '\n' << exit_codes_text();
    return text.str();
}

std::string exit_codes_text() {
    return "Exit codes:\n"
           "  0   done; of train: VALID\n"
           "  1   the run ended INVALID, or a mistake of the program\n"
           "  2   wrong or contradictory options\n"
           "  65  malformed, damaged or unsuitable data     66  an input is missing\n"
           "  71  no memory, or too many open files         73  an output cannot be made\n"
           "  74  reading or writing failed                 75  stopped with a checkpoint\n";
}

}  // namespace hogwild::cli
