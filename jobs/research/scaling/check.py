"""The simulation beside real runs: documents per second and the visible part of the exchanges, on few nodes.

Nodes are groups of this machine (--replicas-per-node, a rank each), or what a launcher starts, such as
tests/cluster/simulated_nodes.sh."""
import json
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path

from closed_form import WEIGHT_BYTES, Machine, Setting
from exchange_simulation import Cluster, simulate
from measure import exchange, network_of
from stats import median

TRAINING = ("--strategy", "lock-free", "--batch-size", "1", "--precision", "float", "--regularizer", "l2",
            "--validation-fraction", "0", "--sampling", "permutation", "--learning-rate", "0.5", "--schedule",
            "decay", "--decay", "0.9", "--evaluate-every", "0", "--meters", "off", "--combine", "mean")


@dataclass(frozen=True)
class Checked:
    nodes: int
    exchanges: float                 # per epoch asked for
    measured_per_second: float       # documents of all nodes
    simulated_per_second: float
    measured_visible: float          # share of the time of the node that lost most
    simulated_visible: float
    oversubscribed: bool


class Nodes:
    """Starts hogwild on N nodes of a rank each."""

    def __init__(self, lab, launcher=""):
        self.lab = lab
        self.launcher = launcher  # text with {hosts}: "0:1,1:1"

    def words(self, nodes):
        """@return (what comes before hogwild, or None for mpirun on this machine; ranks; hogwild's options)"""
        if not self.launcher:
            return None, nodes, ["--replicas-per-node", str(nodes)] if nodes > 1 else []
        hosts = ",".join(f"{k}:1" for k in range(nodes))
        return shlex.split(self.launcher.format(hosts=hosts)), None, []

    def train(self, dataset, nodes, exchanges, epochs, documents, seed):
        """@return the result row of the log."""
        before, ranks, options = self.words(nodes)
        if nodes > 1:
            options += ["--exchange-every", str(max(1, round(documents / exchanges)))]
        category = ["--category", self.lab.runner.category] if self.lab.runner.category else []
        with tempfile.TemporaryDirectory(prefix="hogwild-scaling-") as folder:
            log = Path(folder, "run.jsonl")
            self.lab.runner.call([*(before or []), self.lab.tools / "hogwild", "train", "--train", dataset,
                                  *category, *TRAINING, *options, "--epochs", str(epochs), "--seed", str(seed),
                                  "--quiet", "--log", log],
                                 ranks=ranks, pinned=ranks is not None and ranks <= self.lab.cores,
                                 what=f"hogwild train on {nodes} nodes")
            return json.loads(log.read_text().splitlines()[-1])

    def report(self, quick):
        """What an exchange costs there."""
        before, _, _ = self.words(2)
        return exchange(self.lab, quick, before)


@dataclass(frozen=True)
class Trial:
    """Which runs are compared."""
    nodes: Nodes
    dataset: str
    documents: int
    weights: int
    epochs: int
    seeds: int

    def run(self, count, exchanges):
        return [self.nodes.train(self.dataset, count, exchanges, self.epochs, self.documents, seed)
                for seed in range(1, self.seeds + 1)]


def touch_seconds(trial, net):
    """What bringing in a result takes per weight: from runs on two nodes with an exchange per epoch, less what the
    messages take."""
    runs = trial.run(2, 1)
    each = median([run["exchange"]["visible_seconds"] / max(1, run["exchange"]["exchanges"]) for run in runs])
    return max(0.0, each - Setting(None, net, trial.weights).exchange(2).visible) / trial.weights


def check(lab, dataset, documents, weights, counts, quick, launcher="", exchanges=(2, 8)):
    """@param counts  of nodes, from 1 on.
    @return one Checked per count and number of exchanges; seconds per weight that an exchange takes."""
    nodes = Nodes(lab, launcher)
    trial = Trial(nodes, dataset, documents, weights, *((20, 1) if quick else (60, 3)))
    alone = median([run["samples_per_second"] for run in trial.run(1, 1)])
    net = network_of(nodes.report(quick), "these nodes", WEIGHT_BYTES * weights)
    touch = touch_seconds(trial, net)
    rows = [Checked(1, 0, alone, alone, 0.0, 0.0, False)]
    for count in counts:
        for asked in exchanges if count > 1 else ():
            runs = trial.run(count, asked)
            # More nodes than cores take turns on them.
            crowding = max(1.0, count / lab.cores)
            setting = Setting(Machine(crowding / alone, 0.0, 1), net, weights=weights, touch_seconds=touch)
            outcome = _simulated(setting, count, documents * trial.epochs // count, documents // count // asked)
            rows.append(Checked(
                count, asked, median([run["samples_per_second"] for run in runs]),
                outcome.documents_per_second,
                median([run["exchange"]["visible_seconds"] / run["train_seconds"] for run in runs]),
                outcome.visible_seconds / count / outcome.seconds, count > lab.cores))
    return rows, touch


def _simulated(setting, count, documents, interval):
    per_document = setting.machine.seconds_per_document
    poll = max(1, round(setting.poll_seconds / per_document))
    return simulate(Cluster(count, per_document, setting.latency(count), setting.visible(count), poll),
                    documents, interval)
