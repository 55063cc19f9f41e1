"""The fair comparison: what every strategy needs to come within 10 %, 1 % and 0.1 % of the optimum of
one objective, everything else equal.

1. The same per-document step for all, and each one's best step of one grid, chosen on other seeds.
2. Time to a target is epochs to it times seconds per epoch; the gap is (P(w) - D*) / P*.
3. Speed-up counts against the best serial program.
4. Weights are copied at fixed document counts and evaluated after the run.
5. Interleaved order, paired seeds, pinned ranks, medians, quartiles, bootstrap intervals.
6. The last weights, of all.
7. What the parts of the program contribute.
8. As many ranks as cores at most; data of other sparsities.
9. The objective beside scikit-learn's at equal epochs; the share of documents that pull.
10. Accuracies of the same test documents, paired.
"""
import math
from dataclasses import dataclass, field

import plotting
from optimum import certify, scikit_learn
from report import (METER_HEADER, Section, fixed, interval, listed, meter_cells, number, with_range)
from runner import Job, interleaved
from stats import (bootstrap_ratio, mean_paired_difference, median, quantile, quartiles, relative_gap,
                   time_to_target)
from systems import STRATEGIES, UNDISTURBED, workers

LAMBDA = 1e-4
TARGETS = (0.1, 0.01, 0.001)
BATCH = 10

# The same for all.
EQUAL = {"loss": "hinge", "regularizer": "l2", "lambda": f"{LAMBDA:g}", "bias": "on",
         "precision": "double", "regularization": "aggregated", "validation-fraction": 0,
         "batch-size": BATCH, "sampling": "permutation", "evaluate-train": None, **UNDISTURBED}

# The step falls by a factor per epoch until it is tiny: a step that falls like 1/t leaves the last
# weights fluctuating by about 1 %. A slower fall over more epochs comes nearer to the optimum.
STEPS = (0.05, 0.1, 0.2, 0.5)
EQUAL_STEP = 0.1


def falling(epochs):
    """To 1/78 of the first step over the run, whatever its length: 0.93 per epoch for 60."""
    return {"schedule": "decay", "decay": round(0.93 ** (60 / epochs), 4)}


def falling_slowly(epochs):
    """To 1/260 over the run: 0.975 per epoch for 220."""
    return {"schedule": "decay", "decay": round(0.975 ** (220 / epochs), 4)}


# What a strategy needs beyond the common settings. New ones are added here.
OWN = {"downpour": {"push-every": 20, "fetch-every": 20}}

# One change each, to lock-free as it is above. New switches are added here.
BASE = "as compared"
ABLATIONS = {
    BASE: {},
    "exact regularization: every weight is written at every batch": {"regularization": "exact"},
    "weights in float": {"precision": "float"},
    "meters off": {"meters": "off"},
    "batches drawn independently": {"sampling": "uniform"},
    "all features shared (plain Hogwild!)": {"private-features": 0},
    "one document per update": {"batch-size": 1},
    "one document per update, all features shared": {"batch-size": 1, "private-features": 0},
}

MEAN_TERMS = (20, 200)  # of the synthesised data sets
ON_OTHER_DATA = ("sequential", "lock-free", "locked", "atomic", "asynchronous")


@dataclass
class Plan:
    """How thorough to be."""
    seeds: range
    selection_seeds: range
    steps: tuple
    epochs: int
    sklearn_epochs: int
    long_seeds: range
    long_epochs: int
    long_strategies: tuple
    ablation_seeds: range
    ablation_epochs: int
    other_seeds: range
    other_terms: tuple
    other_epochs: int

    @staticmethod
    def of(lab):
        if lab.quick:
            return Plan(range(1, 3), range(101, 102), (EQUAL_STEP, 0.2), 36, 72, range(1, 2), 60,
                        ("sequential", "lock-free"), range(1, 3), 5, range(1, 3), (20,), 24)
        return Plan(range(1, 11), range(101, 103), STEPS, 60, 240, range(1, 4), 220,
                    ("sequential", *STRATEGIES), range(1, 6), 20, range(1, 6), MEAN_TERMS, 60)


@dataclass
class Outcome:
    """The runs of one competitor in one contest, seed by seed."""
    name: str
    ranks: int
    step: float
    records: list
    gaps: list = field(default_factory=list)     # per run: (epochs, seconds, gap) of each snapshot
    epochs: dict = field(default_factory=dict)   # target -> per run, epochs to it
    seconds: dict = field(default_factory=dict)  # target -> per run, seconds to it

    @staticmethod
    def measure(records, optimum):
        first = records[0]
        outcome = Outcome(first.label, first.ranks, step_of(first), records)
        outcome.gaps = [[(e["epoch"], e["train_seconds"],
                          relative_gap(e["train_objective"], optimum.dual, optimum.primal))
                         for e in r.evaluations] for r in records]
        for target in TARGETS:
            # A run that ends INVALID has no model, however good it was on the way.
            times = [time_to_target(points if r.valid else [], target)
                     for r, points in zip(records, outcome.gaps)]
            outcome.epochs[target] = [t[0] for t in times]
            outcome.seconds[target] = [t[1] for t in times]
        return outcome

    @property
    def seconds_per_epoch(self):
        return [r["train_seconds"] / r["epoch"] for r in self.records]

    @property
    def last_gap(self):
        return [points[-1][2] if r.valid else math.inf
                for r, points in zip(self.records, self.gaps)]

    def reached(self, target):
        return f"{sum(map(math.isfinite, self.seconds[target]))}/{len(self.records)}"


def step_of(record):
    return float(record.stored["options"]["learning-rate"])


# --- the story ----------------------------------------------------------------------------------

def run(lab):
    plan = Plan.of(lab)
    ranks = max(2, min(4, lab.cores))
    here = Contest(lab, "", certify(lab, lab.runner.train, LAMBDA))

    best_step = choose_steps(here, plan, ranks)
    equal, best = here.hold_together(
        plan.seeds, [[(s, p, EQUAL_STEP) for s, p in competitors(ranks)],
                     [(s, p, best_step[s, p]) for s, p in competitors(ranks)]], plan.epochs)
    long = here.hold(plan.long_seeds, [(s, 1 if s == "sequential" else ranks, EQUAL_STEP)
                                       for s in plan.long_strategies], plan.long_epochs,
                     falling_slowly(plan.long_epochs))
    sklearn = [scikit_learn(lab, lab.runner.train, LAMBDA, plan.sklearn_epochs, seed)
               for seed in plan.seeds]
    ablation = ablate(here, plan, ranks)
    others = [on_other_data(lab, plan, terms, ranks) for terms in plan.other_terms]
    return tell(lab, plan, ranks, here.optimum, equal, best, long, sklearn, ablation, others)


def competitors(ranks):
    """(strategy, ranks): the serial program, lock-free alone, everybody on all ranks."""
    return [("sequential", 1), ("lock-free", 1), *[(s, ranks) for s in STRATEGIES]]


class Contest:
    """Runs on one data set against its certified optimum."""

    def __init__(self, lab, data, optimum):
        self.lab, self.data, self.optimum = lab, data, optimum

    def job(self, strategy, ranks, step, epochs, seed, change=None, label=None):
        options = {**EQUAL, "strategy": strategy, **OWN.get(strategy, {}), "epochs": epochs,
                   "learning-rate": step, **falling(epochs), **(change or {})}
        batch = int(options["batch-size"]) * workers(strategy, ranks)
        # Copies of the weights twice per epoch; every other epoch in long runs.
        documents = self.optimum.documents * (0.5 if epochs <= 100 else 2)
        options["evaluate-every"] = max(1, round(documents / batch))
        return Job.make(label or strategy, ranks, options, seed, data=self.data,
                        keep_right=not self.data and change is None)

    def hold(self, seeds, who, epochs, change=None):
        """@param who  of (strategy, ranks, step)
        @return Outcomes by (strategy, ranks)"""
        return self.hold_together(seeds, [who], epochs, change)[0]

    def hold_together(self, seeds, groups, epochs, change=None):
        """Several contests with their runs interleaved, so that their times can be compared."""
        def competitor(strategy, ranks, step):
            return lambda seed: self.job(strategy, ranks, step, epochs, seed, change)

        everybody = list(dict.fromkeys(w for who in groups for w in who))
        records = self.lab.runner.run_all("fair", interleaved([competitor(*w) for w in everybody], seeds))
        return [{(s, p): self.measure(
            [r for r in records if (r.label, r.ranks, step_of(r)) == (s, p, step)])
                 for s, p, step in who} for who in groups]

    def measure(self, records):
        return Outcome.measure(sorted(records, key=lambda r: r.seed), self.optimum)


def choose_steps(contest, plan, ranks):
    """Each competitor's best step of the grid: the fewest epochs to 1 %, then the smallest gap at the
    end; medians over seeds that the comparison does not use."""
    by_step = [contest.hold(plan.selection_seeds, [(s, p, step) for s, p in competitors(ranks)],
                            plan.epochs) for step in plan.steps]
    return {key: min((outcomes[key] for outcomes in by_step),
                     key=lambda o: (median(o.epochs[0.01]), median(o.last_gap))).step
            for key in competitors(ranks)}


def ablate(contest, plan, ranks):
    """@return Outcomes by the name of the change"""
    def variant(name):
        return lambda seed: contest.job("lock-free", ranks, EQUAL_STEP, plan.ablation_epochs, seed,
                                        ABLATIONS[name], label=name)

    records = contest.lab.runner.run_all("fair", interleaved([variant(n) for n in ABLATIONS],
                                                             plan.ablation_seeds))
    return {name: contest.measure([r for r in records if r.label == name]) for name in ABLATIONS}


def on_other_data(lab, plan, terms, ranks):
    """@return mean terms, the optimum, and Outcomes on synthesised data of that sparsity"""
    data = synthesize(lab, terms)
    contest = Contest(lab, data, certify(lab, data, LAMBDA))
    who = [(s, 1 if s == "sequential" else ranks, EQUAL_STEP) for s in ON_OTHER_DATA]
    return terms, contest.optimum, contest.hold(plan.other_seeds, who, plan.other_epochs)


def synthesize(lab, terms):
    """@return the path of a data set in RCV1's shape whose documents have `terms` terms on average"""
    folder = lab.output / "data"
    output = folder / f"mean-terms-{terms}.h5"
    if not output.exists():
        text = folder / f"mean-terms-{terms}"
        lab.runner.call([lab.tools / "rcv1_synthesize", "--output-dir", text, "--train-documents",
                         20000, "--test-documents", 0, "--mean-terms", terms, "--quiet"])
        lab.runner.call([lab.tools / "rcv1_to_hdf5", "--vectors", text / "lyrl2004_vectors_train.dat",
                         "--topics", text / "rcv1-v2.topics.qrels", "--output", output, "--quiet"])
        for file in text.iterdir():
            file.unlink()
        text.rmdir()
    return str(output)


# --- the report ---------------------------------------------------------------------------------

def percent(fraction):
    return f"{100 * fraction:g} %"


def tell(lab, plan, ranks, optimum, equal, best, long, sklearn, ablation, others):
    serial = best_serial(best)
    theirs = [time_to_target(sklearn_points(run, optimum), 0.01)[1] for run in sklearn]
    section = Section(
        title="The fair comparison",
        shows="What every strategy needs to come within 10 %, 1 % and 0.1 % of the optimum of one objective, "
              "with everything else equal. A run that does not get there counts as infinitely long and "
              "stays in all medians.",
        settings=f"Objective `l2`, λ = {LAMBDA:g}, all {optimum.documents:,} training documents, double, batches of "
                 f"{BATCH}, every document once an epoch, step η · {falling(plan.epochs)['decay']:g}^epoch, {plan.epochs} "
                 f"epochs, "
                 f"{len(plan.seeds)} seeds{' (a quick run: too few for claims)' if lab.quick else ''}, {ranks} "
                 f"ranks.{lab.dagger([ranks])} The optimum lies between D* = {optimum.dual:.7f} and P* = "
                 f"{optimum.primal:.7f} (LIBLINEAR's dual value and the objective of its weights; apart by "
                 f"{optimum.certified:.1e} of P*); gap = (P(w) − D*) / P*. Copies of the weights at fixed "
                 "document counts are evaluated after the run. `downpour` keeps one rank as its server and "
                 f"sends every {OWN['downpour']['push-every']} batches.")
    section.tables = [
        contest_table(lab, f"The same step for all, η = {EQUAL_STEP:g}", equal, ranks, serial, theirs),
        contest_table(lab, f"Each one's best step of {', '.join(f'{s:g}' for s in plan.steps)}, chosen on "
                           f"{len(plan.selection_seeds)} other seed{'s' * (len(plan.selection_seeds) > 1)}",
                      best, ranks, serial, theirs),
        long_table(lab, plan, long),
        serial_table(plan, optimum, best, sklearn),
        quality_table(plan, optimum, best, sklearn, ranks),
        accuracy_table(lab, best, ranks),
        ("What the meters say, same step (medians)", ["strategy", "ranks", *METER_HEADER],
         [[s, lab.named(p), *meter_cells(o.records)] for (s, p), o in equal.items()]),
        ablation_table(plan, ablation),
        *[other_table(lab, plan, *other, ranks) for other in others]]
    section.plots = [(draw_gaps(lab, equal, long, plan), "gap over epochs and over seconds"),
                     (draw_times(lab, equal, best, ranks), "seconds to 1 % of the optimum")]
    section.reading = reading(lab, plan, ranks, optimum, equal, best, long, sklearn, serial, others)
    section.differences = [
        "The paper compares losses after 400 iterations with steps, λ and regularizers that differ between "
        "systems, and against its own single process. None of its figures can stand in these tables."]
    section.columns, section.rows = csv_rows(equal, best, long, ablation, others)
    return section


def best_serial(best):
    """The faster one of ours, each with its own best step."""
    return min((best["sequential", 1], best["lock-free", 1]), key=lambda o: median(o.seconds[0.01]))


def ratio_text(numerators, denominators, name):
    """A ratio of seconds with its interval; `name` is whose the denominators are."""
    if math.isinf(median(numerators)):
        return "not reached"
    if math.isinf(median(denominators)):
        return f"{name}: not reached"
    return interval(bootstrap_ratio(numerators, denominators))


def speed_up_text(serial, own):
    if math.isinf(median(own)):
        return "not reached"
    if math.isinf(median(serial)):
        return "that did not reach it"
    return interval(bootstrap_ratio(serial, own))


def contest_table(lab, caption, outcomes, ranks, serial, theirs):
    base = outcomes["lock-free", ranks]
    header = ["strategy", "ranks", "η", "s to 10 %", "s to 1 %", "reached 1 %", "reached 0.1 %",
              "epochs to 1 %", "ms per epoch", "last gap", "s to 1 %: ratio to lock-free",
              f"speed-up over our best serial run ({serial.name}, η = {serial.step:g})",
              "speed-up over scikit-learn"]
    rows = []
    for (s, p), o in outcomes.items():
        rows.append([
            s, lab.named(p), f"{o.step:g}", with_range(*quartiles(o.seconds[0.1])),
            with_range(*quartiles(o.seconds[0.01])), o.reached(0.01), o.reached(0.001),
            number(median(o.epochs[0.01])), number(1000 * median(o.seconds_per_epoch)),
            gap_text(median(o.last_gap)),
            "1" if o is base else ratio_text(o.seconds[0.01], base.seconds[0.01], "lock-free"),
            "1" if o is serial else speed_up_text(serial.seconds[0.01], o.seconds[0.01]),
            speed_up_text(theirs, o.seconds[0.01])])
    return (caption + ": medians (quartiles) [95 % bootstrap interval]; an interval from 0 or to ∞: in some "
            "resamples one side does not reach the target", header, rows)


def gap_text(gap):
    return "diverged" if math.isinf(gap) else f"{100 * gap:.2f} %"


def long_table(lab, plan, long):
    return (f"To 0.1 %: step {EQUAL_STEP:g} · {falling_slowly(plan.long_epochs)['decay']:g}^epoch, "
            f"{plan.long_epochs} epochs, {len(plan.long_seeds)} seed{'s' * (len(plan.long_seeds) > 1)}",
            ["strategy", "ranks", "s to 1 %", "s to 0.1 %", "reached 0.1 %", "epochs to 0.1 %", "smallest gap",
             "last gap"],
            [[s, lab.named(p), number(median(o.seconds[0.01])), number(median(o.seconds[0.001])),
              o.reached(0.001), number(median(o.epochs[0.001])),
              gap_text(median([min(g for _, _, g in points) for points in o.gaps])),
              gap_text(median(o.last_gap))] for (s, p), o in long.items()])


def sklearn_points(run, optimum):
    return [(k + 1, seconds, relative_gap(value, optimum.dual, optimum.primal))
            for k, (value, seconds) in enumerate(zip(run["objectives"], run["seconds"]))]


def serial_table(plan, optimum, best, sklearn):
    rows = []
    for key in (("sequential", 1), ("lock-free", 1)):
        o = best[key]
        rows.append([f"`{o.name}` on one rank, η = {o.step:g}",
                     *[number(median(o.seconds[t])) for t in TARGETS],
                     number(1000 * median(o.seconds_per_epoch))])
    times = [[time_to_target(sklearn_points(run, optimum), t)[1] for run in sklearn] for t in TARGETS]
    rows.append([f"scikit-learn `SGDClassifier`, its own step, {plan.sklearn_epochs} epochs", *[number(median(t)) for t in times],
                 number(1000 * median([run["seconds"][-1] / plan.sklearn_epochs for run in sklearn]))])
    rows.append([f"LIBLINEAR, dual coordinate descent: {number(optimum.seconds)} s to a gap of "
                 f"{optimum.certified:.0e}, reading text included", "–", "–", "–", "–"])
    return ("Serial programs: seconds to the targets (medians)",
            ["program", *[f"s to {percent(t)}" for t in TARGETS], "ms per epoch"], rows)


def at_epoch(points, epoch):
    """The gap of the snapshot at an epoch."""
    return min(points, key=lambda point: abs(point[0] - epoch))[2]


def quality_rows(plan, optimum, best, sklearn, ranks):
    """(epoch, scikit-learn's objective, ours, ours / its) at equal epochs: medians over seeds."""
    rows = []
    for epoch in (e for e in (1, 2, 5, 10, 20, 40, 60) if e <= plan.epochs):
        theirs = median([run["objectives"][epoch - 1] for run in sklearn])
        ours = [optimum.dual + optimum.primal * median([at_epoch(points, epoch) for points in
                                                       best[key].gaps])
                for key in (("sequential", 1), ("lock-free", ranks))]
        rows.append((epoch, theirs, ours, [value / theirs for value in ours]))
    return rows


def quality_table(plan, optimum, best, sklearn, ranks):
    return ("The objective at equal epochs beside scikit-learn's (same λ, bias a column of ones; medians)",
            ["epochs", "scikit-learn", "sequential", "ratio", f"lock-free, {ranks} ranks", "ratio"],
            [[epoch, fixed(theirs, 5), fixed(ours[0], 5), fixed(ratio[0], 4), fixed(ours[1], 5),
              fixed(ratio[1], 4)] for epoch, theirs, ours, ratio in
             quality_rows(plan, optimum, best, sklearn, ranks)])


def accuracy_table(lab, best, ranks):
    base = best["lock-free", ranks]
    rows = []
    for (s, p), o in best.items():
        difference, error = mean_paired_difference(
            [(a.right, b.right) for a, b in zip(o.records, base.records) if a.valid and b.valid])
        rows.append([s, lab.named(p), fixed(median([r["test_accuracy"] for r in o.records]), 4),
                     "–" if o is base else f"{difference:+.4f} ± {error:.4f}"])
    documents = len(base.records[0].right)
    return (f"Test accuracy with the best steps, {documents:,} documents, paired with lock-free's by seed and "
            "document",
            ["strategy", "ranks", "median", "difference ± standard error"], rows)


def ablation_table(plan, ablation):
    base = ablation[BASE]
    return (f"What the parts contribute: lock-free, η = {EQUAL_STEP:g}, {plan.ablation_epochs} epochs, "
            f"{len(plan.ablation_seeds)} seeds",
            ["change", "ms per epoch", "ratio", "last gap"],
            [[name, with_range(*(1000 * q for q in quartiles(o.seconds_per_epoch))),
              "1" if o is base else
              interval(bootstrap_ratio(o.seconds_per_epoch, base.seconds_per_epoch)),
              gap_text(median(o.last_gap))] for name, o in ablation.items()])


def other_table(lab, plan, terms, optimum, outcomes, ranks):
    base = outcomes["lock-free", ranks]
    return (f"Synthesised data, {terms} terms per document on average ({optimum.documents:,} documents, P* = "
            f"{optimum.primal:.5f}, {plan.other_epochs} epochs, {len(plan.other_seeds)} seeds)",
            ["strategy", "ranks", "s to 10 %", "s to 1 %", "reached 1 %", "epochs to 1 %", "ms per epoch",
             "last gap", "s to 1 %: ratio to lock-free", "colliding stores", "changes destroyed"],
            [[s, lab.named(p), number(median(o.seconds[0.1])), number(median(o.seconds[0.01])),
              o.reached(0.01), number(median(o.epochs[0.01])),
              number(1000 * median(o.seconds_per_epoch)), gap_text(median(o.last_gap)),
              "1" if o is base else ratio_text(o.seconds[0.01], base.seconds[0.01], "lock-free"),
              *meter_cells(o.records)[:2]] for (s, p), o in outcomes.items()])


def reading(lab, plan, ranks, optimum, equal, best, long, sklearn, serial, others):
    base = equal["lock-free", ranks]
    missed = [s for (s, p), o in equal.items() if p == ranks and math.isinf(median(o.seconds[0.01]))]
    lines = []
    if missed:
        lines.append(f"With the same step, {listed(f'`{s}`' for s in missed)} do not reach 1 % in most runs.")
    else:
        lines.append(f"With the same step every strategy reaches 1 % in most of its runs within {plan.epochs} "
                     "epochs.")
    slower, faster, same = [], [], []
    for (s, p), o in equal.items():
        if p != ranks or o is base or s in missed or "lock-free" in missed:
            continue
        ratio, low, high = bootstrap_ratio(o.seconds[0.01], base.seconds[0.01])
        entry = f"`{s}` ({number(ratio, 2)})"
        (slower if low > 1 else faster if high < 1 else same).append(entry)
    parts = [f"{kind} {listed(names)}" for kind, names in
             (("slower than lock-free to 1 %:", slower), ("faster:", faster),
              ("not to be told apart from it:", same)) if names]
    if parts:
        lines.append("Ratios of seconds: " + "; ".join(parts) + ".")
    winner = min((o for (s, p), o in best.items() if p == ranks), key=lambda o: median(o.seconds[0.01]))
    gain, low, high = bootstrap_ratio(serial.seconds[0.01], winner.seconds[0.01])
    if math.isfinite(median(winner.seconds[0.01])):
        gain, low, high = bootstrap_ratio(serial.seconds[0.01], winner.seconds[0.01])
        lines.append(
            f"With its own best step the fastest on {ranks} ranks is `{winner.name}` (η = {winner.step:g}): "
            f"{number(median(winner.seconds[0.01]))} s to 1 %, {number(gain, 2)} [{number(low, 2)}, "
            f"{number(high, 2)}] times as fast as our best serial run (`{serial.name}`, η = "
            f"{serial.step:g}, {number(median(serial.seconds[0.01]))} s).")
    theirs = median([time_to_target(sklearn_points(run, optimum), 0.01)[1] for run in sklearn])
    lines.append(f"scikit-learn takes {number(theirs)} s for that; LIBLINEAR solves the problem to "
                 f"{optimum.certified:.0e} in {number(optimum.seconds)} s, its reading of text included."
                 if math.isfinite(theirs) else
                 f"scikit-learn does not get there in {plan.sklearn_epochs} epochs; LIBLINEAR solves the problem to "
                 f"{optimum.certified:.0e} in {number(optimum.seconds)} s, its reading of text included.")
    there = [s for (s, p), o in long.items() if math.isfinite(median(o.seconds[0.001]))]
    lines.append((f"0.1 % is reached, in most runs of {plan.long_epochs} epochs with the slowly falling step, "
                  f"by {listed(f'`{s}`' for s in there)}" if there else
                  f"Nobody reaches 0.1 % in most runs of {plan.long_epochs} epochs with the slowly falling step")
                 + (f"; not by {listed(f'`{s}`' for s, _ in long if s not in there)}." if
                    there and len(there) < len(long) else "."))
    rows = quality_rows(plan, optimum, best, sklearn, ranks)
    worst = [max(rows, key=lambda row: row[3][k]) for k in (0, 1)]
    lines.append(f"At equal epochs the objective is at most {100 * (worst[0][3][0] - 1):+.2f} % from "
                 f"scikit-learn's with `sequential` (epoch {worst[0][0]}) and "
                 f"{100 * (worst[1][3][1] - 1):+.2f} % with lock-free (epoch {worst[1][0]}); after "
                 f"{rows[-1][0]} epochs {100 * (rows[-1][3][0] - 1):+.2f} % and "
                 f"{100 * (rows[-1][3][1] - 1):+.2f} %.")
    pulling = median([r["pulling_fraction"] for r in base.records if r["pulling_fraction"] is not None])
    lines.append(f"{100 * pulling:.0f} % of the documents pull on the weights; the others only read.")
    for terms, _, outcomes in others:
        o, locked = outcomes["lock-free", ranks], outcomes["locked", ranks]
        lines.append(f"With {terms} terms per document `locked` takes "
                     f"{interval(bootstrap_ratio(locked.seconds[0.1], o.seconds[0.1]), 2)} times lock-free's "
                     "seconds to 10 %.")
    if optimum.certified > 1e-4:
        lines.append("The optimum is not known well enough to judge 0.1 %.")
    return lines


def csv_rows(equal, best, long, ablation, others):
    columns = ["part", "strategy", "ranks", "oversubscribed", "learning_rate", "seed",
               *[f"{what}_to_{100 * t:g}_percent" for t in TARGETS for what in ("epochs", "seconds")],
               "seconds_per_epoch", "last_gap", "pulling_fraction", "contention_collisions",
               "contention_lost_fraction", "lock_wait_seconds", "staleness_median", "staleness_p99",
               "staleness_max", "test_accuracy"]
    rows = []
    parts = [("equal step", equal), ("best step", best), ("slow", long),
             ("ablation", {(name, o.ranks): o for name, o in ablation.items()}),
             *[(f"{terms} terms", outcomes) for terms, _, outcomes in others]]
    for part, outcomes in parts:
        for (name, ranks), o in outcomes.items():
            for i, r in enumerate(o.records):
                rows.append([part, name, ranks, r.oversubscribed, o.step, r.seed,
                             *[values[t][i] for t in TARGETS for values in (o.epochs, o.seconds)],
                             o.seconds_per_epoch[i], o.last_gap[i], *[r[c] for c in columns[14:]]])
    return columns, rows


# --- plots --------------------------------------------------------------------------------------

def median_curve(outcome):
    """Epochs, seconds, gaps: medians over seeds, snapshot by snapshot."""
    count = min(map(len, outcome.gaps))
    return [[median([points[i][k] for points in outcome.gaps]) for i in range(count)] for k in range(3)]


def draw_gaps(lab, equal, long, plan):
    figure, panels = plotting.plt.subplots(1, 3, figsize=(12.5, 5.2), sharey=True,
                                           gridspec_kw={"wspace": 0.07})
    shown = {key: o for key, o in equal.items() if key != ("lock-free", 1)}
    handles = {}
    for axes, outcomes, k in ((panels[0], shown, 1), (panels[1], shown, 0), (panels[2], long, 0)):
        for (s, p), o in outcomes.items():
            curve = median_curve(o)
            more = p > lab.cores
            look = {"color": plotting.colour(s), "marker": plotting.marker(s), "markersize": 7,
                    "linestyle": (0, (4, 2)) if more else (0, (1, 1)) if s == "sequential" else "-",
                    "linewidth": 1.4, "markerfacecolor": "white" if more else plotting.colour(s)}
            line, = axes.plot(curve[k], curve[2], markevery=[len(curve[k]) - 1],
                              label=f"{s}, {p} rank{'s' * (p > 1)}{' †' * more}", **look)
            handles.setdefault(line.get_label(), line)
        axes.set_yscale("log")
        for target in TARGETS:
            axes.axhline(target, color="#555555", linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    panels[0].set_xscale("log")
    plotting.plain_numbers(panels[0].xaxis)
    panels[0].set_xlabel("training seconds")
    panels[0].set_ylabel("gap to the optimum, (P − D*) / P*")
    panels[0].yaxis.set_major_formatter(plotting.FuncFormatter(lambda y, _: f"{100 * y:g} %"))
    panels[0].set_ylim(5e-4, 1.5)
    panels[0].set_title(f"Same step, {plan.epochs} epochs: over time")
    panels[1].set_title("the same over epochs")
    panels[1].set_xlabel("epochs")
    panels[2].set_title(f"step that falls slowly, {plan.long_epochs} epochs")
    panels[2].set_xlabel("epochs")
    figure.legend(handles=list(handles.values()), loc="upper center", bbox_to_anchor=(0.5, 0.01), ncol=5,
                  fontsize=9)
    plotting.save(figure, lab.plot("fair"))
    return "fair"


def draw_times(lab, equal, best, ranks):
    keys = list(equal)
    figure, axes = plotting.plt.subplots(figsize=(8, 5))
    reached = [v for outcomes in (equal, best) for o in outcomes.values() for v in o.seconds[0.01]
               if math.isfinite(v)]
    edge = 1.8 * max(reached, default=1.0)  # where "not reached" stands
    for i, key in enumerate(keys):
        for outcomes, shift in ((equal, 0.14), (best, -0.14)):
            o = outcomes[key]
            at, paint = len(keys) - 1 - i + shift, plotting.colour(key[0])
            low, middle, high = (min(v, edge) for v in quartiles(o.seconds[0.01]))
            lowest = min(min(o.seconds[0.01]), edge)
            highest = min(quantile(o.seconds[0.01], 1.0), edge)
            axes.plot([lowest, highest], [at, at], color=paint, linewidth=0.8, alpha=0.6)
            axes.plot([low, high], [at, at], color=paint, linewidth=3.5, alpha=0.6, solid_capstyle="butt")
            hollow = key[1] > lab.cores
            axes.plot(middle, at, "o" if shift > 0 else "D", color=paint, markersize=6.5,
                      markerfacecolor="white" if hollow else paint)
    axes.set_yticks(range(len(keys) - 1, -1, -1),
                    [f"{s}, {p} rank{'s' * (p > 1)}{' †' * (p > lab.cores)}" for s, p in keys])
    axes.set_xscale("log")
    plotting.log_axis(axes.xaxis)
    axes.grid(axis="y", visible=False)
    axes.axvline(edge, color="#888888", linewidth=0.8, linestyle=(0, (1, 2)))
    axes.text(edge, len(keys) - 0.35, "not reached", ha="center", va="bottom", fontsize=9, color="#555555")
    axes.set_xlabel("training seconds to within 1 % of the optimum")
    axes.set_title("Median, quartiles (thick) and range (thin)\n"
                   "disc: the same step for all; diamond: each one's best step"
                   + (f"; hollow: more ranks than the {lab.cores} cores" if ranks > lab.cores else ""), pad=20)
    plotting.save(figure, lab.plot("fair-times"))
    return "fair-times"
