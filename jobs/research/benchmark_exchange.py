"""What exchanges of a wide model cost, by --exchange-format and --exchange-precision: training between
simulated nodes (tests/cluster/simulated_nodes.sh), a rank on each, with a network as slow as asked for
(tc netem). Documents have frequent features by Zipf's law and rare ones that hardly any other document
has, so that all columns occur. With --continue a model of these documents is what all nodes begin with,
and they train on new ones without such rare features, as a large model that is kept up to date. A line for each run, in turns: exchanges, bytes passed to MPI and bytes
that left the nodes' interfaces, visible seconds of the exchanges, seconds of training, the objective.
Started by jobs/research/benchmark_exchange.sh; build first; needs root."""
import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path

import bench
import numpy as np
from scipy import sparse

ROOT = Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / "tests" / "cluster" / "simulated_nodes.sh"
SETTINGS = ROOT / "jobs" / "settings" / "fast.ini"
FREQUENT = 50    # terms of a document by Zipf's law
EXPONENT = 1.1   # of this law
FORMATS = {"dense": ("--exchange-format", "dense"),
           "sparse": ("--exchange-format", "sparse"),
           "bfloat16": ("--exchange-format", "sparse", "--exchange-precision", "bfloat16"),
           "auto": (),
           "none": ("--exchange-format", "sparse")}  # but at the end of training
NEVER = 10**15  # documents


def draw(documents, features, each):
    """@param each  rare features of a document.
    @return a matrix of ones and labels that a linear classifier finds."""
    random = np.random.default_rng(features + each)
    most = features ** (1 - EXPONENT)
    uniform = random.random((documents, FREQUENT))
    ranks = (1 - uniform * (1 - most)) ** (1 / (1 - EXPONENT))
    frequent = np.minimum(ranks.astype(np.int64), features - 1) * 2_654_435_761 % features
    rare = random.permutation(np.arange(documents * each) % features).reshape(documents, each)
    ids = np.concatenate([frequent, rare], axis=1)
    votes = (ids * 40_503 % 65_536 % 3 - 1).sum(axis=1) + random.normal(0, 2, documents)
    starts = np.arange(documents + 1, dtype=np.int64) * ids.shape[1]
    matrix = sparse.csr_matrix((np.ones(ids.size, np.float32), ids.ravel().astype(np.int32), starts),
                               shape=(documents, features))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix, np.where(votes > 0, 1, -1)


def write(programs, dataset, documents, features, each):
    """Unless it is there."""
    if dataset.exists():
        return
    matrix, labels = draw(documents, features, each)
    rows, text = programs.work / "train.npz", programs.work / "labels.npy"
    sparse.save_npz(rows, matrix, compressed=False)
    np.save(text, labels)
    programs.run([programs.bin / "matrix_to_hdf5", "--input", rows, "--label-file", text, "--output",
                  dataset, "--features", features, "--normalize", "l2", "--quiet"])
    rows.unlink()


class Nodes:
    """Simulated nodes, with a network as slow as asked for."""

    def __init__(self, count, rate, delay):
        self.environment = dict(os.environ, SIMULATED_NODES_PREFIX="wirenode",
                                SIMULATED_NODES_SUBNET="10.83.0")
        self.count, self.rate, self.delay = count, rate, delay

    def __enter__(self):
        self.call("up", self.count)
        try:
            self.slow_down("netem", "rate", self.rate, "delay", self.delay, "limit", "100000")
            print(f"network: {self.rate}, {self.delay}")
        except bench.Failed:
            # Kernels without netem can limit the rate all the same.
            self.slow_down("tbf", "rate", self.rate, "burst", "256kb", "latency", "100ms")
            print(f"network: {self.rate}; no delay, for which this kernel lacks netem")
        return self

    def slow_down(self, *discipline):
        try:
            for node in range(self.count):
                self.call("on", node, "tc", "qdisc", "replace", "dev", "eth0", "root", *discipline)
        except bench.Failed:
            if discipline[0] != "netem":
                self.call("down")
            raise

    def __exit__(self, *exception):
        self.call("down")

    def call(self, *words):
        done = subprocess.run(["bash", str(SIMULATOR), *map(str, words)], env=self.environment,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise bench.Failed(done.returncode, f"{words[0]}: {done.stdout}{done.stderr}".strip())
        return done.stdout

    def sent(self):
        """Bytes that have left all nodes."""
        read = ("sh", "-c", "awk '/eth0:/ { print $10 }' /proc/net/dev")
        return sum(int(self.call("on", node, *read)) for node in range(self.count))


def train(options, programs, nodes, name, inputs):
    """@return the last row of the log, with bytes on the wire."""
    log = programs.work / "run.jsonl"
    before = nodes.sent()
    nodes.call("run", "-r", 1, "--", programs.bin / "hogwild", "train", *inputs,
               "--config", SETTINGS, "--learning-rate", options.learning_rate,
               "--epochs", options.epochs, "--combine", options.combine, "--exchange-every",
               NEVER if name == "none" else options.exchange_every, "--evaluate-train", "--log", log, "--quiet", *FORMATS[name])
    row = json.loads(log.read_text().splitlines()[-1])
    log.unlink()
    return {**row, "wire": nodes.sent() - before}


def line(name, row):
    exchange = row["exchange"]
    share = exchange["changed_share"]
    return (f"{name:9} {exchange['exchanges']:9.0f} {'' if share is None else f'{100 * share:.1f} %':>8}"
            f" {exchange['bytes'] / 1e6:9.1f} {row['wire'] / 1e6:9.1f}"
            f" {exchange['visible_seconds']:9.2f} {exchange['hidden_seconds']:9.2f}"
            f" {exchange['waiting_seconds']:9.2f} {row['train_seconds']:9.2f}"
            f" {row['train_objective']:.6f}")


def prepare(options, programs):
    """@return the options of what to train on, and from."""
    folder = options.data or programs.work
    every = folder / "every_column.h5"
    write(programs, every, options.documents, options.columns, -(-options.columns // options.documents))
    if not options.continue_:
        return "--train", every
    frequent, model = folder / "frequent.h5", folder / "model.h5"
    write(programs, frequent, options.documents, options.columns, 0)
    if not model.exists():
        programs.run(["mpirun", "-np", 1, programs.bin / "hogwild", "train", "--train", every, "--config",
                      SETTINGS, "--epochs", 4, "--model", model, "--quiet"])
    return "--train", frequent, "--initial-model", model


def main():
    made = bench.parser("benchmark_exchange", __doc__, repeats=3)
    made.add_argument("--nodes", type=bench.positive, default=3, help="(3)")
    made.add_argument("--documents", type=bench.positive, default=600_000, help="(600000)")
    made.add_argument("--columns", type=bench.positive, default=2**24, help="(16777216)")
    made.add_argument("--epochs", type=bench.positive, default=4, help="(4)")
    made.add_argument("--exchange-every", default="75000", help="documents of all nodes, or auto (75000)")
    made.add_argument("--learning-rate", default="auto", help="(auto)")
    made.add_argument("--combine", default="mean", help="(mean)")
    made.add_argument("--rate", default="1gbit", help="of every node's interface (1gbit)")
    made.add_argument("--delay", default="1ms", help="of what a node sends (1ms)")
    made.add_argument("--formats", default="none,dense,sparse,bfloat16",
                      help="(none,dense,sparse,bfloat16)")
    made.add_argument("--continue", action="store_true", dest="continue_",
                      help="training of a model of all columns")
    made.add_argument("--data", type=Path, metavar="DIR", help="keep data there, or take them from there")
    options = bench.parse(made)
    with contextlib.ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        programs = bench.Programs(options.build_dir, work)
        inputs = prepare(options, programs)
        nodes = stack.enter_context(Nodes(options.nodes, options.rate, options.delay))
        print(bench.machine())
        print(f"{'':9} {'exchanges':>9} {'changed':>8} {'MB to MPI':>9} {'MB sent':>9} {'visible s':>9}"
              f" {'hidden s':>9} {'waiting s':>9} {'train s':>9} objective", flush=True)
        for _ in range(options.repeats):
            for name in options.formats.split(","):
                print(line(name, train(options, programs, nodes, name, inputs)), flush=True)


if __name__ == "__main__":
    bench.run_main("benchmark_exchange", main)
