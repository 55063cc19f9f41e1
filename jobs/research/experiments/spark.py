"""The first milestone's Spark system: seconds per 100 iterations by batch fraction and by workers."""
import plotting
from paper import SPARK_FRACTIONS, SPARK_WORKERS
from report import Section, given, number, with_range
from runner import Job, interleaved
from stats import median, quartiles
from systems import PAPER, SPARK

FRACTIONS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0)
WORKERS = (1, 2, 4, 8)
ITERATIONS = 100
PATIENCE = 20


def run(lab):
    base = {**PAPER, **SPARK, "patience": PATIENCE, "evaluate-every": 0, "iterations": ITERATIONS}
    del base["batch-size"]
    ranks = min(4, lab.cores)  # of the curve over fractions

    def competitor(fraction, workers):
        return lambda seed: Job.make("spark", workers, {**base, "batch-fraction": fraction}, seed,
                                     tested=True)

    seeds = lab.seeds(5, quick=1)
    pairs = sorted({(f, ranks) for f in FRACTIONS} | {(0.01, w) for w in WORKERS})
    records = lab.runner.run_all("spark", interleaved([competitor(*pair) for pair in pairs], seeds))
    of = {pair: [r for r in records if fraction_and_ranks(r) == pair] for pair in pairs}
    seconds = {pair: quartiles([per_100(r) for r in of[pair]]) for pair in pairs}
    accuracy = {pair: median([r["test_accuracy"] for r in of[pair]]) for pair in pairs}

    section = Section(
        title="Spark: seconds per 100 iterations by batch fraction and by workers",
        shows="What a step over a share of all documents costs, when all ranks' sums are added up at each.",
        settings=f"`synchronous --batch-fraction`, step 0.015, λ 1e-3, patience {PATIENCE} (the first "
                 f"milestone's), {ITERATIONS} iterations, {len(seeds)} seed{'s' * (len(seeds) > 1)}. "
                 "Medians (quartiles)." + lab.dagger(WORKERS))
    section.tables = [
        (f"By batch fraction, {ranks} ranks",
         ["fraction", "documents a step", "seconds per 100 iterations", "test accuracy after 100",
          "Spark: seconds per 100 iterations"],
         [[f"{f:g}", f"{of[f, ranks][0]['samples'] // ITERATIONS:,}", with_range(*seconds[f, ranks]),
           number(accuracy[f, ranks]), given(SPARK_FRACTIONS[f])] for f in FRACTIONS]),
        ("By workers, fraction 0.01",
         ["workers", "seconds per 100 iterations", "Spark: seconds per 100 iterations"],
         [[lab.named(w), with_range(*seconds[0.01, w]) if w in WORKERS else "–",
           given(SPARK_WORKERS.get(w))] for w in sorted({*WORKERS, *SPARK_WORKERS})])]
    section.plots = [(draw(lab, seconds, ranks), "seconds per 100 iterations")]
    section.columns = ["fraction", "workers", "oversubscribed", "seed", "iterations", "documents",
                       "train_seconds", "seconds_per_100_iterations", "test_accuracy"]
    section.rows = [[*fraction_and_ranks(r), r.oversubscribed, r.seed, r["iteration"], r["samples"],
                     r["train_seconds"], per_100(r), r["test_accuracy"]] for r in records]
    section.reading = reading(lab, seconds, ranks,
                              of[1.0, ranks][0]["samples"] / of[FRACTIONS[0], ranks][0]["samples"])
    section.differences = [
        "On Spark a step takes most of a second however small it is: tasks are scheduled, results serialised. "
        "Here a step costs its documents and a few messages. Numbers of workers that one "
        "side did not measure are left out, not interpolated."]
    return section


def fraction_and_ranks(record):
    return float(record.stored["options"]["batch-fraction"]), record.ranks


def per_100(record):
    return record["train_seconds"] / record["iteration"] * 100


def reading(lab, seconds, ranks, growth):
    low, high = seconds[FRACTIONS[0], ranks][1], seconds[1.0, ranks][1]
    lines = [f"{growth:,.0f} times the documents per step cost {number(high / low)} times the seconds here; "
             f"on Spark, a thousand times as many cost "
             f"{number(SPARK_FRACTIONS[1.0] / SPARK_FRACTIONS[0.001], 2)} times; at 0.01 ours takes "
             f"{number(seconds[0.01, ranks][1])} s where Spark took {given(SPARK_FRACTIONS[0.01])} s."]
    own = max(w for w in WORKERS if w <= lab.cores)
    if own > 1:
        lines.append(f"{own} ranks do a step of 1 % in {number(seconds[0.01, own][1] / seconds[0.01, 1][1], 2)} "
                     "times the time of one.")
    return lines


def draw(lab, seconds, ranks):
    figure, panels = plotting.plt.subplots(2, 2, figsize=(9.5, 7), sharex="col",
                                           gridspec_kw={"hspace": 0.36, "wspace": 0.25})
    paint = plotting.colour("spark")
    (ours, ours_workers), (theirs, theirs_workers) = panels
    middle = [seconds[f, ranks] for f in FRACTIONS]
    ours.plot(FRACTIONS, [q[1] for q in middle], color=plotting.BLUE, marker="o")
    ours.vlines(FRACTIONS, [q[0] for q in middle], [q[2] for q in middle], color=plotting.BLUE)
    ours.set_title(f"Here, by batch fraction ({ranks} ranks)")
    theirs.plot(list(SPARK_FRACTIONS), list(SPARK_FRACTIONS.values()), color=paint, marker="h")
    theirs.set_title("Spark, by batch fraction")
    theirs.set_xlabel("share of the training documents per step")
    for axes in (ours, theirs):
        axes.set_xscale("log")
        axes.set_yscale("log")
        plotting.log_axis(axes.yaxis)
        axes.set_ylabel("s per 100 iterations")
    plotting.plain_numbers(theirs.xaxis)
    theirs.set_ylim(40, 260)
    plotting.line_over_ranks(ours_workers, WORKERS, [seconds[0.01, w][1] for w in WORKERS], lab.cores,
                             system="lock-free")
    plotting.rank_axis(ours_workers, WORKERS, lab.cores)
    ours_workers.set_title("Here, by workers (fraction 0.01)")
    theirs_workers.plot(list(SPARK_WORKERS), list(SPARK_WORKERS.values()), color=paint, marker="h")
    theirs_workers.set_title("Spark, by workers (fraction 0.01)")
    for axes in (ours_workers, theirs_workers):
        axes.set_ylim(0, 1.08 * axes.get_ylim()[1])
        axes.set_xlabel("workers")
    ours.set_xlabel(theirs.get_xlabel())
    for axes in panels[0]:  # a shared axis labels the lower one alone
        axes.tick_params(labelbottom=True)
    plotting.save(figure, lab.plot("spark"))
    return "spark"
