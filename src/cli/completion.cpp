#include "cli/completion.hpp"

#include <algorithm>

namespace hogwild::cli {
namespace {

constexpr const char* kOrigin = "# Made from the program's option tables; not to be edited.\n";

std::string command_word(const CommandHelp& help) {
    return help.name.substr(help.name.find(' ') + 1);
}

bool has_commands(const std::string& program, const std::vector<CommandHelp>& commands) {
    return commands.size() != 1 || commands.front().name != program;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// --- bash -------------------------------------------------------------------------------------

/// The completion of an option's value: an arm of `case $before`.
std::string bash_value(const OptionHelp& option) {
    std::string pattern = "--" + option.name;
    if (!option.letter.empty()) pattern += "|-" + option.letter;
    std::string action = "return";  // any value: no completion
    if (option.file) action = "_hogwild_paths -f; return";
    if (option.folder) action = "_hogwild_paths -d; return";
    if (!option.choices.empty()) action = "_hogwild_words '" + joined(option.choices) + "'; return";
    return "        " + pattern + ") " + action + " ;;\n";
}

/// The arm of `case $command` for one of the commands.
std::string bash_command(const CommandHelp& help, const std::string& pattern) {
    std::string values;
    std::vector<std::string> words;
    bool takes_files = false;
    for (const OptionHelp& option : options_of(help)) {
        words.push_back("--" + option.name);
        if (!option.value.empty()) values += bash_value(option);
        takes_files = takes_files || (option.name == help.positional && option.file);
    }
    std::string text = "    " + pattern + ")\n";
    if (!values.empty()) text += "      case $before in\n" + values + "      esac\n";
    if (takes_files) text += "      [[ $word == -* ]] || { _hogwild_paths -f; return; }\n";
    return text + "      _hogwild_words '" + joined(words) + "' ;;\n";
}

constexpr const char* kBashHelpers = R"(
_hogwild_words() { # WORDS: those that begin with $word
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$word")
}
_hogwild_paths() { # -f|-d: files or folders
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$word")
}
# Sets word, the one to complete, and before; --option=value comes as three words.
_hogwild_place() {
  word=${COMP_WORDS[COMP_CWORD]}
  before=${COMP_WORDS[COMP_CWORD - 1]}
  if [[ $word == = ]]; then
    word=''
  elif [[ $before == = ]] && ((COMP_CWORD > 1)); then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
}
)";

// --- zsh --------------------------------------------------------------------------------------

/// Quotes text for a specification of _arguments in single quotes.
std::string zsh_escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '\'') {
            out += "'\\''";
        } else {
            if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
            out += c;
        }
    }
    return out;
}

std::string zsh_value(const OptionHelp& option) {
    std::string action;
    if (option.file) action = "_files";
    if (option.folder) action = "_files -/";
    if (!option.choices.empty()) action = "(" + joined(option.choices) + ")";
    return ":" + zsh_escaped(option.value) + ":" + action;
}

std::string zsh_arguments(const CommandHelp& help, const std::string& indent) {
    std::string text = indent + "_arguments";
    for (const OptionHelp& option : options_of(help)) {
        const std::string described = "[" + zsh_escaped(option.description) + "]";
        const std::string value = option.value.empty() ? "" : zsh_value(option);
        text += " \\\n" + indent + "  '" + (option.several ? "*" : "") + "--" + option.name +
                (value.empty() ? "" : "=") + described + value + "'";
        if (!option.letter.empty()) {
            text += " \\\n" + indent + "  '-" + option.letter + described + "'";
        }
        if (option.name == help.positional) text += " \\\n" + indent + "  '*:file:_files'";
    }
    return text + "\n";
}

}  // namespace

std::string bash_completion(const std::string& program, const std::vector<CommandHelp>& commands) {
    std::string text = "# shellcheck shell=bash\n# Completion of " + program + " in bash.\n" +
                       kOrigin + kBashHelpers + "\n_" + program +
                       "_completion() {\n  local word before\n  COMPREPLY=()\n  _hogwild_place\n";
    if (has_commands(program, commands)) {
        std::vector<std::string> words;
        for (const CommandHelp& help : commands) words.push_back(command_word(help));
        const std::string names = joined(words);
        text += "  if ((COMP_CWORD == 1)); then\n    _hogwild_words '" + names +
                " help --help --version'\n    return\n  fi\n";
        text += "  case ${COMP_WORDS[1]} in\n    help) ((COMP_CWORD > 2)) || _hogwild_words '" +
                names + "' ;;\n";
        for (const CommandHelp& help : commands) text += bash_command(help, command_word(help));
    } else {
        text += "  case $word in\n" + bash_command(commands.front(), "*");
    }
    return text + "  esac\n}\ncomplete -F _" + program + "_completion " + program + "\n";
}

std::string zsh_completion(const std::string& program, const std::vector<CommandHelp>& commands) {
    std::string text = "#compdef " + program + "\n" + kOrigin + "\n";
    if (!has_commands(program, commands)) return text + zsh_arguments(commands.front(), "");
    text += "local -a commands=(\n";
    std::string arms;
    for (const CommandHelp& help : commands) {
        const std::string word = command_word(help);
        std::string summary = help.summary;
        std::ranges::replace(summary, '\n', ' ');
        text += "  '" + word + ":" + zsh_escaped(summary) + "'\n";
        arms += "  " + word + ")\n" + zsh_arguments(help, "    ") + "    ;;\n";
    }
    text +=
        "  'help:what a command takes'\n)\nif (( CURRENT == 2 )); then\n"
        "  _describe -t commands command commands\n"
        "  _arguments '--help[print help]' '--version[versions of program, compiler, MPI and "
        "HDF5]'\n  return\nfi\n";
    return text + "local command=$words[2]\nshift words\n(( CURRENT-- ))\ncase $command in\n" +
           "  help) (( CURRENT > 2 )) || _describe -t commands command commands ;;\n" + arms +
           "esac\n";
}

}  // namespace hogwild::cli
