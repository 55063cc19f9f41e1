"""How many epochs N nodes need that exchange X times an epoch: measured on a replay (local_sgd.py), then a law
fitted to what was measured, so that the model can say something about nodes that were not."""
import concurrent.futures
import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import local_sgd
from datasets import load, with_bias
from optimum import bracket

# lambda * documents of RCV1's 23,149 training documents with lambda 1e-4. A subset is measured with the same product,
# and larger data are predicted with it: then the weights weigh as much against the documents, and SGD needs about as
# many epochs.
LAMBDA_TIMES_DOCUMENTS = 2.3149
TARGETS = (0.1, 0.01)
MOST_ERROR = 0.3  # of a law's logarithm, with which it may still serve to predict
DECAYS = (0.8, 0.9, 0.95)
ETAS = {"mean": (0.125, 0.25, 0.5, 1.0, 2.0), "sum": (0.03125, 0.0625, 0.125, 0.25, 0.5)}
BATCH_STEPS = (1.0, 4.0, 8.0, 16.0, 32.0, 64.0)  # learning rate times documents of the batch
EXTRAPOLATED = 4  # times the nodes of the largest that was seen to arrive
SEEDS = 3               # seeds per median where nothing is averaged yet, and the last weights fluctuate
FEW_NODES = (1, 2)
ANY = 0  # any large number of nodes: their sum is one large batch


@dataclass(frozen=True)
class Plan:
    """How much of a measurement."""
    documents: int = 3000
    nodes: tuple = (1, 2, 4, 8, 16, 32)
    exchanges: tuple = (1, 16)     # per epoch
    batches: tuple = (4, 16, 64, 256)  # per epoch, of any number of nodes
    limit: int = 80                # epochs


QUICK = Plan(documents=500, nodes=(1, 2, 8), exchanges=(1, 8), batches=(8, 64), limit=25)


def measure(dataset, category, plan, call, workers=2):
    """@param call  runs a command, as Runner.call.
    @return rows: nodes, exchanges per epoch, combine, target, epochs (None: not within the limit), eta, decay."""
    problem = subset(dataset, category, plan.documents, call)
    cases = [(1, 1, "mean")]
    cases += [(n, x, c) for n in plan.nodes if n > 1 for c in ETAS for x in plan.exchanges
              if c == "mean" or x == max(plan.exchanges)]
    cases += [(ANY, x, "sum") for x in plan.batches]
    cases.sort(key=lambda case: -case[0] * case[1])  # the long ones first, so that all workers end together
    with concurrent.futures.ProcessPoolExecutor(workers, initializer=_take, initargs=(problem,)) as pool:
        rows = [row for rows in pool.map(_measure_case, cases, [plan.limit] * len(cases)) for row in rows]
    return sorted(rows, key=lambda row: (row["combine"], -row["target"], row["nodes"], row["exchanges"]))


def subset(dataset, category, documents, call):
    """The first documents of a data set, which conversion has shuffled, with their certified optimum."""
    from sklearn.datasets import dump_svmlight_file  # pylint: disable=import-outside-toplevel
    matrix, labels = load(dataset, category, np.float64)
    matrix, labels = matrix[:documents], labels[:documents]
    lam = LAMBDA_TIMES_DOCUMENTS / matrix.shape[0]
    with tempfile.TemporaryDirectory(prefix="hogwild-scaling-") as folder:
        text = Path(folder, "subset.svm")
        dump_svmlight_file(matrix, labels, str(text), zero_based=False)
        found = bracket(call, text, with_bias(matrix), labels, lam)
    return local_sgd.Problem(with_bias(matrix), labels, lam, found["dual"], found["primal"])


_PROBLEM = []


def _take(problem):
    _PROBLEM.append(problem)  # once per worker: it is large


def _measure_case(case, limit):
    nodes, exchanges, combine = case
    problem = _PROBLEM[0]
    if nodes == ANY:
        schedules = _schedules(step * exchanges / problem.documents for step in BATCH_STEPS)

        def run(seed):
            return local_sgd.epochs_of_batches(problem, exchanges, schedules, TARGETS, limit, seed)
    else:
        schedules = _schedules(ETAS[combine])
        interval = max(1, problem.documents // (nodes * exchanges))

        def run(seed):
            return local_sgd.epochs_needed(problem, nodes, interval, combine, schedules, TARGETS, limit, seed)
    runs = [run(seed) for seed in range(1, 1 + (SEEDS if nodes in FEW_NODES else 1))]
    rows = []
    for target, found in zip(TARGETS, zip(*runs)):
        epochs, schedule = sorted(found, key=lambda one: one[0])[len(found) // 2]
        rows.append({"nodes": nodes, "exchanges": exchanges, "combine": combine, "target": target,
                     "epochs": epochs if math.isfinite(epochs) else None,
                     "eta": schedule and schedule.eta, "decay": schedule and schedule.decay})
    return rows


def _schedules(etas):
    return [local_sgd.Schedule(eta, decay) for eta in etas for decay in DECAYS]


@dataclass(frozen=True)
class Law:
    """Epochs of N > 1 nodes with X exchanges per epoch: E(1) (1 + a (N - 1)^p X^-q)."""
    one: float
    a: float
    p: float
    q: float
    error: float = 0.0  # root of the mean squared error of log epochs, over what was measured
    points: int = 0
    least: float = 0.0  # exchanges per epoch that were measured
    most: int = 1
    reach: float = math.inf  # nodes beyond which nothing is said
    cost: float = 1.0        # time of a document over that of SGD
    waits: bool = False      # nodes do nothing during an exchange

    @property
    def unknowns(self):
        return 3 if self.p > 0.0 else 2

    @property
    def usable(self):
        return self.error <= MOST_ERROR

    def epochs(self, nodes, exchanges):
        """Infinite with fewer exchanges than were measured, or far more nodes: not measured."""
        if nodes == 1:
            return self.one
        if exchanges < self.least * (1.0 - 1e-9) or nodes > self.reach:
            return math.inf
        return self.one * (1.0 + self.a * (nodes - 1) ** self.p * exchanges ** -self.q)


def most_nodes(rows, target, combine):
    """The largest number of nodes that was seen to reach the target this way."""
    return max((row["nodes"] for row in rows if row["target"] == target and row["combine"] == combine
                and row["epochs"] is not None), default=1)


def fit_all(rows):
    """@return {(target, combine): Law or None}"""
    return {(target, combine): fit(rows, combine, target) for target in TARGETS for combine in ETAS}


def fit(rows, combine, target):
    """Least squares of log(E / E(1) - 1); needs several numbers of exchanges.

    The mean's epochs grow with the nodes, and those of dual. The sum's do not, once steps are small enough: its law is that of large
    batches, an upper bound for few nodes. What was not reached within the limit is left out: about that the law can
    only extrapolate.
    @return None where too little was reached."""
    rows = [row for row in rows if row["target"] == target and row["epochs"] is not None]
    one = next((row["epochs"] for row in rows if row["nodes"] == 1), None)
    many = [row for row in rows if row["combine"] == combine
            and (row["nodes"] == ANY if combine == "sum" else row["nodes"] > 1)]
    exchanges = {row["exchanges"] for row in many}
    by_nodes = combine != "sum"
    if one is None or len(exchanges) < 2 or (by_nodes and len({row["nodes"] for row in many}) < 2):
        return None
    # One part in fifty more is what a clock of epochs can tell from none.
    excess = np.array([max(row["epochs"] / one - 1.0, 0.02) for row in many])
    terms = [[1.0, -math.log(row["exchanges"])] + ([math.log(row["nodes"] - 1)] if by_nodes else [])
             for row in many]
    log_a, q, *p = np.linalg.lstsq(np.array(terms), np.log(excess), rcond=None)[0]
    law = Law(one, math.exp(log_a), max(0.0, *p, 0.0), max(q, 0.0), 0.0, len(many), min(exchanges), max(exchanges),
              EXTRAPOLATED * max(row["nodes"] for row in many) if by_nodes else math.inf)
    errors = [math.log(law.epochs(2 if row["nodes"] == ANY else row["nodes"], row["exchanges"]) / row["epochs"])
              for row in many]
    return replace(law, error=math.sqrt(np.mean(np.square(errors))))
