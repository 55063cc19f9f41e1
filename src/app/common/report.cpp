#include "app/common/report.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/common/category_report.hpp"
#include "app/common/text_table.hpp"
#include "cli/status_line.hpp"

namespace hogwild::app {
namespace {

using Json = nlohmann::ordered_json;

/// A row for each set of documents that was evaluated.
std::string metrics_table(const Result& r) {
    using Column = TextTable::Column;
    const auto metric = [](const char* header, std::size_t width, int digits) {
        return Column{.header = header, .width = width, .digits = digits, .number = metric_text};
    };
    TextTable table({{.header = "", .width = 11, .align = TextTable::Align::left},
                     {.header = "documents", .width = 10},
                     metric("objective", 10, 5),
                     metric("accuracy", 10, 4),
                     metric("accuracy +1", 12, 4),
                     metric("accuracy -1", 12, 4),
                     metric("F1", 8, 4)});
    const auto add = [&](const char* name, const model::Metrics& m) {
        table.add({name, std::to_string(m.documents), m.objective, m.accuracy, m.accuracy_positive,
                   m.accuracy_negative, m.f1});
    };
    add("train", r.train);
    if (r.progress.validation.documents > 0) add("validation", r.progress.validation);
    if (r.test.documents > 0) add("test", r.test);
    return table.text();
}

/// What the table has no room for, of documents that training has not seen.
std::string ranking_line(const char* name, const model::Metrics& m) {
    if (m.documents == 0) return {};
    return fmt::format("{}: precision {}, recall {}, AUC {}, average precision {}\n", name,
                       fixed_text(m.precision, 4), fixed_text(m.accuracy_positive, 4),
                       fixed_text(m.auc, 4), fixed_text(m.average_precision, 4));
}

std::string ranking_lines(const Result& r) {
    std::string text =
        ranking_line("held out", r.progress.validation) + ranking_line("test", r.test);
    if (r.threshold != 0.0) {
        text += fmt::format("threshold {:.6g}: a score above it predicts +1 (--threshold)\n",
                            r.threshold);
    }
    return text;
}

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// Measures beyond accuracy; null where they are not defined.
void put_measures(Json& json, const std::string& set, const model::Metrics& m) {
    json[set + "_precision"] = number_or_null(m.precision);
    json[set + "_recall"] = number_or_null(m.accuracy_positive);
    json[set + "_f1"] = number_or_null(m.f1);
    json[set + "_auc"] = number_or_null(m.auc);
    json[set + "_average_precision"] = number_or_null(m.average_precision);
}

void put_staleness(Json& json, const std::string& name,
                   const std::optional<train::StalenessHistogram>& staleness) {
    const bool sampled = staleness && staleness->samples() > 0;
    json[name + "_median"] = sampled ? Json(staleness->quantile(0.5)) : Json();
    json[name + "_p99"] = sampled ? Json(staleness->quantile(0.99)) : Json();
    json[name + "_max"] = sampled ? Json(staleness->largest()) : Json();
}

/// Writes the meters; values that do not apply or have no sample yet are null.
void put_meters(Json& json, const train::Meters& m, int ranks) {
    const train::Contention contention = m.contention.value_or(train::Contention{});
    json["contention_collisions"] = number_or_null(contention.collision_share());
    json["contention_lost_fraction"] = number_or_null(contention.lost_fraction());
    json["lock_wait_seconds"] = m.lock_wait_seconds ? Json(*m.lock_wait_seconds / ranks) : Json();
    json["traffic_messages"] = m.traffic ? Json(m.traffic->messages) : Json();
    json["traffic_bytes"] = m.traffic ? Json(m.traffic->bytes) : Json();
    put_staleness(json, "staleness", m.staleness);
    put_staleness(json, "hot_staleness", m.hot_staleness);
    json["active_fraction"] = number_or_null(m.active / m.documents);
    json["documents_visited"] = m.documents;
}

/// Of the exchange between nodes; null on a single node.
Json exchange_json(const std::optional<train::ExchangeMeters>& exchange, int replicas) {
    if (!exchange) return {};
    const double each = exchange->exchanges * replicas;
    return {{"exchanges", exchange->exchanges},
            {"visible_seconds", exchange->visible_seconds},
            {"hidden_seconds", exchange->hidden_seconds()},
            {"waiting_seconds", exchange->waiting_seconds},
            {"bytes", exchange->bytes},
            {"sparse_exchanges", exchange->sparse_exchanges},
            {"changed_share", number_or_null(exchange->changed_share / exchange->sparse_exchanges)},
            {"interval_documents", number_or_null(exchange->interval_documents / each)},
            {"staleness_documents", number_or_null(exchange->meanwhile_documents / each)},
            {"staleness_documents_max", exchange->most_meanwhile_documents}};
}

/// Of the exchanges of changes; nothing if there were none.
std::string sparse_line(const train::ExchangeMeters& m) {
    if (m.sparse_exchanges == 0.0) return {};
    return fmt::format("    {:.0f} of them sent only changes, of {} of the weights\n",
                       m.sparse_exchanges, percent_text(m.changed_share / m.sparse_exchanges, 1));
}

/// The same for people: lines, or nothing.
std::string exchange_lines(const Result& r) {
    const std::optional<train::ExchangeMeters>& m = r.progress.meters.exchange;
    if (!m) return {};
    const double each = std::max(1.0, m->exchanges) * r.replicas;
    return fmt::format(
        "exchange: {:.0f} times, every {:.0f} documents of a node, seen {:.0f} documents later\n"
        "    {:.3f} s visible ({} of the training), {:.3f} s hidden behind it,\n"
        "    {:.3f} s waiting for other nodes; {:.1f} MB sent\n{}",
        m->exchanges, m->interval_documents / each, m->meanwhile_documents / each,
        m->visible_seconds, percent_text(m->visible_seconds / r.progress.train_seconds, 1),
        m->hidden_seconds(), m->waiting_seconds, m->bytes / 1e6, sparse_line(*m));
}

std::string staleness_line(const char* of, const std::optional<train::StalenessHistogram>& s) {
    if (!s || s->samples() == 0) return {};
    return fmt::format("staleness{}: median {}, 99th percentile {}, maximum {} batches\n", of,
                       s->quantile(0.5), s->quantile(0.99), s->largest());
}

/// What ranks did to each other, for people: lines, or nothing.
std::string meters_lines(const train::Meters& m, int ranks) {
    std::string text;
    if (m.contention && m.contention->stores > 0.0) {
        text += fmt::format(
            "contention: {:.2g} % of stores met another rank's; {:.2g} % of changes lost\n",
            100.0 * m.contention->collision_share(), 100.0 * m.contention->lost_fraction());
    }
    if (m.lock_wait_seconds) {
        text +=
            fmt::format("waiting for other ranks: {:.3f} s a rank\n", *m.lock_wait_seconds / ranks);
    }
    if (m.traffic) {
        text += fmt::format("to other nodes: {:.0f} messages, {:.1f} MB\n", m.traffic->messages,
                            m.traffic->bytes / 1e6);
    }
    const std::string staleness =
        staleness_line("", m.staleness) + staleness_line(" of the hot head", m.hot_staleness);
    if (staleness.empty()) return text;
    return text + staleness +
           "    (batches that others wrote between a batch's reading and its writing)\n";
}

/// Epochs as people write them: "12" or "12.3".
std::string epoch_text(double epochs) {
    const bool whole = std::abs(epochs - std::round(epochs)) < 0.05;
    return fmt::format("{:.{}f}", epochs, whole ? 0 : 1);
}

const char* ending(const std::string& stop_reason) {
    if (stop_reason == "gap") return "as near the optimum as --gap asks";
    if (stop_reason == "epochs") return "all --epochs done";
    if (stop_reason == "iterations") return "all --iterations done";
    if (stop_reason == "early-stopping") return "no longer improving (--patience)";
    return stop_reason.c_str();
}

/// What the data have decided; nothing, or a line.
std::string chosen_line(const Result& r) {
    std::string text;
    if (r.preset == Preset::automatic) text += ", --preset auto (or paper)";
    if (r.chosen_lambda) text += fmt::format(", lambda {:.6g}", *r.chosen_lambda);
    if (r.scales_features) text += ", features divided by their root mean squares";
    return text.empty() ? text : "settings: " + text.substr(2) + "\n";
}

/// How long it took and on what.
std::string effort_lines(const Result& r) {
    const double other = r.total_seconds - r.load_seconds - r.progress.train_seconds -
                         r.evaluation_seconds - r.checkpoint_seconds;
    std::string text = fmt::format(
        "{} documents in {:.3f} s of training ({:.0f} documents/s)\n"
        "{:.2f} epochs, {} iterations per rank; end: {}\n"
        "strategy {} on {} rank{}{}, {} node{}\n",
        r.progress.samples, r.progress.train_seconds, r.samples_per_second(), r.progress.epoch,
        r.progress.iteration, ending(r.stop_reason), r.strategy, r.progress.ranks,
        r.progress.ranks == 1 ? "" : "s",
        r.workers < r.progress.ranks ? fmt::format(", of which {} train", r.workers) : "", r.nodes,
        r.nodes == 1 ? "" : "s");
    text += chosen_line(r);
    if (!r.class_weights.equal()) {
        text += fmt::format("class weights: +1 {:.6g}, -1 {:.6g}\n", r.class_weights.positive,
                            r.class_weights.negative);
    }
    text += fmt::format(
        "seconds: load {:.3f}, train {:.3f}, evaluate {:.3f}, other {:.3f}, total {:.3f}\n",
        r.load_seconds, r.progress.train_seconds, r.evaluation_seconds, other, r.total_seconds);
    if (r.checkpoints > 0) {
        text += fmt::format("checkpoints: {}, {:.3f} s\n", r.checkpoints, r.checkpoint_seconds);
    }
    return text + fmt::format("memory: {:.0f} MB in all ranks at the peak\n",
                              static_cast<double>(r.peak_memory_bytes) / 1e6);
}

void put_progress(Json& json, const ProgressRow& row) {
    json["iteration"] = row.iteration;
    json["epoch"] = row.epoch;
    json["samples"] = row.samples;
    json["train_seconds"] = row.train_seconds;
    json["elapsed_seconds"] = row.elapsed_seconds;
    json["validation_objective"] = number_or_null(row.validation.objective);
    json["validation_loss"] = number_or_null(row.validation.loss);
    json["validation_accuracy"] = number_or_null(row.validation.accuracy);
    json["validation_f1"] = number_or_null(row.validation.f1);
    const std::optional<train::Certificate>& c = row.certificate;
    json["primal_objective"] = c ? number_or_null(c->primal) : Json();
    json["dual_objective"] = c ? number_or_null(c->dual) : Json();
    json["duality_gap"] = c ? number_or_null(c->relative_gap()) : Json();
    put_meters(json, row.meters, row.ranks);
}

std::string verdict_text(const Result& r) {
    if (!r.valid() || !r.progress.certificate) return r.verdict;
    return fmt::format("{}, within {:.2g} % of the optimum (certified)", r.verdict,
                       100.0 * r.progress.certificate->relative_gap());
}

}  // namespace

double Result::samples_per_second() const {
    return static_cast<double>(progress.samples) / progress.train_seconds;
}

void ProgressRow::move_to(std::int64_t next, const train::TrainingContext& context) {
    iteration = next;
    samples = std::llround(context.global_documents_per_local *
                           static_cast<double>(context.batches.documents_before(next)));
    epoch = static_cast<double>(samples) / static_cast<double>(context.training_documents);
}

std::string position_text(const ProgressRow& row) {
    std::string text = "epoch " + epoch_text(row.epoch);
    if (row.done() > 0.0 && row.done() < 1.0) {
        text += " of " + epoch_text(row.last_epoch);
    }
    return text;
}

std::string progress_line(const ProgressRow& row, bool verbose) {
    std::string line = position_text(row);
    constexpr double kWorthSaying = 1.0;  // s
    if (row.seconds_left.value_or(0.0) >= kWorthSaying && row.done() < 1.0) {
        line += ", " + duration_text(*row.seconds_left) + " left";
    }
    if (row.validation.documents > 0) {
        line += fmt::format(": validation objective {:.5f}, accuracy {:.4f}",
                            row.validation.objective, row.validation.accuracy);
    }
    if (row.train_objective) {
        line += fmt::format("; training objective {:.5f}", *row.train_objective);
    }
    if (verbose) {
        line +=
            fmt::format("; iteration {}, {:.3f} s of training", row.iteration, row.train_seconds);
    }
    return line;
}

std::string warning_lines(const Result& r, const Palette& palette) {
    std::string text;
    for (const std::string& warning : r.warnings) {
        text += palette.warning("WARNING") + ": " + warning + "\n";
    }
    return text;
}

std::string result_table(const Result& r, bool verbose, const Palette& palette) {
    std::string text = r.categories ? category_report(*r.categories, verbose)
                                    : metrics_table(r) + ranking_lines(r);
    text += "\n" + effort_lines(r) + exchange_lines(r);
    if (verbose && r.hot_head_plan.size > 0) {
        text += fmt::format(
            "hot head: {} features and the bias, the most frequent merged every {}\n"
            "    documents of a rank\n",
            r.hot_head_plan.size, r.hot_head_plan.merge_every);
    }
    if (verbose) text += meters_lines(r.progress.meters, r.progress.ranks);
    const std::string text_of = verdict_text(r);
    const std::string verdict = r.valid() ? palette.good(text_of) : palette.bad(text_of);
    return text + warning_lines(r, palette) + verdict + "\n";
}

Json evaluation_json(const ProgressRow& row) {
    Json json{{"event", "evaluation"}};
    put_progress(json, row);
    if (row.train_objective) json["train_objective"] = number_or_null(*row.train_objective);
    return json;
}

Json result_json(const Result& r) {
    Json json{{"event", "result"}};
    put_progress(json, r.progress);
    json["strategy"] = r.strategy;
    json["ranks"] = r.progress.ranks;
    json["nodes"] = r.nodes;
    json["replicas"] = r.replicas;
    json["exchange"] = exchange_json(r.progress.meters.exchange, r.replicas);
    json["seed"] = r.seed;
    json["load_seconds"] = r.load_seconds;
    json["checkpoint_seconds"] = r.checkpoint_seconds;
    json["checkpoints"] = r.checkpoints;
    json["evaluation_seconds"] = r.evaluation_seconds;
    json["total_seconds"] = r.total_seconds;
    json["samples_per_second"] = number_or_null(r.samples_per_second());
    json["train_objective"] = number_or_null(r.train.objective);
    json["train_accuracy"] = number_or_null(r.train.accuracy);
    json["test_objective"] = number_or_null(r.test.objective);
    json["test_accuracy"] = number_or_null(r.test.accuracy);
    json["test_accuracy_positive"] = number_or_null(r.test.accuracy_positive);
    json["test_accuracy_negative"] = number_or_null(r.test.accuracy_negative);
    put_measures(json, "validation", r.progress.validation);
    put_measures(json, "test", r.test);
    if (r.categories) put_category_results(json, *r.categories);
    json["threshold"] = r.categories ? Json() : Json(r.threshold);
    json["calibration"] = r.isotonic ? Json("isotonic") : r.platt ? Json("platt") : Json();
    json["platt_a"] = r.platt ? Json(r.platt->a) : Json();
    json["platt_b"] = r.platt ? Json(r.platt->b) : Json();
    json["stop_reason"] = r.stop_reason;
    json["peak_rss_bytes"] = r.peak_memory_bytes;
    json["warnings"] = r.warnings;
    json["verdict"] = r.verdict;
    return json;
}

}  // namespace hogwild::app
