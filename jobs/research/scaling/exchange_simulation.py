"""Discrete-event simulation of nodes that compute and exchange weights, some of them late.

A node works through its documents at a random rate, with occasional stalls. After every `interval` documents it
posts its contribution and computes on. The exchange begins when every node has posted, takes its time, and each
node notices the result when it next looks (`poll`); bringing it in costs the node some of its time. A node posts
again only when the exchange before has ended, so a slow exchange makes the interval longer. A node that is through
with its documents takes part in the exchanges of the others until all are done; the last exchange is waited for,
and where nodes wait, every exchange.
"""
import heapq
import math
import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cluster:
    nodes: int
    seconds_per_document: float   # of a node, while it computes undisturbed
    latency: float                # s from the last post until the result could be seen
    visible: float                # s of every node's computing that an exchange takes away
    poll: int = 64                # documents between two looks
    spread: float = 0.0           # standard deviation of the time between two looks, relative
    stall_every: float = math.inf  # s of computing between two stalls of a node, on average
    stall: float = 0.0            # s of a stall, on average
    waits: bool = False           # a node that has posted computes nothing until it has the result


@dataclass
class Round:
    """One exchange."""
    posted: list = field(default_factory=list)    # times
    applied: list = field(default_factory=list)
    through: int = 0                              # nodes that had done all their documents when they posted
    waiting: list = field(default_factory=list)   # nodes with nothing else to do


@dataclass
class Outcome:
    documents: int
    seconds: float              # until the last node has the last result
    visible_seconds: float      # of all nodes together: exchanges, not waiting at the end
    idle_seconds: float         # of all nodes together: done, but others are not
    stalled_seconds: float
    rounds: list
    mean_interval: float        # documents of a node between two results
    mean_staleness: float       # documents of a node between post and result

    @property
    def documents_per_second(self):
        return self.documents / self.seconds


class _Node:
    def __init__(self, number, documents, seed):
        self.number = number
        self.left = documents
        self.since_post = 0
        self.since_result = 0
        self.posted = 0     # exchanges
        self.applied = 0
        self.finished = None    # when the last document was done
        self.draw = random.Random(seed * 1_000_003 + number)


class Simulation:
    """Deterministic: the same settings and seed give the same outcome."""

    def __init__(self, cluster, documents_per_node, interval, seed=1):
        if min(cluster.nodes, documents_per_node, interval, cluster.poll) < 1:
            raise ValueError("nodes, documents, interval and poll must be at least 1")
        self.cluster = cluster
        self.interval = interval
        self.share = documents_per_node
        self.nodes = [_Node(i, documents_per_node, seed) for i in range(cluster.nodes)]
        self.rounds = []
        self.visible = self.stalled = 0.0
        self.intervals, self.staleness = [], []
        self.events = [(0.0, i) for i in range(cluster.nodes)]
        self.end = 0.0

    def run(self):
        while self.events:
            now, number = heapq.heappop(self.events)
            self._look(self.nodes[number], now)
        idle = sum(self.end - node.finished for node in self.nodes)
        return Outcome(self.share * len(self.nodes), self.end, self.visible, idle, self.stalled,
                       self.rounds, _mean(self.intervals, self.share), _mean(self.staleness, 0.0))

    def _look(self, node, now):
        """A node has computed or waited until now, and looks what there is to do."""
        if node.left == 0 and node.finished is None:
            node.finished = now
        now = self._apply_what_is_ready(node, now)
        if node.applied == node.posted:
            if len(self.nodes) == 1 and node.left == 0 or self._is_last(node.applied - 1):
                self.end = max(self.end, now)
                return
            if len(self.nodes) > 1 and (node.since_post >= self.interval or node.left == 0):
                self._post(node, now)
        if node.left and not (self.cluster.waits and node.applied < node.posted):
            heapq.heappush(self.events, (now + self._compute(node), node.number))
        else:
            self._wait(node)

    def _is_last(self, number):
        """Whether the documents of all nodes are in this exchange."""
        return number >= 0 and self.rounds[number].through == len(self.nodes)

    def _ready(self, number):
        """When the result of an exchange can be seen; infinite while a node has not posted."""
        posted = self.rounds[number].posted
        return max(posted) + self.cluster.latency if len(posted) == len(self.nodes) else math.inf

    def _apply_what_is_ready(self, node, now):
        """@return when that is done."""
        if node.applied == node.posted or self._ready(node.applied) > now:
            return now
        self.rounds[node.applied].applied.append(now)
        node.applied += 1
        self.staleness.append(node.since_post)
        self.intervals.append(node.since_result)
        node.since_result = 0
        self.visible += self.cluster.visible
        return now + self.cluster.visible

    def _post(self, node, now):
        if node.posted == len(self.rounds):
            self.rounds.append(Round())
        current = self.rounds[node.posted]
        current.posted.append(now)
        current.through += node.left == 0
        node.posted += 1
        node.since_post = 0
        ready = self._ready(node.posted - 1)
        if math.isfinite(ready):
            for other in current.waiting:
                heapq.heappush(self.events, (ready, other))
            current.waiting.clear()

    def _wait(self, node):
        """Until the exchange that is under way can be seen."""
        ready = self._ready(node.posted - 1)
        if math.isfinite(ready):
            heapq.heappush(self.events, (ready, node.number))
        else:
            self.rounds[node.posted - 1].waiting.append(node.number)

    def _compute(self, node):
        """Documents until the next look. @return the seconds that they took."""
        documents = min(self.cluster.poll, node.left)
        if node.since_post < self.interval:
            documents = min(documents, self.interval - node.since_post)
        node.left -= documents
        node.since_post += documents
        node.since_result += documents
        seconds = documents * self.cluster.seconds_per_document
        if self.cluster.spread > 0.0:
            shape = 1.0 / self.cluster.spread ** 2
            seconds *= node.draw.gammavariate(shape, 1.0 / shape)
        if self.cluster.stall > 0.0 and math.isfinite(self.cluster.stall_every):
            if node.draw.random() < -math.expm1(-seconds / self.cluster.stall_every):
                stall = node.draw.expovariate(1.0 / self.cluster.stall)
                self.stalled += stall
                seconds += stall
        return seconds


def _mean(values, otherwise):
    return sum(values) / len(values) if values else float(otherwise)


def simulate(cluster, documents_per_node, interval, seed=1):
    return Simulation(cluster, documents_per_node, interval, seed).run()
