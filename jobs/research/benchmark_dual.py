"""How soon --strategy dual certifies the optimum of the SVM (hinge loss, l2), beside LIBLINEAR's
solver of the same problem (scikit-learn's LinearSVC): both on the same documents, in turns. A line
for each gap and number of ranks: epochs, visits per document, the median time of training with its
certificates, and LIBLINEAR's time divided by it. Then one for each solver of PyPI, where
--peers-python names the Python of a virtual environment that has liblinear-multicore, snapml, numpy
and scipy: its time, and divided by ours. A peer runs with the largest of 19 tolerances from
1 to 1e-6 with which its objective is as near the optimum as the gap; scikit-learn's time includes
its own copy of the matrix. On synthesised documents, or on a file of your own.
Started by jobs/research/benchmark_dual.sh; build first."""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bench
from stats import median

sys.path.append(str(Path(__file__).resolve().parent / "experiments"))
TOLERANCES = (1, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 5e-3, 2e-3, 1e-3, 5e-4, 2e-4, 1e-4,
              3e-5, 1e-5, 3e-6, 1e-6)


def objective(matrix, labels, lam, model):
    """@param model  of scikit-learn, for labels -1 / +1."""
    import numpy as np
    weights, bias = model.coef_[0], model.intercept_[0]
    loss = np.maximum(0.0, 1.0 - labels * (matrix @ weights + bias)).mean()
    return loss + 0.5 * lam * (weights @ weights + bias * bias)


class Liblinear:
    """@note Training alone is timed, on a matrix in memory."""

    def __init__(self, matrix, labels, lam):
        self.matrix, self.labels, self.lam = matrix, labels, lam

    def solve(self, tolerance):
        """@return seconds, and the objective that is reached."""
        from sklearn.svm import LinearSVC
        documents = self.matrix.shape[0]
        solver = LinearSVC(C=1 / (self.lam * documents), loss="hinge", dual=True, tol=tolerance,
                           max_iter=1_000_000, random_state=1)
        begin = time.perf_counter()
        solver.fit(self.matrix, self.labels)
        seconds = time.perf_counter() - begin
        return seconds, objective(self.matrix, self.labels, self.lam, solver)


class PypiSolver:
    """One of peers/pypi_solvers.py, in a process of its own, which all of them share."""

    def __init__(self, process, name, threads):
        self.process, self.name, self.threads = process, name, threads

    def solve(self, tolerance):
        self.process.stdin.write(f"{self.name} {self.threads} {tolerance}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def pypi_solvers(options, work, matrix, labels, numbers=(1, 2)):
    """@param labels  of one category, or a row for each.
    @return solvers of --peers-python on these numbers of threads."""
    if options.peers_python is None:
        print("liblinear-multicore and snapml are left out: --peers-python")
        return []
    import numpy as np
    import scipy.sparse
    scipy.sparse.save_npz(work / "matrix.npz", matrix)
    np.save(work / "labels.npy", labels)
    script = Path(__file__).resolve().parent / "peers" / "pypi_solvers.py"
    process = subprocess.Popen(
        [options.peers_python, script, work / "matrix.npz", work / "labels.npy", options.lam],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OMP_NUM_THREADS": "2"})
    line = process.stdout.readline()
    if not line:
        raise bench.Failed(bench.NO_INPUT, f"{options.peers_python} lacks numpy or scipy")
    names = json.loads(line)
    return [PypiSolver(process, name, threads) for name in names for threads in numbers]


def tolerance_for(solver, gap, optimum):
    """@param optimum  not above it. @return None where no tolerance is small enough."""
    return next((t for t in TOLERANCES if solver.solve(t)[1] <= (1 + gap) * optimum), None)


def ours(options, programs, train, ranks, gap):
    return programs.train(ranks, (
        "--strategy", "dual", "--lambda", options.lam, "--gap", gap, "--epochs", 100_000,
        "--validation-fraction", 0, "--precision", "float", "--evaluate-every", 0), train=train)


def report(options, programs, train, work):
    from datasets import load
    matrix, labels = load(train, "CCAT", dtype=float)
    peer = Liblinear(matrix, labels, float(options.lam))
    print(f"machine: {bench.machine()}; lambda {options.lam}; medians of {options.repeats}")
    solvers = pypi_solvers(options, work, matrix, labels)
    print(f"{'gap':<8} {'ranks':>5} {'epochs':>7} {'visits':>7} {'train ms':>9} "
          f"{'LIBLINEAR ms':>13} {'ratio':>7}")
    near = 0.01 * min(map(float, options.gaps))
    optimum = ours(options, programs, train, 1, near)["dual_objective"]
    for gap in options.gaps:
        report_gap(options, programs, train, gap, optimum, [peer, *solvers])


def report_gap(options, programs, train, gap, optimum, solvers):
    """@param solvers  LIBLINEAR first."""
    tolerances = [tolerance_for(solver, float(gap), optimum) for solver in solvers]
    theirs, runs = [[] for _ in solvers], {ranks: [] for ranks in options.ranks}
    for _ in range(options.repeats):
        for solver, tolerance, seconds in zip(solvers, tolerances, theirs):
            if tolerance is not None:
                seconds.append(solver.solve(tolerance)[0])
        for ranks in options.ranks:
            runs[ranks].append(ours(options, programs, train, ranks, gap))
    own = {}
    for ranks, results in runs.items():
        own[ranks] = median([r["train_seconds"] for r in results])
        epochs = median([r["epoch"] for r in results])
        visits = median([r["documents_visited"] * r["epoch"] / r["samples"] for r in results])
        peers = (f"{1e3 * median(theirs[0]):>13.1f} {median(theirs[0]) / own[ranks]:>7.2f}"
                 if theirs[0] else f"{'-':>13} {'-':>7}")
        print(f"{gap:<8} {ranks:>5} {epochs:>7.0f} {visits:>7.2f} {1e3 * own[ranks]:>9.1f} {peers}")
    for solver, seconds in zip(solvers[1:], theirs[1:]):
        what = f"{gap:<8} {solver.name}, {solver.threads} thread(s): "
        if not seconds:
            print(what + "not with any tolerance")
            continue
        ratios = ", ".join(f"{median(seconds) / ours:.2f} of {ranks} rank(s)"
                           for ranks, ours in own.items())
        print(what + f"{1e3 * median(seconds):.1f} ms, times that {ratios}", flush=True)


def main():
    parser = bench.parser("benchmark_dual.sh", __doc__)
    parser.add_argument("--train", type=Path, metavar="FILE.h5",
                        help="train on this dataset, category CCAT")
    parser.add_argument("--documents", type=bench.positive, default=200_000,
                        help="to synthesise where there is no --train (200000)")
    parser.add_argument("--lambda", dest="lam", default="1e-4", help="(1e-4)")
    parser.add_argument("--gaps", default="1e-2 1e-3 1e-4", type=str.split,
                        help='"1e-2 1e-3 1e-4"')
    parser.add_argument("--ranks", default="1 2",
                        type=lambda text: [bench.positive(n) for n in text.split()], help='"1 2"')
    parser.add_argument("--peers-python", type=Path, metavar="PYTHON",
                        help="of a virtual environment with solvers from PyPI")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        programs = bench.Programs(options.build_dir, Path(work))
        train = options.train
        if train is None:
            programs.convert(*programs.plain_text(None, options.documents))
            train = programs.dataset
        report(options, programs, train, Path(work))


if __name__ == "__main__":
    bench.run_main("benchmark_dual", main)
