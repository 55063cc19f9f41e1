// INI files as --config reads them, with all settings of `train`. What is accepted must come back
// from its own dump (--dump-config); what is refused must say so in one line.
#include "app/train/train_options.hpp"
#include "data/error.hpp"
#include "fuzz/fuzz.hpp"

using namespace hogwild;

namespace {

/// Empty when refused.
std::optional<app::TrainOptions> parse(const std::string& ini) {
    try {
        return app::parse_train_options({"--dump-config"}, ini);  // else --train would be required
    } catch (const Error& error) {
        fuzz::require(error.code() == ExitCode::usage, "not a usage error", ini);
        const std::string_view message = error.what();
        fuzz::require(!message.empty() && message.find('\n') == std::string_view::npos,
                      "the message is not one line", ini);
        return {};
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string ini(reinterpret_cast<const char*>(data), size);
    const auto options = parse(ini);
    if (!options) return 0;
    const std::string dumped = options->effective_ini();
    const auto again = parse(dumped);
    fuzz::require(again.has_value(), "the dump of an accepted file is refused", ini);
    fuzz::require(again->effective == options->effective, "the dump says something else", ini);
    return 0;
}
