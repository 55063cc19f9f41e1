"""What a feature costs that occurs, and one that does not: training with jobs/settings/fast.ini on
documents of the same number and length whose ids are drawn from more and more columns, and
scikit-learn's SGDClassifier on the same documents for as many epochs. A line for each number of
columns: how many of them occur; nanoseconds per entry and epoch of training, of the whole command
(with reading and evaluation) and of scikit-learn's training; the memory of a rank at the peak; and
what it has grown by for every occurring feature, compared with the first line of more than 65,536
features (with fewer an entry takes two bytes less). Started by jobs/research/benchmark_wide.sh;
build first."""
import json
import tempfile
import time
from pathlib import Path

import bench
import numpy as np
from stats import median

SETTINGS = Path(__file__).resolve().parents[1] / "settings" / "fast.ini"
TERMS = 50  # of a document
EXPONENT = 1.1  # of Zipf's law


def draw_ids(random, law, documents, features):
    """@return a row of ascending ids for each document, from 1."""
    size = documents * TERMS
    if law == "uniform":
        ids = random.integers(0, features, size)
    else:  # ranks by inverting the distribution function of a bounded power law
        most = features ** (1 - EXPONENT)
        ranks = (1 - random.random(size) * (1 - most)) ** (1 / (1 - EXPONENT))
        ids = np.minimum(ranks.astype(np.int64), features - 1)
        ids = ids * 2_654_435_761 % features  # frequent ids are not neighbours (Knuth's multiplier)
    return np.sort(ids.reshape(documents, TERMS), axis=1) + 1


def write_text(path, law, documents, features, last):
    """Binary features, and labels that a linear classifier finds."""
    random = np.random.default_rng(features)
    ids = draw_ids(random, law, documents, features)
    votes = (ids * 40_503 % 65_536 % 3 - 1).sum(axis=1) + random.normal(0, 2, documents)
    spacing = last // features
    with open(path, "w") as text:
        for vote, row in zip(votes, ids):
            terms = " ".join(f"{k * spacing}:1" for k in dict.fromkeys(row.tolist()))
            text.write(f"{'+1' if vote > 0 else '-1'} {terms}\n")


def train(options, programs, dataset):
    """@return the first and the last row of the log."""
    log = programs.work / "run.jsonl"
    ranks = ("mpirun", "-np", options.ranks) if options.ranks > 1 else ()
    programs.run([*ranks, programs.bin / "hogwild", "train", "--config", SETTINGS, "--train",
                  dataset, "--quiet", "--log", log, "--strategy", options.strategy,
                  *(("--gap", "0") if options.strategy == "dual" else ())])
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    log.unlink()
    return rows[0], rows[-1]


class ScikitLearn:
    """@note Training alone is timed, on a matrix in memory."""

    def __init__(self, text):
        from sklearn.datasets import load_svmlight_file
        self.matrix, self.labels = load_svmlight_file(str(text))

    def seconds(self, epochs):
        from sklearn.linear_model import SGDClassifier
        solver = SGDClassifier(loss="hinge", alpha=1e-4, max_iter=epochs, tol=None, random_state=1)
        begin = time.perf_counter()
        solver.fit(self.matrix, self.labels)
        return time.perf_counter() - begin


def measure(options, programs, features):
    """@return occurring features, ns per entry of training, of the command and of scikit-learn,
    and bytes of a rank at the peak."""
    text, dataset = programs.work / "train.txt", programs.work / "train.h5"
    write_text(text, options.law, options.documents, features,
               options.largest_id or features)
    programs.run([programs.bin / "svmlight_to_hdf5", "--input", text, "--output", dataset,
                  "--force", "--quiet"])
    entries = text.read_text().count(":")
    peer = None if options.no_peer else ScikitLearn(text)
    runs, theirs = [], []
    for _ in range(options.repeats):
        start, result = train(options, programs, dataset)
        runs.append(result)
        if peer:
            theirs.append(peer.seconds(round(result["epoch"])))

    def per_entry(seconds):
        return 1e9 * median(seconds) / (result["epoch"] * entries)
    return (start["occurring_features"], per_entry([r["train_seconds"] for r in runs]),
            per_entry([r["total_seconds"] for r in runs]), per_entry(theirs) if theirs else None,
            median([r["peak_rss_bytes"] for r in runs]) / options.ranks)


def report(options, programs):
    print(f"machine: {bench.machine()}; {options.documents} documents of {TERMS} {options.law} "
          f"ids, {options.ranks} ranks, {options.strategy}; medians of {options.repeats}")
    print(f"{'columns':>9} {'occurring':>10} {'train ns':>9} {'whole ns':>9} {'sklearn ns':>11} "
          f"{'MB':>7} {'bytes per feature':>18}")
    first, lines = None, []
    for bits in options.bits:
        occurring, own, whole, peer, peak = measure(options, programs, 1 << bits)
        lines.append(own)
        growth = f"{'-':>18}"
        if first:
            growth = f"{(peak - first[1]) / (occurring - first[0]):>18.1f}"
        elif occurring > 65_536:
            first = (occurring, peak)
        theirs = f"{peer:>11.2f}" if peer else f"{'-':>11}"
        print(f"{f'2^{bits}':>9} {occurring:>10} {own:>9.2f} {whole:>9.2f} {theirs} "
              f"{peak / 1e6:>7.1f} {growth}", flush=True)
    print(f"slowest / fastest: {max(lines) / min(lines):.2f}")


def main():
    parser = bench.parser("benchmark_wide.sh", __doc__)
    parser.add_argument("--documents", type=bench.positive, default=100_000, help="(100000)")
    parser.add_argument("--law", choices=("uniform", "zipf"), default="uniform",
                        help="of the ids (uniform)")
    parser.add_argument("--bits", default="14 16 18 20 22 24",
                        type=lambda text: [bench.positive(n) for n in text.split()],
                        help='logarithms of the numbers of columns ("14 16 18 20 22 24")')
    parser.add_argument("--largest-id", type=bench.positive,
                        help="spread the ids up to here (the number of columns)")
    parser.add_argument("--ranks", type=bench.positive, default=1, help="(1)")
    parser.add_argument("--strategy", default="lock-free", help="(lock-free)")
    parser.add_argument("--no-peer", action="store_true", help="leave scikit-learn out")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        report(options, bench.Programs(options.build_dir, Path(work)))


if __name__ == "__main__":
    bench.run_main("benchmark_wide", main)
