#include "cli/man_page.hpp"

#include <algorithm>
#include <cctype>

namespace hogwild::cli {
namespace {

/// Escapes text for groff, so that nothing in it is a request or an escape.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '-') {
            out += "\\-";
        } else if (c == '\\') {
            out += "\\e";
        } else {
            out += c;
        }
    }
    if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
    return out;
}

/// Lines that groff does not fill.
std::string as_they_are(const std::vector<std::string>& lines) {
    std::string out = ".nf\n";
    for (const std::string& line : lines) out += line.empty() ? ".sp\n" : escaped(line) + '\n';
    return out + ".fi\n";
}

std::string header(const std::string& name, const std::string& summary,
                   const std::string& version) {
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string line = summary.substr(0, summary.find_last_not_of(".\n") + 1);
    std::ranges::replace(line, '\n', ' ');
    if (!line.empty())
        line[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(line[0])));
    return ".\\\" Made from the program's option table; not to be edited.\n.TH " + escaped(upper) +
           " 1 \"\" \"hogwild " + escaped(version) + "\" \"User Commands\"\n" + ".SH NAME\n" +
           escaped(name) + " \\- " + escaped(line) + "\n";
}

std::string paragraph(const OptionHelp& option) {
    std::string tag = ".TP\n";
    if (!option.letter.empty()) tag += "\\fB\\-" + escaped(option.letter) + "\\fR, ";
    tag += "\\fB\\-\\-" + escaped(option.name) + "\\fR";
    if (!option.value.empty()) tag += " \\fI" + escaped(option.value) + "\\fR";
    std::string text = tag + "\n" + escaped(option.description);
    if (!option.fallback.empty()) text += " (default: " + escaped(option.fallback) + ")";
    return text + "\n";
}

std::string options_section(const CommandHelp& help) {
    std::string text = ".SH OPTIONS\n";
    std::string group;
    for (const OptionHelp& option : options_of(help)) {
        if (option.group != group) {
            group = option.group;
            text += ".SS " + escaped(group) + "\n";
        }
        text += paragraph(option);
    }
    return text;
}

std::string exit_status() {
    std::vector<std::string> lines = lines_of(exit_codes_text());
    lines.erase(lines.begin());  // its title
    return ".SH EXIT STATUS\n" + as_they_are(lines);
}

std::string see_also(const std::vector<std::string>& pages) {
    std::string text = ".SH SEE ALSO\n";
    for (const std::string& page : pages) {
        text += ".BR " + escaped(page) + (page == pages.back() ? " (1)\n" : " (1),\n");
    }
    return pages.empty() ? "" : text;
}

}  // namespace

std::string page_name(const CommandHelp& help) {
    std::string name = help.name;
    std::ranges::replace(name, ' ', '-');
    return name;
}

std::string man_page(const CommandHelp& help, const std::string& version,
                     const std::vector<std::string>& others) {
    std::string text = header(page_name(help), help.summary, version) + ".SH SYNOPSIS\n";
    if (!help.launcher.empty()) text += escaped(help.launcher) + "\n";
    text += ".B " + escaped(help.name) + "\n" + escaped(help.usage) + "\n";
    text += ".SH DESCRIPTION\n" + escaped(help.summary) + "\n";
    if (!help.notes.empty()) text += ".PP\n" + as_they_are(lines_of(help.notes));
    text += options_section(help) + ".SH EXAMPLES\n" + as_they_are(help.examples);
    return text + exit_status() + see_also(others);
}

std::string man_page_of_commands(const std::string& name, const std::string& summary,
                                 const std::vector<CommandHelp>& commands,
                                 const std::string& version) {
    std::string text = header(name, summary, version) + ".SH SYNOPSIS\n" + escaped("mpirun -np P") +
                       "\n.B " + escaped(name) + "\n.I COMMAND\n[options]\n.SH DESCRIPTION\n" +
                       escaped(summary) + "\n.SH COMMANDS\n";
    std::vector<std::string> pages;
    for (const CommandHelp& command : commands) {
        pages.push_back(page_name(command));
        const std::string word = command.name.substr(command.name.find(' ') + 1);
        text += ".TP\n.B " + escaped(word) + "\n" + escaped(command.summary) + "\n";
    }
    text += ".TP\n\\fBhelp\\fR \\fICOMMAND\\fR\nwhat a command takes, as COMMAND " +
            escaped("--help") + ".\n.SH OPTIONS\n";
    for (const auto& [option, what] :
         {std::pair{"help", "print help"}, std::pair{"version",
                                                     "versions of program, compiler, "
                                                     "MPI and HDF5"}}) {
        OptionHelp help;
        help.name = option;
        help.description = what;
        text += paragraph(help);
    }
    return text + exit_status() + see_also(pages);
}

}  // namespace hogwild::cli
