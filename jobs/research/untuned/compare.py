"""`hogwild train` without any option of training, on 1, 2 and 8 ranks, beside the best that
scikit-learn's SGDClassifier and LIBLINEAR (LinearSVC) reach with a small grid: lambda from 1e-1 to
1e-7 (and the intercept not regularised, their default), as the features are and divided by their
root mean squares, and for LIBLINEAR both its hinge losses. Of the grid the setting with the highest
accuracy + AUC + F1 on the test documents counts, which is more than anybody can choose who does
not know them. A line for each data set; its shape, the measures of both, and what is asked for:
not more than .003 below, certified within 1 % of the optimum, two ranks not slower than one.
Started by jobs/research/compare_untuned.sh; build first."""
import json
import sys
import tempfile
import time
import warnings
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))
sys.path.append(str(FOLDER.parent / "experiments"))
import bench  # noqa: E402
from stats import median  # noqa: E402

MEASURES = ("accuracy", "auc", "f1")
BELOW = 0.003
RCV1_FEATURES = 47_236
LARGE = 30_000_000  # entries from which the grid is coarser


def measures(labels, scores):
    from sklearn import metrics
    predicted = [1 if s > 0 else -1 for s in scores]
    return (metrics.accuracy_score(labels, predicted), metrics.roc_auc_score(labels, scores),
            metrics.f1_score(labels, predicted, zero_division=0))


class Grid:
    """The peers' settings: (name, scaled, estimator)."""

    def __init__(self, large):
        self.lambdas = [10.0 ** -k for k in range(1, 8, 2 if large else 1)]
        self.large = large

    def settings(self, documents, features):
        from sklearn.linear_model import SGDClassifier
        from sklearn.svm import LinearSVC
        for lam in self.lambdas:
            cost = 1.0 / (lam * documents)
            yield "SGD", lam, SGDClassifier(alpha=lam, max_iter=20, tol=1e-4, random_state=1)
            yield "LIBLINEAR -s 1 or 2", lam, LinearSVC(
                C=cost, dual=features > documents // 10, tol=1e-2, max_iter=200, random_state=1)
            if not self.large:
                yield "LIBLINEAR -s 3", lam, LinearSVC(C=cost, loss="hinge", tol=1e-2,
                                                       max_iter=200, random_state=1)


def scaled(matrix, like):
    import numpy as np
    import scipy.sparse as sp
    squares = np.asarray(like.multiply(like).mean(axis=0)).ravel()
    return (matrix @ sp.diags(1.0 / np.sqrt(np.where(squares > 0, squares, 1.0)))).tocsr()


def best_of_peers(divisions):
    """@return measures and name of the best setting, by the mean over the divisions."""
    import numpy as np
    totals = {}
    for matrix, labels, test, test_labels in divisions:
        grid = Grid(matrix.nnz > LARGE)
        forms = [("", matrix.astype(float), test.astype(float))]
        if not grid.large or matrix.shape[1] < 1000:
            forms.append((", scaled", scaled(forms[0][1], forms[0][1]),
                          scaled(forms[0][2], forms[0][1])))
        for form, own, others in forms:
            for name, lam, estimator in grid.settings(*matrix.shape):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    estimator.fit(own, labels)
                found = np.array(measures(test_labels, estimator.decision_function(others)))
                key = f"{name}{form}, {lam:.0e}"
                totals[key] = totals.get(key, 0.0) + found
    best = max(totals, key=lambda key: totals[key].sum())
    return totals[best] / len(divisions), best


class Peers:
    """Of earlier runs, too, if there is a file to keep them in: the grid takes most of the time."""

    def __init__(self, kept):
        self.kept = kept
        known = kept is not None and kept.exists()
        self.found = json.loads(kept.read_text()) if known else {}

    def best(self, name, divisions):
        import numpy as np
        key = f"{name}, {divisions[0][0].shape[0]} documents"
        if key not in self.found:
            values, best = best_of_peers(divisions)
            self.found[key] = {"measures": list(values), "setting": best}
            if self.kept is not None:
                self.kept.write_text(json.dumps(self.found, indent=1))
        return np.array(self.found[key]["measures"]), self.found[key]["setting"]


class Ours:
    def __init__(self, programs, work):
        self.programs, self.work = programs, work

    def convert(self, matrix, labels, name):
        import numpy as np
        import scipy.sparse as sp
        sp.save_npz(self.work / "x.npz", matrix, compressed=False)
        np.save(self.work / "y.npy", labels)
        output = self.work / f"{name}.h5"
        self.programs.run([self.programs.bin / "matrix_to_hdf5", "--input", self.work / "x.npz",
                           "--label-file", self.work / "y.npy", "--features", matrix.shape[1],
                           "--output", output, "--quiet"])
        return output

    def train(self, ranks, train, test):
        """@return the last line of the log."""
        log = self.work / "run.jsonl"
        self.programs.run(["mpirun", "-np", ranks, self.programs.bin / "hogwild", "train",
                           "--train", train, "--test", test, "--quiet", "--log", log])
        return [json.loads(line) for line in log.read_text().splitlines()]

    def results(self, divisions, ranks, repeats):
        """By number of ranks: measures, largest gap, median training seconds, lambdas."""
        import numpy as np
        found = {n: ([], [], [], []) for n in ranks}
        for matrix, labels, test, test_labels in divisions:
            files = (self.convert(matrix, labels, "train"), self.convert(test, test_labels, "test"))
            for repeat in range(repeats):
                for n in ranks:
                    start, *_, result = self.train(n, *files)
                    values, gaps, seconds, chosen = found[n]
                    seconds.append(result["train_seconds"])
                    if repeat > 0:
                        continue
                    values.append([result[f"test_{m}"] or 0.0 for m in MEASURES])
                    gaps.append(result["duality_gap"])
                    chosen.append(start["lambda"])
        return {n: (np.mean(values, axis=0), max(gaps), median(seconds), median(chosen))
                for n, (values, gaps, seconds, chosen) in found.items()}


def line_of(name, shape, peers, best, ours):
    """@return a row of the table, and whether all that is asked for holds."""
    def texts(values):
        return " ".join(f"{value:.4f}" for value in values)

    short = [n for n, (values, *_) in ours.items() if (values < peers - BELOW).any()]
    far = [n for n, (_, gap, *_) in ours.items() if gap > 0.01]
    seconds = {n: found[2] for n, found in ours.items()}
    slow = 2 in seconds and seconds[2] > seconds[1]
    remarks = [f"below on {n}" for n in short] + [f"gap on {n}" for n in far]
    remarks += [f"2 ranks {seconds[2] / seconds[1]:.2f} × the time"] if slow else []
    columns = [name, shape, f"{best}: {texts(peers)}"]
    columns += [texts(values) for values, *_ in ours.values()]
    columns += [f"{ours[1][3]:.2g}", f"{max(found[1] for found in ours.values()):.1e}",
                " ".join(f"{1e3 * s:.3g}" for s in seconds.values()), "; ".join(remarks) or "–"]
    return "| " + " | ".join(columns) + " |", not remarks


def compare(options, programs, work):
    from shapes import shapes
    chosen = shapes(options.reader, options.share)
    ranks = (1, 2, 8)
    peers = Peers(options.peers)
    print("accuracy AUC F1 on the test documents; training in ms\n")
    print("| data | training documents × features | best of the peers' grid | "
          + " | ".join(f"{n} rank{'s' * (n > 1)}" for n in ranks)
          + " | λ | largest gap | 1, 2, 8 ranks | remarks |")
    print("|---" * 10 + "|")
    kept = 0
    for name, make in chosen.items():
        if options.only not in name:
            continue
        begin = time.monotonic()
        divisions = list(make())
        matrix = divisions[0][0]
        ours = Ours(programs, work).results(divisions, ranks, options.repeats)
        row, good = line_of(name, f"{matrix.shape[0]} × {matrix.shape[1]}",
                            *peers.best(name, divisions), ours)
        kept += good
        print(row, flush=True)
        print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(f"\n{kept} data sets without a remark; machine: {bench.machine()}")


def rcv1_reader(programs, folder):
    """Converts RCV1 once. @return read(part, topic) for shapes()."""
    from datasets import load
    parts = {"train": sorted(folder.glob("*train*")), "test": sorted(folder.glob("*test*"))}
    topics = sorted(folder.glob("*topics*"))
    if not all(parts.values()) or not topics:
        raise bench.Failed(bench.NO_INPUT, f"{folder}: no vectors and topics of RCV1")
    for part, vectors in parts.items():
        programs.run([programs.bin / "rcv1_to_hdf5", "--vectors", *vectors, "--topics", topics[0],
                      "--output", programs.work / f"rcv1.{part}.h5", "--quiet"])

    def read(part, topic):
        matrix, labels = load(programs.work / f"rcv1.{part}.h5", topic)
        matrix.resize(matrix.shape[0], RCV1_FEATURES)
        return matrix, labels
    return read


def main():
    parser = bench.parser("compare_untuned.sh", __doc__)
    parser.add_argument("--rcv1", type=Path, metavar="DIR", help="also topics of RCV1, from here")
    parser.add_argument("--share", type=float, default=1.0,
                        help="of the documents of synthetic sets (1)")
    parser.add_argument("--only", default="", metavar="TEXT", help="sets with this in their names")
    parser.add_argument("--peers", type=Path, metavar="FILE",
                        help="keep what the peers reach here, and take what is here already")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-untuned-") as folder:
        work = Path(folder)
        programs = bench.Programs(options.build_dir, work)
        options.reader = None if options.rcv1 is None else rcv1_reader(programs, options.rcv1)
        compare(options, programs, work)


if __name__ == "__main__":
    bench.run_main("compare_untuned", main)
