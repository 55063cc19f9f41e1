"""Competitors, their settings, numbers of runs and results. New strategies' own options go into OWN,
new switches of lock-free into ABLATIONS."""
import math
from dataclasses import dataclass, field

from optimum import certify
from runner import Job, interleaved
from stats import median, relative_gap, time_to_target
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
    "all features shared (plain Hogwild!)": {"hot-features": 0},
    "one document per update": {"batch-size": 1},
    "one document per update, all features shared": {"batch-size": 1, "hot-features": 0},
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


def competitors(ranks):
    """(strategy, ranks): the serial program, lock-free alone, all strategies on all ranks."""
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

        everyone = list(dict.fromkeys(w for who in groups for w in who))
        records = self.lab.runner.run_all("fair", interleaved([competitor(*w) for w in everyone], seeds))
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
