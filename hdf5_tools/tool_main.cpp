#include "tool_main.hpp"

#include <algorithm>
#include <exception>
#include <iostream>
#include <new>

#include "cli/file_options.hpp"
#include "cli/option_error.hpp"
#include "cli/reference.hpp"
#include "data/error.hpp"
#include "data/printable.hpp"
#include "data/version.hpp"
#include "io/hdf5_library.hpp"
#include "io/stop_signal.hpp"

namespace hogwild::tools {
namespace {

int exit_with(const std::string& name, ExitCode code, const std::string& message) {
    std::cerr << name << ": " << data::printable(message) << '\n';
    return static_cast<int>(code);
}

po::variables_map parse(int argc, char** argv, const po::options_description& options,
                        const std::string& positional) {
    using Style = po::command_line_style::style_t;
    po::positional_options_description places;
    if (!positional.empty()) places.add(positional.c_str(), -1);
    po::variables_map values;
    po::store(po::command_line_parser(argc, argv)
                  .options(options)
                  .positional(places)
                  .style(Style::default_style & ~Style::allow_guessing)
                  .run(),
              values);
    return values;
}

/// Adds the options that every tool has.
void complete(po::options_description& options, bool& force) {
    if (std::ranges::any_of(options.options(), [](const auto& option) {
            const FileRole* const file = file_role(*option);
            return file != nullptr && file->use() != io::FileUse::input;
        })) {
        add_force(options, force);
    }
    options.add_options()("help,h", "print this help")("version", "print the version");
}

}  // namespace

int tool_main(int argc, char** argv, cli::CommandHelp help,
              const std::function<void(const po::variables_map&)>& run) {
    const std::string& name = help.name;
    po::options_description& options = help.options;
    bool force = false;
    complete(options, force);
    int code = 0;
    if (cli::write_reference(
            argc, argv, name, help.summary, [&] { return std::vector{help}; }, code)) {
        return code;
    }
    io::initialise_hdf5();
    io::ignore_file_size_signal();
    io::ignore_pipe_signal();
    io::catch_stop_signals();
    io::end_on_stop_signals({name, "what was not finished is removed"});
    try {
        po::variables_map values = parse(argc, argv, options, help.positional);
        if (values.count("help") != 0) {
            std::cout << cli::help_text(help, true);
        } else if (values.count("version") != 0) {
            std::cout << name << ' ' << data::program_version() << ", "
                      << data::compiler_description() << ", HDF5 " << io::hdf5_version() << '\n';
        } else {
            po::notify(values);
            plan_files(options, values).check(force);
            run(values);
        }
        std::cout.flush();
        if (!std::cout) throw Error(ExitCode::io, "cannot write to standard output");
        return 0;
    } catch (const Error& error) {
        return exit_with(name, error.code(), error.what());
    } catch (po::error& error) {
        return exit_with(name, ExitCode::usage,
                         option_error_text(error, options) + " (see --help)");
    } catch (const std::bad_alloc&) {
        return exit_with(name, ExitCode::resource, "not enough memory");
    } catch (const std::exception& error) {
        return exit_with(name, ExitCode::internal, error.what());
    }
}

}  // namespace hogwild::tools
