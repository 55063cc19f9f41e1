/// `hogwild bench-exchange`: what it costs to bring the nodes' weights together, as alpha + beta *
/// bytes, and how much of it hides behind computing.
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "app/bench/alpha_beta_model.hpp"
#include "app/bench/exchange_timer.hpp"
#include "app/common/commands.hpp"
#include "app/common/help.hpp"
#include "app/common/machine.hpp"
#include "app/common/run_collectively.hpp"
#include "app/common/table_stream.hpp"
#include "app/common/text_table.hpp"
#include "cli/file_options.hpp"
#include "cli/option_parser.hpp"
#include "data/version.hpp"
#include "io/text_file.hpp"
#include "mpi/collectives.hpp"
#include "mpi/environment.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kSmallest = 8;  ///< bytes; every size is four times the one before
constexpr std::int64_t kLargest = 1'000'000'000;  ///< what an int counts, and memory has room for

struct ExchangeOptions {
    std::int64_t max_bytes = 4 << 20;
    double poll_us = 100.0;
    double seconds = 0.1;
    std::string json;
    bool quiet = false;
    bool force = false;
    io::FilePlan files;
};

po::options_description exchange_options(ExchangeOptions& o) {
    po::options_description group("Exchange");
    group.add_options()("max-bytes",
                        po::value(&o.max_bytes)->default_value(o.max_bytes)->value_name("BYTES"),
                        "longest message")(
        "poll-us",
        po::value(&o.poll_us)->default_value(o.poll_us, number_text(o.poll_us))->value_name("US"),
        "microseconds between two polls of an exchange while computing")(
        "seconds",
        po::value(&o.seconds)->default_value(o.seconds, number_text(o.seconds))->value_name("S"),
        "for all repeats of one measurement; medians are shown")(
        "json", file_value(o.json, io::FileUse::output, io::FileKind::figures)->value_name("FILE"),
        "the figures, for programs")("quiet", po::bool_switch(&o.quiet),
                                     "no table on the terminal");
    add_force(group, o.force);
    return group;
}

ExchangeOptions parse(const std::vector<std::string>& arguments) {
    ExchangeOptions o;
    const po::options_description known = exchange_options(o);
    po::variables_map values = parse_command_line(arguments, known);
    po::notify(values);
    o.files = plan_files(known, values);
    if (o.max_bytes < 4 * kSmallest || o.max_bytes > kLargest) {
        refuse("--max-bytes must be from 32 to " + std::to_string(kLargest));
    }
    if (!(o.poll_us >= 1.0 && o.poll_us <= 1e6)) refuse("--poll-us must be from 1 to 1000000");
    if (!(o.seconds >= 0.0 && o.seconds <= 1e3)) refuse("--seconds must be from 0 to 1000");
    return o;
}

/// One of the things that are timed.
struct Operation {
    const char* name;
    std::vector<TimedBytes> measured;
    AlphaBetaModel cost() const { return fit_alpha_beta_model(measured); }
};

/// The ranks that exchange: one per node, or on a single node all of them.
mpi::CommunicatorPart participants_of(const mpi::Communicators& comms) {
    const bool takes_part = comms.nodes() == 1 || comms.group_rank() == 0;
    return {comms.world(), takes_part ? std::optional(0) : std::nullopt};
}

std::vector<Operation> measure(const ExchangeOptions& options, mpi::Communicator comm) {
    std::vector<Operation> operations{{"ping_pong", {}},
                                      {"allreduce", {}},
                                      {"iallreduce", {}},
                                      {"overlapped", {}},
                                      {"visible", {}}};
    ExchangeTimer timer(comm, options.poll_us * 1e-6, options.seconds);
    for (std::int64_t bytes = kSmallest; bytes <= options.max_bytes; bytes *= 4) {
        const auto size = static_cast<std::size_t>(bytes);
        const double ping_pong = timer.ping_pong(size);
        const double allreduce = timer.allreduce(size);
        const double iallreduce = timer.iallreduce(size);
        const ExchangeTimer::Overlapped overlapped = timer.overlapped(size);
        const double seconds[] = {ping_pong, allreduce, iallreduce, overlapped.latency,
                                  overlapped.visible};
        for (std::size_t k = 0; k < operations.size(); ++k) {
            // what a clock cannot see took a nanosecond
            operations[k].measured.push_back(
                {static_cast<double>(bytes), std::max(seconds[k], 1e-9)});
        }
    }
    return operations;
}

/// A row per size of message, a column per operation, and the fitted model below.
std::string table(const ExchangeOptions& options, const mpi::Communicators& comms, int count,
                  const std::vector<Operation>& operations) {
    std::vector<TextTable::Column> columns{{.header = "bytes", .width = 10}};
    for (const Operation& operation : operations) {
        columns.push_back({.header = operation.name, .width = 12, .digits = 1});
    }
    TextTable table(std::move(columns));
    const auto add = [&](TextTable::Cell first, auto&& cell_of) {
        std::vector<TextTable::Cell> row{std::move(first)};
        for (const Operation& operation : operations) row.emplace_back(cell_of(operation));
        table.add(row);
    };
    for (std::size_t row = 0; row < operations.front().measured.size(); ++row) {
        add(operations.front().measured[row].bytes,
            [&](const Operation& o) { return 1e6 * o.measured[row].seconds; });
    }
    add("alpha us", [](const Operation& o) { return fixed_text(1e6 * o.cost().alpha, 2); });
    add("beta ns/B", [](const Operation& o) { return fixed_text(1e9 * o.cost().beta, 4); });
    add("error",
        [](const Operation& o) { return percent_text(largest_error(o.cost(), o.measured), 0); });
    const bool one = comms.nodes() == 1;
    return fmt::format(
        "{} {} on {} {}, medians, microseconds\n\n{}"
        "overlapped: a non-blocking sum beside computing, polled every {:g} us; "
        "visible: what computing lost meanwhile\n"
        "error: the largest of the fit alpha + beta * bytes\n",
        count, one ? "ranks" : "node leaders", comms.nodes(), one ? "node" : "nodes", table.text(),
        options.poll_us);
}

Json json_of(const Operation& operation) {
    Json rows = Json::array();
    for (const auto& [bytes, seconds] : operation.measured) {
        rows.push_back({{"bytes", bytes}, {"seconds", seconds}});
    }
    const AlphaBetaModel cost = operation.cost();
    return {{"alpha_seconds", cost.alpha},
            {"beta_seconds_per_byte", cost.beta},
            {"largest_relative_error", largest_error(cost, operation.measured)},
            {"rows", rows}};
}

Json report(const ExchangeOptions& options, const mpi::Communicators& comms, int count,
            const std::vector<Operation>& operations) {
    const Machine machine = machine_of(mpi::Topology::of_this_machine());
    Json all = {
        {"schema", "hogwild.bench-exchange"},
        {"version", 1},
        {"program", data::program_version()},
        {"mpi", mpi::library_version()},
        {"machine", {{"host", mpi::host_name()}, {"cpu", machine.cpu}, {"cores", machine.cores}}},
        {"ranks", comms.size()},
        {"nodes", comms.nodes()},
        {"participants", count},
        {"oversubscribed", comms.oversubscribed()},
        {"poll_seconds", 1e-6 * options.poll_us}};
    for (const Operation& operation : operations) all[operation.name] = json_of(operation);
    return all;
}

}  // namespace

cli::CommandHelp bench_exchange_help() {
    cli::CommandHelp help{
        .name = "bench-exchange",
        .summary =
            "Measures how long it takes to add up weights over nodes (on one node: over its\n"
            "ranks), as alpha + beta * bytes.",
        .usage = "[options]",
        .common = {},
        .examples = {"mpirun -np 2 hogwild bench-exchange",
                     "srun hogwild bench-exchange --json exchange.json"},
        .notes = {}};
    ExchangeOptions defaults;
    return command_help(std::move(help), exchange_options(defaults));
}

int bench_exchange(const std::vector<std::string>& arguments, const mpi::Communicators& comms) {
    ExchangeOptions options;
    run_collectively(comms.world(), [&] {
        options = parse(arguments);
        if (comms.size() < 2) refuse("bench-exchange needs two ranks at least (mpirun -np 2)");
    });
    std::optional<io::LockedTextFile> json;
    run_collectively_on_root(comms.world(), [&] {
        options.files.check(options.force);
        if (!options.json.empty()) json.emplace(options.json);
    });
    mpi::CommunicatorPart participants = participants_of(comms);
    const int count = comms.nodes() == 1 ? comms.size() : comms.nodes();
    std::vector<Operation> operations;
    if (participants.takes_part()) operations = measure(options, participants.get());
    mpi::idle_barrier(comms.world());  // the others leave the cores to those that measure
    run_collectively_on_root(comms.world(), [&] {
        if (!options.quiet) {
            table_stream({options.json}) << table(options, comms, count, operations) << std::flush;
        }
        if (!json) return;
        json->file.text() =
            report(options, comms, count, operations)
                .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
            "\n";
        json->file.commit();
    });
    participants.close();
    return 0;
}

}  // namespace hogwild::app
