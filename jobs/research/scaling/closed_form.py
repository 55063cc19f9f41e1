"""The model in formulas: nodes that are all equally fast and never late. The simulation adds what happens when they
are not (exchange_simulation.py); without stalls both agree."""
import math
from dataclasses import dataclass

import network

WEIGHT_BYTES = 4  # of --precision float


@dataclass(frozen=True)
class Machine:
    """One node, as measured."""
    document_seconds: float      # of one rank without merges
    merge_seconds: float         # of one merge of a rank's hot head
    ranks: int                   # per node

    @property
    def merge_every(self):
        """Documents of a rank between two merges: what --merge-every auto chooses."""
        return max(32, 256 // self.ranks)

    @property
    def seconds_per_document(self):
        """Of the node: wall clock of all its ranks together."""
        merging = self.merge_seconds / self.merge_every if self.ranks > 1 else 0.0
        return (self.document_seconds + merging) / self.ranks


@dataclass(frozen=True)
class Setting:
    """What is trained where."""
    machine: Machine
    net: network.Network
    weights: int = 47_237        # RCV1's features and the bias
    poll_seconds: float = 1e-4   # between two looks at an exchange
    touch_seconds: float = 2e-9  # per weight: copying it for an exchange, adding the result
    algorithm: str = "open-mpi"

    @property
    def label(self):
        return f"{self.net.name}, {self.algorithm} allreduce"

    def exchange(self, nodes):
        return network.allreduce(self.net, nodes, WEIGHT_BYTES * self.weights, self.algorithm)

    def latency(self, nodes):
        """From the last node's post until a node that computes can see the result."""
        return network.hidden_latency(self.exchange(nodes), self.poll_seconds, self.net.looks)

    def visible(self, nodes):
        """Seconds of computing that an exchange takes from a node's leader, for whom the others wait in the end."""
        if nodes == 1:
            return 0.0
        return self.exchange(nodes).visible + self.touch_seconds * self.weights

    def waited_for(self, nodes):
        """Seconds of an exchange during which nodes do nothing else. Its messages hold weights in double."""
        if nodes == 1:
            return 0.0
        exchange = network.allreduce(self.net, nodes, 2 * WEIGHT_BYTES * self.weights, self.algorithm)
        return exchange.latency + 2 * self.touch_seconds * self.weights

    def times(self, nodes, law):
        """@return (seconds until a result can be seen, seconds that an exchange takes from training)"""
        if law.waits:
            return 0.0, self.waited_for(nodes)
        return self.latency(nodes), self.visible(nodes)


@dataclass(frozen=True)
class Run:
    seconds: float
    interval: float       # documents of a node between two exchanges, as it really comes out
    exchanges: int
    visible_share: float  # of the time, waiting for the last exchange included


def run(seconds_per_document, latency, visible, documents, interval, poll=1):
    """Nodes with `documents` each that post every `interval` documents, or when the exchange before is seen if that
    is later. The last exchange has the documents of all nodes, and all nodes wait for it.

    @param poll  documents between two looks.
    """
    if latency == 0.0 and visible == 0.0:
        return Run(documents * seconds_per_document, interval, 0, 0.0)
    until_seen = math.ceil(latency / (poll * seconds_per_document) - 1e-9) * poll
    between = max(interval, until_seen)
    after_first = math.ceil((documents - interval) / between - 1e-9) if documents > interval else 0
    computing = documents * seconds_per_document
    waiting = 0.0
    if after_first > 0:  # the exchange before the last may not be there yet when the documents are done
        rest = (documents - interval - (after_first - 1) * between) * seconds_per_document
        waiting = max(0.0, latency - rest)
    exchanges = 1 + after_first
    lost = exchanges * visible + waiting + latency
    return Run(computing + lost, between, exchanges, lost / (computing + lost))


def best_exchanges(law, setting, nodes, documents):
    """Exchanges per epoch that end the run soonest by the formulas: a power of two, of those that were measured.
    @return (exchanges asked for, epochs, Run); None where none is to be had so often."""
    asked = max(1, math.ceil(law.least))
    candidates = []
    while asked <= law.most:
        epochs, outcome = timed(law, setting, nodes, documents, asked)
        if outcome is not None:
            candidates.append((asked, epochs, outcome))
        asked *= 2
    return min(candidates, key=lambda one: one[2].seconds, default=None)


def timed(law, setting, nodes, documents, exchanges):
    """@param documents  of the data set.
    @return (epochs, Run) with this number of exchanges requested per epoch; (infinite, None) if that was not measured."""
    share = documents / nodes
    interval = max(1.0, share / exchanges)
    latency, visible = setting.times(nodes, law)
    per_document = law.cost * setting.machine.seconds_per_document
    # Where exchanges take longer than the interval there are fewer of them.
    real = share / max(interval, latency / per_document)
    epochs = law.epochs(nodes, real)
    if math.isinf(epochs):
        return epochs, None
    return epochs, run(per_document, latency, visible, epochs * share, interval)
