"""Time to a goal on N nodes: epochs by the fitted law, seconds by the simulation with stragglers."""
from dataclasses import dataclass, replace

import closed_form
from epochs import Law
from exchange_simulation import Cluster, simulate

NODES = tuple(2 ** k for k in range(11))
DATASETS = {
    "RCV1": 23_149,
    "RCV1 swapped": 781_265,
    "1,000 × RCV1": 23_149_000,
    "1,000 × swapped": 781_265_000,
}
PASSES = 10  # of the goal that asks for no accuracy
SIMULATED_INTERVALS = 8
MANY_NODES = 256         # average by themselves:
FEWER_INTERVALS = 4
LOOKS_PER_INTERVAL = 16


@dataclass(frozen=True)
class Stragglers:
    """How nodes are late. Assumed, unless measured values are given."""
    spread: float = 0.1
    stall_every: float = 0.1
    stall: float = 1e-3


@dataclass(frozen=True)
class Goal:
    name: str
    laws: dict         # combine: epochs.Law

    @staticmethod
    def passes():
        """So many passes over the documents, wherever that leads."""
        return Goal(f"{PASSES} epochs", {"any": Law(PASSES, 0.0, 0.0, 0.0)})


@dataclass(frozen=True)
class Prediction:
    dataset: str
    network: str
    goal: str
    nodes: int
    combine: str
    exchanges: float      # in an epoch
    epochs: float
    seconds: float        # by the simulation
    formula_seconds: float
    lost_share: float     # of the time: exchanges, waiting, stalls
    speedup: float = 1.0


def predict(dataset, documents, setting, goal, nodes, stragglers, seed=1):
    """With whatever way of combining and number of exchanges ends the run soonest.
    @return None where exchanges take too long for anything that was measured."""
    if nodes == 1:
        combine, law = min(goal.laws.items(), key=lambda one: one[1].cost * one[1].one)
        combine, asked = combine if law.waits else "none", 1
        epochs = law.one
        formula = closed_form.run(law.cost * setting.machine.seconds_per_document, 0.0, 0.0, epochs * documents,
                                  documents)
    else:
        chosen = {name: best for name, law in goal.laws.items()
                  if (best := closed_form.best_exchanges(law, setting, nodes, documents)) is not None}
        if not chosen:
            return None
        combine = min(chosen, key=lambda name: chosen[name][2].seconds)
        law = goal.laws[combine]
        asked, epochs, formula = chosen[combine]
    share = documents / nodes
    interval = max(1, round(share / asked))
    outcome = _simulated(setting, law, nodes, interval, epochs * share, stragglers, seed)
    if nodes > 1:  # what the simulation makes of the interval decides on the epochs
        interval = max(interval, outcome.mean_interval)
        epochs = law.epochs(nodes, max(law.least, share / interval))
    per_document = law.cost * setting.machine.seconds_per_document
    seconds = _scaled(outcome, nodes, epochs * share)
    return Prediction(dataset, setting.label, goal.name, nodes, combine, share / interval, epochs, seconds,
                      formula.seconds, max(0.0, 1.0 - epochs * share * per_document / seconds))


def _simulated(setting, law, nodes, interval, documents, stragglers, seed):
    per_document = law.cost * setting.machine.seconds_per_document
    latency, visible = setting.times(nodes, law)
    longest = max(interval, latency / per_document)
    intervals = SIMULATED_INTERVALS if nodes < MANY_NODES else FEWER_INTERVALS
    simulated = max(1, round(min(documents, intervals * longest)))
    poll = max(1, round(setting.poll_seconds / per_document), round(longest / LOOKS_PER_INTERVAL))
    cluster = Cluster(nodes, per_document, latency, visible, poll, stragglers.spread,
                      stragglers.stall_every, stragglers.stall, law.waits)
    return simulate(cluster, simulated, interval, seed)


def _scaled(outcome, nodes, documents_per_node):
    """A longer run: its middle is longer, its end is not."""
    end = outcome.idle_seconds / nodes
    return (outcome.seconds - end) * documents_per_node * nodes / outcome.documents + end


def sweep(settings, goals, stragglers, nodes=NODES):
    """All of them. @return Predictions; speed-ups are over one node with the same goal.

    A goal without laws was reached too seldom to tell, and has no predictions."""
    rows = []
    for name, documents in DATASETS.items():
        for setting in settings:
            for goal in goals:
                curve = [predict(name, documents, setting, goal, n, stragglers) for n in nodes if goal.laws]
                rows += [replace(row, speedup=curve[0].seconds / row.seconds) for row in curve if row]
    return rows


def where_it_stops(curve, gain=1.1):
    """The largest number of nodes up to which every doubling gained at least a tenth."""
    curve = sorted(curve, key=lambda row: row.nodes)
    best = curve[0].nodes
    for before, after in zip(curve, curve[1:]):
        if after.speedup < gain * before.speedup:
            break
        best = after.nodes
    return best
