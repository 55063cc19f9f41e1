"""What averaging costs in documents: parallel SGD by many nodes, replayed in one process.

How many documents it takes to come near the optimum depends on the order of updates, not on a clock. So the
nodes take turns here, in lock-step, and 1,024 of them fit into one process: every node has its own part of the
documents and its own weights, makes one update per document, and every `interval` documents of each node all
weights are brought together. Several settings (learning rate, decay) run side by side on the same documents, so
that NumPy has long vectors even for one node.
"""
from dataclasses import dataclass

import numpy as np
import scipy.sparse

INFINITE = float("inf")


@dataclass(frozen=True)
class Schedule:
    """eta * decay^epoch, as `--schedule decay` has it."""
    eta: float
    decay: float


class Problem:
    """Mean hinge loss + lambda/2 |w|^2 on documents with a bias column, and where its optimum lies.

    @param dual, primal  the optimum's bracket, see jobs/research/experiments/optimum.py.
    """

    def __init__(self, matrix, labels, lam, dual, primal):
        matrix = scipy.sparse.csr_matrix(matrix, dtype=np.float32)
        used = np.flatnonzero(matrix.getnnz(axis=0))  # what never occurs stays zero
        self.matrix = matrix[:, used]
        self.labels = np.asarray(labels, dtype=np.float32)
        self.lam = lam
        self.dual, self.primal = dual, primal

    @property
    def documents(self):
        return self.matrix.shape[0]

    @property
    def features(self):
        return self.matrix.shape[1]

    def gap(self, weights):
        """Above the optimum, relative to it. @param weights  one column per setting."""
        margins = self.labels[:, None] * (self.matrix @ weights)
        values = (np.maximum(0.0, 1.0 - margins).mean(axis=0, dtype=np.float64)
                  + 0.5 * self.lam * np.square(weights, dtype=np.float64).sum(axis=0))
        return (values - self.dual) / self.primal


class Nodes:
    """The weights of all nodes under all settings, w = scale * v, so that shrinking is one multiplication."""

    def __init__(self, problem, nodes, schedules):
        self.problem = problem
        self.nodes = nodes
        self.schedules = schedules
        self.v = np.zeros((len(schedules), nodes, problem.features), np.float32)
        self.scale = np.ones(len(schedules))
        self.common = np.zeros((len(schedules), problem.features), np.float32)  # as of the last exchange, times
        self.common_scale = np.ones(len(schedules))                             # this

    def weights(self):
        """What a run that ends now would give: the mean. @return one column per setting."""
        return (self.scale[:, None] * self.v.mean(axis=1)).T

    def exchange(self, combine):
        """All weights become the nodes' mean, or the last common weights plus all nodes' changes."""
        if self.nodes == 1:
            return
        if combine == "mean":
            self.common = self.v.mean(axis=1)
        else:
            old = (self.common_scale / self.scale)[:, None] * self.common
            self.common = old + (self.v.sum(axis=1) - self.nodes * old)
        self.common_scale = self.scale.copy()
        self.v[:] = self.common[:, None, :]

    def epoch(self, number, parts, random, interval, combine, until_exchange):
        """Every node goes over its part once, in a new order. @return documents left until the next exchange."""
        eta = np.array([s.eta * s.decay ** number for s in self.schedules])
        steps = min(len(part) for part in parts)
        # documents in the order of time: all nodes' first ones, all nodes' second ones, …
        order = np.stack([random.permutation(part)[:steps] for part in parts], axis=1).ravel()
        rows = self.problem.matrix[order]
        signs = self.problem.labels[order]
        settings, features = len(self.schedules), self.problem.features
        lengths = np.diff(rows.indptr)
        node_of_entry = np.repeat(np.tile(np.arange(self.nodes), steps), lengths)
        place = node_of_entry * features + rows.indices
        flat = self.v.reshape(settings, self.nodes * features)
        for step in range(steps):
            first, last = step * self.nodes, (step + 1) * self.nodes
            begin, end = rows.indptr[first], rows.indptr[last]
            values, at = rows.data[begin:end], place[begin:end]
            starts = rows.indptr[first:last] - begin
            y = signs[first:last]
            margins = y * np.add.reduceat(flat[:, at] * values, starts, axis=1) * self.scale[:, None]
            self.scale *= 1.0 - eta * self.problem.lam
            change = np.where(margins < 1.0, y, 0.0) * (eta / self.scale)[:, None]
            flat[:, at] += np.repeat(change.astype(np.float32), lengths[first:last], axis=1) * values
            until_exchange -= 1
            if until_exchange == 0:
                self.exchange(combine)
                until_exchange = interval
        return until_exchange


class Batches:
    """What any number of nodes comes to when they sum their changes very often: steps on large batches."""

    def __init__(self, problem, batches, schedules):
        self.problem = problem
        self.batches = batches  # per epoch
        self.schedules = schedules
        self.w = np.zeros((problem.features, len(schedules)), np.float32)

    def weights(self):
        return self.w

    def epoch(self, number, random):
        eta = np.array([s.eta * s.decay ** number for s in self.schedules], np.float32)
        for batch in np.array_split(random.permutation(self.problem.documents), self.batches):
            rows, y = self.problem.matrix[batch], self.problem.labels[batch][:, None]
            pull = np.where(y * (rows @ self.w) < 1.0, y, np.float32(0.0)) * eta
            self.w *= (1.0 - eta * self.problem.lam) ** len(batch)
            self.w += rows.T @ pull


def epochs_needed(problem, nodes, interval, combine, schedules, targets, limit, seed=1):
    """How many epochs it takes until the nodes' mean is near the optimum, under the best of the schedules.

    @param interval  documents of each node between two exchanges.
    @param targets   relative gaps, descending.  @param limit  epochs after which the simulation stops.
    @return for each target (epochs, the schedule that was first); epochs are infinite if no schedule got there.
    """
    random = np.random.default_rng(seed)
    parts = np.array_split(random.permutation(problem.documents), nodes)
    state = Nodes(problem, nodes, schedules)
    left = [interval]

    def epoch(number):
        left[0] = state.epoch(number, parts, random, interval, combine, left[0])
    return _first_to_arrive(problem, state, epoch, schedules, targets, limit)


def epochs_of_batches(problem, batches, schedules, targets, limit, seed=1):
    """The same for Batches."""
    random = np.random.default_rng(seed)
    state = Batches(problem, batches, schedules)
    return _first_to_arrive(problem, state, lambda number: state.epoch(number, random), schedules, targets, limit)


def _first_to_arrive(problem, state, epoch, schedules, targets, limit):
    found = [(INFINITE, None)] * len(targets)
    before = problem.gap(state.weights())
    for number in range(limit):
        with np.errstate(over="ignore", invalid="ignore"):  # steps that are too large diverge
            epoch(number)
            gap = problem.gap(state.weights())
        for k, target in enumerate(targets):
            arrived = np.flatnonzero(gap <= target)
            if found[k][1] is None and len(arrived) > 0:
                passed = [(number + crossing(before[j], gap[j], target), schedules[j]) for j in arrived]
                found[k] = min(passed, key=lambda one: one[0])
        if found[-1][1] is not None:
            break
        before = gap
    return found


def crossing(before, after, target):
    """The part of an epoch after which the gap, which shrinks by a factor at a time, passed the target."""
    if not before > target or after <= 0.0:
        return 1.0
    return float(np.log(before / target) / np.log(before / after))
