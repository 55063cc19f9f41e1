#include "cli/reference.hpp"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "data/version.hpp"
#include "hogwild/error.hpp"

namespace hogwild::cli {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream file(path);
    file << text << std::flush;
    if (!file) throw Error(ExitCode::cannot_create, path.string() + ": cannot be written");
}

void write_all(const fs::path& folder, const std::string& program, const std::string& summary,
               const std::vector<CommandHelp>& commands) {
    const std::string version = data::program_version();
    const bool with_commands = commands.front().name != program;
    if (with_commands) {
        write(folder / "man1" / (program + ".1"),
              man_page_of_commands(program, summary, commands, version));
    }
    for (const CommandHelp& help : commands) {
        const std::vector<std::string> others{with_commands ? program : "hogwild"};
        write(folder / "man1" / (page_name(help) + ".1"), man_page(help, version, others));
    }
    write(folder / "bash" / program, bash_completion(program, commands));
    write(folder / "zsh" / ("_" + program), zsh_completion(program, commands));
}

}  // namespace

bool write_reference(int argc, char** argv, const std::string& program, const std::string& summary,
                     const std::function<std::vector<CommandHelp>()>& commands, int& code) {
    if (argc != 3 || std::string(argv[1]) != "--reference") return false;
    try {
        write_all(argv[2], program, summary, commands());
        code = 0;
    } catch (const Error& error) {
        std::cerr << program << ": " << error.what() << '\n';
        code = static_cast<int>(error.code());
    }
    return true;
}

}  // namespace hogwild::cli
