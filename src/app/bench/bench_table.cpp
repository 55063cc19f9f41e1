#include "app/bench/bench_table.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "app/bench/median.hpp"
#include "app/common/text_table.hpp"
#include "data/version.hpp"
#include "mpi/environment.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;

/// What a row of the table says.
struct Figures {
    double documents_per_second = 0.0;
    double ns_per_document = 0.0;  ///< of one rank: wall clock x ranks / documents
    double bytes_per_second = 0.0;
    double roof_bytes_per_second = 0.0;
    double roof_share = 0.0;
    double sequential_bytes_per_second = 0.0;
    double speedup = 0.0;
};

Figures figures_of(const BenchReport& report, const BenchRow& row) {
    Figures f;
    const double bytes = report.data.bytes_per_document();
    f.documents_per_second = median(row, &BenchSample::documents_per_second);
    f.ns_per_document = 1e9 * row.ranks / f.documents_per_second;
    f.bytes_per_second = bytes * f.documents_per_second;
    f.roof_bytes_per_second = bytes * median(row, &BenchSample::streamed_per_second);
    f.sequential_bytes_per_second = bytes * median(row, &BenchSample::sequential_per_second);
    f.roof_share = f.bytes_per_second / f.roof_bytes_per_second;
    f.speedup =
        f.documents_per_second / median(report.rows.front(), &BenchSample::documents_per_second);
    return f;
}

double megabytes(std::int64_t bytes) { return static_cast<double>(bytes) / 1e6; }

std::string heading(const BenchOptions& options, const BenchReport& report) {
    const Machine& m = report.machine;
    const BenchData& d = report.data;
    std::string text = fmt::format(
        "machine: {}, {} cores, last-level cache {} KiB{}\n", m.cpu, m.cores,
        m.last_level_cache >> 10,
        m.last_level_caches > 1 ? fmt::format(" x {}", m.last_level_caches) : std::string());
    text += fmt::format("data: {} training documents, {:.1f} MB", d.documents, megabytes(d.bytes));
    if (d.copies > 1) {
        text += fmt::format("; {} copies in memory, {:.1f} MB", d.copies,
                            megabytes(d.bytes * d.copies));
    }
    text += "\n";
    if (!d.exceeds_caches()) {
        text += fmt::format("the roof is not the memory's: that takes {:.1f} MB, see --replicate\n",
                            megabytes(d.bytes_wanted));
    }
    return text + fmt::format("training: {}, {}, {}; medians of {} repeats\n\n",
                              options.train.strategy->name, data::name_of(options.train.precision),
                              data::name_of(options.train.regularizer),
                              report.rows.front().samples.size());
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json values_of(const BenchRow& row, double BenchSample::*value) {
    Json values = Json::array();
    for (const BenchSample& sample : row.samples) values.push_back(number_or_null(sample.*value));
    return values;
}

Json row_json(const BenchReport& report, const BenchRow& row) {
    const Figures f = figures_of(report, row);
    const double bytes = report.data.bytes_per_document();
    Json roofs = values_of(row, &BenchSample::streamed_per_second);
    for (Json& roof : roofs) roof = roof.get<double>() * bytes;
    return {{"ranks", row.ranks},
            {"oversubscribed", row.oversubscribed},
            {"documents_per_second", f.documents_per_second},
            {"ns_per_document", f.ns_per_document},
            {"bytes_per_document", bytes},
            {"bytes_per_second", f.bytes_per_second},
            {"roof_bytes_per_second", f.roof_bytes_per_second},
            {"roof_share", f.roof_share},
            {"sequential_bytes_per_second", f.sequential_bytes_per_second},
            {"speedup", f.speedup},
            {"train_seconds", median(row, &BenchSample::train_seconds)},
            {"train_objective", number_or_null(median(row, &BenchSample::train_objective))},
            {"test_objective", number_or_null(median(row, &BenchSample::test_objective))},
            {"test_accuracy", number_or_null(median(row, &BenchSample::test_accuracy))},
            {"samples",
             {{"train_seconds", values_of(row, &BenchSample::train_seconds)},
              {"documents_per_second", values_of(row, &BenchSample::documents_per_second)},
              {"roof_bytes_per_second", roofs},
              {"train_objective", values_of(row, &BenchSample::train_objective)},
              {"test_accuracy", values_of(row, &BenchSample::test_accuracy)}}}};
}

}  // namespace

double median(const BenchRow& row, double BenchSample::*value) {
    std::vector<double> values;
    for (const BenchSample& sample : row.samples) {
        if (std::isfinite(sample.*value)) values.push_back(sample.*value);
    }
    return median(std::move(values));
}

std::string bench_table(const BenchOptions& options, const BenchReport& report) {
    TextTable table({{.header = "ranks", .width = 6},
                     {.header = "documents/s", .width = 12},
                     {.header = "ns/document", .width = 12, .digits = 1},
                     {.header = "bytes/document", .width = 15, .digits = 1},
                     {.header = "GB/s", .width = 7, .digits = 2},
                     {.header = "roof GB/s", .width = 10, .digits = 2},
                     {.header = "of the roof", .digits = 1, .number = percent_text},
                     {.header = "speed-up", .width = 9, .digits = 2},
                     {.header = "objective", .width = 10, .digits = 5},
                     {.header = "accuracy", .width = 9, .digits = 4}});
    bool any_oversubscribed = false;
    for (const BenchRow& row : report.rows) {
        const Figures f = figures_of(report, row);
        any_oversubscribed = any_oversubscribed || row.oversubscribed;
        table.add({fmt::format("{}{}", row.ranks, row.oversubscribed ? '*' : ' '),
                   f.documents_per_second, f.ns_per_document, report.data.bytes_per_document(),
                   f.bytes_per_second / 1e9, f.roof_bytes_per_second / 1e9, f.roof_share, f.speedup,
                   median(row, &BenchSample::train_objective),
                   median(row, &BenchSample::test_accuracy)});
    }
    std::string text = heading(options, report) + table.text();
    if (any_oversubscribed) text += "* more ranks than cores\n";
    text += "roof: streaming the same rows in training's order; in the order of memory:";
    for (const BenchRow& row : report.rows) {
        text += fmt::format(" {:.1f}", figures_of(report, row).sequential_bytes_per_second / 1e9);
    }
    return text + " GB/s\n";
}

Json bench_json(const BenchOptions& options, const BenchReport& report) {
    const Machine& m = report.machine;
    const BenchData& d = report.data;
    Json settings = Json::object();
    for (const auto& [name, value] : options.train.effective) settings[name] = value;
    Json rows = Json::array();
    for (const BenchRow& row : report.rows) rows.push_back(row_json(report, row));
    return {{"schema", "hogwild.bench"},
            {"version", 1},
            {"program", data::program_version()},
            {"compiler", data::compiler_description()},
            {"mpi", mpi::library_version()},
            {"machine",
             {{"host", mpi::host_name()},
              {"cpu", m.cpu},
              {"cores", m.cores},
              {"last_level_cache_bytes", m.last_level_cache},
              {"last_level_caches", m.last_level_caches}}},
            {"options", settings},
            {"data",
             {{"documents", d.documents},
              {"bytes", d.bytes},
              {"bytes_per_document", d.bytes_per_document()},
              {"copies", d.copies},
              {"bytes_in_memory", d.bytes * d.copies},
              {"exceeds_caches", d.exceeds_caches()}}},
            {"repeats", report.rows.front().samples.size()},
            {"rows", rows}};
}

}  // namespace hogwild::app
