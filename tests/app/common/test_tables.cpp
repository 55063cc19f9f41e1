/// What people read at the end of a run, letter by letter.
#include <gtest/gtest.h>

#include <limits>

#include "app/bench/bench_table.hpp"
#include "app/common/placement_report.hpp"
#include "app/common/report.hpp"
#include "app/common/staging.hpp"
#include "app/sweep/sweep_table.hpp"

namespace hogwild::app {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Result result_of_two_nodes() {
    Result r;
    r.strategy = "lock-free";
    r.workers = 8;
    r.nodes = 2;
    r.replicas = 2;
    r.load_seconds = 0.121;
    r.evaluation_seconds = 0.098;
    r.total_seconds = 0.683;
    r.peak_memory_bytes = 126'500'000;
    r.stop_reason = "early-stopping";
    r.checkpoints = 3;
    r.checkpoint_seconds = 0.0125;
    r.warnings = {"is this right?"};
    r.hot_head_plan.size = 77;
    r.hot_head_plan.merge_every = 2048;
    r.train.documents = 18000;
    r.train.objective = 0.09532;
    r.train.accuracy = 0.9642;
    r.train.accuracy_positive = 0.9454;
    r.train.accuracy_negative = 0.5;
    r.train.f1 = 0.6;
    r.test = r.train;
    r.test.documents = 123;
    r.test.objective = 1234567.8;
    r.test.accuracy_positive = kNone;
    r.test.precision = 0.75;
    r.test.f1 = 0.5;
    r.test.auc = 0.91234;
    r.test.average_precision = 0.87654;
    r.progress.samples = 320000;
    r.progress.train_seconds = 0.4234;
    r.progress.epoch = 17.777;
    r.progress.iteration = 400;
    r.progress.last_iteration = 400;
    r.progress.ranks = 8;
    return r;
}

/// On several nodes, with everything that is measured.
void measure(train::Meters& m) {
    m.contention = train::Contention{1000.0, 12.0, 34.0, 0.5};
    m.lock_wait_seconds = 2.4;
    m.traffic = train::Traffic{123.0, 4567890.0};
    m.staleness.emplace();
    for (int i = 0; i < 100; ++i) m.staleness->add(i);
    m.exchange.emplace();
    m.exchange->exchanges = 7.0;
    m.exchange->interval_documents = 1400.0;
    m.exchange->meanwhile_documents = 280.0;
    m.exchange->visible_seconds = 0.0123;
    m.exchange->under_way_seconds = 0.5;
    m.exchange->waiting_seconds = 0.25;
    m.exchange->bytes = 98765432.0;
    m.exchange->sparse_exchanges = 5.0;
    m.exchange->changed_share = 0.1;
}

TEST(Tables, Result) {
    EXPECT_EQ(result_table(result_of_two_nodes(), false, Palette()),
              "             documents  objective   accuracy  accuracy +1  accuracy -1       F1\n"
              "train            18000    0.09532     0.9642       0.9454       0.5000   0.6000\n"
              "test               123  1.235e+06     0.9642            -       0.5000   0.5000\n"
              "test: precision 0.7500, recall -, AUC 0.9123, average precision 0.8765\n"
              "\n"
              "320000 documents in 0.423 s of training (755786 documents/s)\n"
              "17.78 epochs, 400 iterations per rank; end: no longer improving (--patience)\n"
              "strategy lock-free on 8 ranks, 2 nodes\n"
              "seconds: load 0.121, train 0.423, evaluate 0.098, other 0.028, total 0.683\n"
              "checkpoints: 3, 0.013 s\n"
              "memory: 126 MB in all ranks at the peak\n"
              "WARNING: is this right?\n"
              "VALID\n");
}

TEST(Tables, ResultSaysHowManyRanksTrain) {
    Result r = result_of_two_nodes();
    r.workers = 3;
    EXPECT_NE(result_table(r, false, Palette()).find("on 8 ranks, of which 3 train, 2 nodes\n"),
              std::string::npos);
}

TEST(Tables, ResultAtLength) {
    Result r = result_of_two_nodes();
    measure(r.progress.meters);
    const std::string text = result_table(r, true, Palette());
    EXPECT_NE(
        text.find("memory: 126 MB in all ranks at the peak\n"
                  "exchange: 7 times, every 100 documents of a node, seen 20 documents later\n"
                  "    0.012 s visible (2.9 % of the training), 0.488 s hidden behind it,\n"
                  "    0.250 s waiting for other nodes; 98.8 MB sent\n"
                  "    5 of them sent only changes, of 2.0 % of the weights\n"
                  "hot head: 77 features and the bias, the most frequent merged every 2048\n"
                  "    documents of a rank\n"
                  "contention: 1.2 % of stores met another rank's; 1.5 % of changes lost\n"
                  "waiting for other ranks: 0.300 s a rank\n"
                  "to other nodes: 123 messages, 4.6 MB\n"
                  "staleness: median 49, 99th percentile 96, maximum 99 batches\n"
                  "    (batches that others wrote between a batch's reading and its writing)\n"
                  "WARNING: is this right?\n"),
        std::string::npos)
        << text;
}

TEST(Tables, Progress) {
    Result r = result_of_two_nodes();
    r.progress.last_iteration = 900;
    r.progress.last_epoch = 40.0;
    r.progress.seconds_left = 41.0;
    r.progress.validation = r.train;
    r.progress.train_objective = 0.25;
    EXPECT_EQ(progress_line(r.progress, true),
              "epoch 17.8 of 40, 41 s left: validation objective 0.09532, accuracy 0.9642; "
              "training objective 0.25000; iteration 400, 0.423 s of training");
}

TEST(Tables, Bench) {
    BenchOptions options;
    options.train.strategy = &train::strategy_info("atomic");
    BenchReport report;
    report.machine = {"AMD EPYC", 2, 32 << 20, 2};
    report.data = {20000, 12'345'678, 4, 99'999'999};
    for (const int ranks : {1, 4}) {
        const double p = ranks;
        report.rows.push_back(
            {ranks, ranks > 2, {{0.4, 7.5e5 * p, 1e7, 3.3e7 * p, 0.123456, kNone, kNone}}});
    }
    EXPECT_EQ(
        bench_table(options, report),
        "machine: AMD EPYC, 2 cores, last-level cache 32768 KiB x 2\n"
        "data: 20000 training documents, 12.3 MB; 4 copies in memory, 49.4 MB\n"
        "the roof is not the memory's: that takes 100.0 MB, see --replicate\n"
        "training: atomic, double, seed; medians of 1 repeats\n"
        "\n"
        " ranks  documents/s  ns/document  bytes/document    GB/s  roof GB/s of the roof  "
        "speed-up  objective  accuracy\n"
        "    1        750000       1333.3           617.3    0.46       6.17       7.5 %  "
        "    1.00    0.12346         -\n"
        "    4*      3000000       1333.3           617.3    1.85       6.17      30.0 %  "
        "    4.00    0.12346         -\n"
        "* more ranks than cores\n"
        "roof: streaming the same rows in training's order; in the order of memory: 20.4 81.5 "
        "GB/s\n");
}

TEST(Tables, Placement) {
    EXPECT_EQ(
        placement_table({{"höst", 0, {0, 1}, {0}}, {"höst", 0, {0, 1}, {0}}, {"b", 2, {}, {}}}),
        "ranks  host  cores  NUMA\n"
        "0-1    höst  0-1    0\n"
        "2      b     ?      ?\n");
}

TEST(Tables, Staging) {
    const auto nodes = nlohmann::ordered_json::parse(R"([
        {"host": "a", "directory": "/d", "files": 1, "bytes": 1234567, "copied": 0, "seconds": 0.5},
        {"host": "b", "directory": "/d", "files": 12, "bytes": 1e11, "copied": 12, "seconds": 60.0}])");
    EXPECT_EQ(staging_table(nodes),
              "staged on a: 1 file (1.2 MB), 0 copied now, 0.50 s: /d\n"
              "staged on b: 12 files (100000.0 MB), 12 copied now, 60.00 s: /d\n");
}

TEST(Tables, Sweep) {
    const SweepOptions options = parse_sweep_options(
        {"--train", "t.h5", "--lambda", "1e-3,1e-4", "--validation-fraction", "0.1"});
    const auto training = [](std::int64_t point, double objective, nlohmann::json accuracy) {
        Training t;
        t.point = point;
        t.outcome.verdict = "VALID";
        t.outcome.results = {{"validation_objective", objective},
                             {"validation_accuracy", std::move(accuracy)},
                             {"train_seconds", 0.5}};
        return t;
    };
    const std::string text =
        sweep_table(options, rank_points({training(0, 1e6, nullptr), training(0, 3e6, nullptr),
                                          training(1, 0.11, 0.9), training(1, 0.12, 0.92)},
                                         model::Measure::objective));
    const std::string table = text.substr(0, text.find("\n\n"));
    EXPECT_EQ(table,
              "   lambda  objective              accuracy         train s  valid\n"
              "*  1e-4    0.11500 ± 0.00707      0.9100 ± 0.0141  0.500    2/2\n"
              "   1e-3    2.000e+06 ± 1.414e+06  -                0.500    2/2");
}

}  // namespace
}  // namespace hogwild::app
