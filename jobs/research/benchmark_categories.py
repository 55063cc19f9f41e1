"""All categories at once (--category all) beside one-vs-rest of peers: first the time, then F1.

Time: --strategy dual (hinge loss, gap 1e-3) and jobs/settings/fast.ini, in float and in bfloat16,
train all categories that have training documents of both classes, in turns with scikit-learn's LinearSVC and SGDClassifier
and, where --peers-python names the Python of a virtual environment that has snapml, numpy and
scipy, with Snap ML, one category after another. A peer runs on two threads, with the largest
tolerance or the fewest epochs with which its objective is not above ours; its training alone is
timed, on a matrix in memory. Objectives are means over the categories, the bias regularised like
the weights (SGDClassifier trains it without; with a column of ones instead it needs more epochs).

F1 on the test documents (macro: over the categories that a test document is in): ours by the dual
strategy and LinearSVC, at several lambda, with threshold 0 and with the thresholds of highest F1 on
a tenth of the training documents (SCutFBR.1, fbr 0.1): means over --splits choices of this tenth,
the same for both. Started by jobs/research/benchmark_categories.sh; build first."""
import tempfile
import time
import warnings
from collections import defaultdict
from pathlib import Path

import bench
import numpy as np
from benchmark_dual import TOLERANCES, objective, pypi_solvers  # also finds experiments/
from stats import median

FAST = ("--config", Path(__file__).resolve().parents[1] / "settings" / "fast.ini",
        "--evaluate-every", 0)
EPOCHS = (5, 10, 20, 50, 100, 200)
THREADS = 2
FBR = 0.1
BELOW = 0.003
KEYS = ("train_seconds", "train_objective", "test_micro_f1", "test_macro_f1")
DUAL = ("--strategy", "dual", "--loss", "hinge", "--gap", "1e-3", "--precision", "float",
        "--evaluate-every", 0)


class Ours:
    def __init__(self, programs, options):
        self.programs, self.train_set, self.test_set = programs, options.train, options.test

    def rows(self, ranks, lam, words):
        """@return the rows of the run log; command_seconds is added to the last one."""
        bound = ("--bind-to", "core") if ranks <= bench.cores() else ()
        rows, seconds = self.programs.train_log(
            ranks, ("--test", self.test_set, "--lambda", lam, *words), ("mpirun", *bound),
            self.train_set, "all")
        rows[-1]["command_seconds"] = seconds
        return rows

    def f1(self, data, ranks, lam, words):
        """@return micro and macro F1. In a category without held-in documents of both classes
        nothing is predicted, as in that of a peer; hogwild leaves it out of its measures."""
        start, *_, result = self.rows(ranks, lam, (*DUAL, *words))
        sizes = (data.test_labels > 0).sum(axis=1)
        own = np.isin(data.names, start["categories"])
        right = (result["test_recall"] or 0.0) * sizes[own].sum()
        predicted = right / result["test_precision"] if right else 0.0
        present = sizes > 0
        return (2 * right / (predicted + sizes.sum()),
                result["test_macro_f1"] * (own & present).sum() / present.sum())

    def held_out(self, documents, seed):
        """@return which documents --validation-fraction 0.1 holds out of so many: those that leave
        no weight where each has a feature of its own."""
        import scipy.sparse
        from datasets import read_model
        work, tools = self.programs.work, self.programs.bin
        scipy.sparse.save_npz(work / "own.npz", scipy.sparse.identity(documents, format="csr"))
        np.save(work / "own.npy", np.where(np.arange(documents) % 2, 1, -1))
        self.programs.run([tools / "matrix_to_hdf5", "--input", work / "own.npz", "--label-file",
                           work / "own.npy", "--no-shuffle", "--output", work / "own.h5",
                           "--quiet"])
        self.programs.run(["mpirun", "-np", 1, tools / "hogwild", "train", "--train",
                           work / "own.h5", "--preset", "paper", "--epochs", 1, "--sampling",
                           "permutation", "--bias", "off", "--validation-fraction", 0.1,
                           "--seed", seed, "--model", work / "own.model.h5", "--quiet"])
        columns, weights, _ = read_model(work / "own.model.h5")
        held_out = np.ones(documents, bool)
        held_out[columns[weights != 0]] = False
        if held_out.sum() != round(0.1 * documents):
            raise bench.Failed(1, f"{held_out.sum()} of {documents} documents seem to be held out")
        return held_out


class Data:
    """Training and test documents, with a row of labels for each category."""

    def __init__(self, options, names):
        from datasets import load_categories
        self.names, self.lam = names, float(options.lam)
        self.matrix, self.labels = load_categories(options.train, names, float)
        self.test, self.test_labels = load_categories(options.test, names, float)
        self.test.resize(self.test.shape[0], self.matrix.shape[1])  # others have no weight

    def objective(self, models):
        """@param models  of scikit-learn, one for each category. @return their mean."""
        return np.mean([objective(self.matrix, labels, self.lam, model)
                        for model, labels in zip(models, self.labels)])

    def test_f1(self, scores, thresholds=0.0):
        """@param scores  test documents × categories. @return micro and macro F1."""
        predicted, truth = (scores > thresholds).T, self.test_labels > 0
        right = (predicted & truth).sum(axis=1)
        both = predicted.sum(axis=1) + truth.sum(axis=1)
        present = truth.any(axis=1)
        return 2 * right.sum() / both.sum(), np.mean(2 * right[present] / both[present])


def fit_all(estimator, matrix, labels):
    """@return scikit-learn's one-vs-rest model. Threads are faster than its processes: its solvers
    hold no lock, and processes copy the matrix."""
    import joblib
    import scipy.sparse
    from sklearn.multiclass import OneVsRestClassifier
    with joblib.parallel_backend("threading"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of categories that have no document
        model = OneVsRestClassifier(estimator, n_jobs=THREADS)
        return model.fit(matrix, scipy.sparse.csr_matrix((labels > 0).T.astype(int)))


def scores_of(model, matrix):
    """@return documents × categories."""
    return np.column_stack([one.decision_function(matrix) for one in model.estimators_])


def linear_svc(lam, documents, tolerance):
    from sklearn.svm import LinearSVC
    return LinearSVC(C=1 / (lam * documents), loss="hinge", tol=tolerance, max_iter=1_000_000,
                     random_state=1)


def sgd(lam, _, epochs):
    from sklearn.linear_model import SGDClassifier
    return SGDClassifier(alpha=lam, max_iter=epochs, tol=None, random_state=1)


class OneVsRest:
    """@param make  estimator of lambda, documents and one of `settings`."""

    def __init__(self, name, data, make, settings, unit):
        self.name, self.data, self.make = name, data, make
        self.settings, self.unit = settings, unit

    def solve(self, setting):
        data = self.data
        estimator = self.make(data.lam, data.matrix.shape[0], setting)
        begin = time.perf_counter()
        model = fit_all(estimator, data.matrix, data.labels)
        seconds = time.perf_counter() - begin
        return dict(zip(KEYS, (seconds, data.objective(model.estimators_),
                               *data.test_f1(scores_of(model, data.test)))))


class Pypi:
    """One of peers/pypi_solvers.py."""
    settings, unit = TOLERANCES, "tolerance"

    def __init__(self, solver):
        self.name, self.solver = solver.name, solver

    def solve(self, setting):
        return dict(zip(KEYS, self.solver.solve(setting)))


def peers_of(options, data, work):
    peers = [OneVsRest("LinearSVC", data, linear_svc, TOLERANCES, "tolerance"),
             OneVsRest("SGDClassifier", data, sgd, EPOCHS, "epochs")]
    pypi = pypi_solvers(options, work, data.matrix, data.labels, (THREADS,))
    return peers + [Pypi(solver) for solver in pypi if solver.name == "snapml"]


def good_enough(peer, targets):
    """@param targets  objectives by name. @return names of targets by the first of the peer's
    settings that reaches them; says which it never reaches."""
    found, missing = {}, dict(targets)
    reached = []
    for setting in peer.settings:
        solved = peer.solve(setting)
        reached.append(f"{solved['train_objective']:.6f} ({solved['train_seconds']:.1f} s)")
        here = [name for name, target in missing.items() if solved["train_objective"] <= target]
        for name in here:
            del missing[name]
        if here:
            found[setting] = here
        if not missing:
            return found
    print(f"{peer.name}, {peer.unit} {peer.settings[0]:g} to {peer.settings[-1]:g}: never as good "
          f"as {', '.join(missing)}; objectives {', '.join(reached)}", flush=True)
    return found


def measure(options, ours, peers):
    """@return lists of measurements, by row of the table."""
    own = {(name, ranks): words for name, words in (
        ("dual", DUAL), ("fast.ini", FAST),
        ("fast.ini, bfloat16", (*FAST, "--precision", "bfloat16")))
        for ranks in options.ranks}

    def run(key):
        return ours.rows(key[1], options.lam, (*own[key], "--validation-fraction", 0))[-1]

    first = options.ranks[0]
    targets = {name: run((name, first))["train_objective"] for name in ("dual", "fast.ini")}
    turns = {f"{key[0]}, {key[1]} rank(s)": lambda key=key: run(key) for key in own}
    for peer in peers:
        for setting, names in good_enough(peer, targets).items():
            row = f"{peer.name}, {peer.unit} {setting:g} (as good as {', '.join(names)})"
            turns[row] = lambda peer=peer, setting=setting: peer.solve(setting)
    measured = defaultdict(list)
    for _ in range(options.repeats):
        for row, turn in turns.items():
            measured[row].append(turn())
    return measured


def cell(runs, key, form):
    values = [run[key] for run in runs if run.get(key) is not None]
    return form.format(median(values)) if values else "-"


def report_times(options, ours, data, work):
    from pages import plain_table
    measured = measure(options, ours, peers_of(options, data, work))
    table = [("", "train s", "whole s", "objective", "micro F1", "macro F1",
              *(f"/ dual {ranks}" for ranks in options.ranks))]
    for row, runs in measured.items():
        ratios = [median([run["train_seconds"] / other["train_seconds"] for run, other
                          in zip(runs, measured[f"dual, {ranks} rank(s)"])])
                  for ranks in options.ranks]
        table.append((row, cell(runs, "train_seconds", "{:.3f}"),
                      cell(runs, "command_seconds", "{:.3f}"),
                      cell(runs, "train_objective", "{:.6f}"),
                      cell(runs, "test_micro_f1", "{:.4f}"), cell(runs, "test_macro_f1", "{:.4f}"),
                      *(f"{ratio:.2f}" for ratio in ratios)))
    print(plain_table(table, ("left",) + ("right",) * (len(table[0]) - 1)), flush=True)


def threshold_of(scores, truth):
    """Above it F1 is the highest; the highest score where that is below FBR (SCutFBR.1)."""
    order = np.argsort(-scores)
    scores, truth = scores[order], truth[order]
    counts = np.arange(1, len(scores) + 1)
    f1 = 2 * np.cumsum(truth) / (counts + truth.sum())
    f1[:-1][scores[1:] == scores[:-1]] = -1.0  # equal scores are predicted alike
    best = int(np.argmax(f1))
    if f1[best] < FBR:
        return scores[0]
    if best + 1 == len(scores):
        return np.nextafter(scores[best], -np.inf)
    return (scores[best] + scores[best + 1]) / 2


def peer_f1(data, lam, held_out):
    """@param held_out  bool for each document. @return micro and macro F1."""
    kept = ~held_out
    model = fit_all(linear_svc(lam, kept.sum(), 0.01), data.matrix[kept], data.labels[:, kept])
    thresholds = 0.0
    if held_out.any():
        scores = scores_of(model, data.matrix[held_out])
        truth = data.labels[:, held_out] > 0
        thresholds = np.array([threshold_of(s, t) for s, t in zip(scores.T, truth)])
    return data.test_f1(scores_of(model, data.test), thresholds)


def judge(name, lambdas, theirs, own):
    """@param theirs, own  F1 of splits, by lambda."""
    def best(found):
        return max(range(len(lambdas)), key=lambda k: np.mean(found[k]))

    peer, we = best(theirs), best(own)
    differences = np.array(own[we]) - np.array(theirs[peer])
    below = differences.mean() < -BELOW
    error = (f" ± {differences.std(ddof=1) / len(differences) ** 0.5:.4f}"
             if len(differences) > 1 else "")
    print(f"{name} F1, best of LinearSVC: {np.mean(theirs[peer]):.4f} (lambda {lambdas[peer]}), "
          f"ours: {np.mean(own[we]):.4f} (lambda {lambdas[we]}), {differences.mean():+.4f}{error}: "
          f"{'' if below else 'not '}below by more than {BELOW}", flush=True)


def report_f1(options, ours, data, title, splits):
    """@param splits  held-out documents and options of `train`."""
    from pages import plain_table
    ranks = max(options.ranks)
    theirs, own = [], []  # [lambda][split] of (micro, macro)
    for lam in options.lambdas:
        theirs.append([peer_f1(data, float(lam), held_out) for held_out, _ in splits])
        own.append([ours.f1(data, ranks, lam, words) for _, words in splits])
    table = [("lambda", "LinearSVC micro", "macro", "ours micro", "macro")]
    for lam, *both in zip(options.lambdas, theirs, own):
        values = np.concatenate([np.mean(found, axis=0) for found in both])
        table.append((lam, *(f"{value:.4f}" for value in values)))
    print(f"F1, {title}")
    print(plain_table(table, ("left",) + ("right",) * 4), end="")
    for k, name in enumerate(("micro", "macro")):
        judge(name, options.lambdas, *([[f[k] for f in row] for row in found]
                                       for found in (theirs, own)))
    print()


def report(options, work):
    ours = Ours(bench.Programs(options.build_dir, work), options)
    start = ours.rows(1, options.lam, (*DUAL, "--validation-fraction", 0))[0]
    data = Data(options, start["categories"])
    documents = data.matrix.shape[0]
    print(f"machine: {bench.machine()}; {len(data.names)} categories, {documents} training and "
          f"{data.test.shape[0]} test documents, lambda {options.lam}; medians of "
          f"{options.repeats}")
    report_times(options, ours, data, work)
    report_f1(options, ours, data, "threshold 0",
              [(np.zeros(documents, bool), ("--threshold", 0, "--validation-fraction", 0))])
    splits = [(ours.held_out(documents, seed),
               ("--threshold", "f1", "--fbr", FBR, "--validation-fraction", 0.1, "--seed", seed))
              for seed in range(1, options.splits + 1)]
    report_f1(options, ours, data, f"tuned thresholds, means of {options.splits}", splits)


def main():
    parser = bench.parser("benchmark_categories.sh", __doc__, repeats=3)
    parser.add_argument("--train", type=Path, metavar="T.h5", help="required")
    parser.add_argument("--test", type=Path, metavar="E.h5", help="required")
    parser.add_argument("--lambda", dest="lam", default="1e-4", help="of the times (1e-4)")
    parser.add_argument("--lambdas", default="1e-3 3e-4 1e-4 3e-5 1e-5", type=str.split,
                        help='of F1 ("1e-3 3e-4 1e-4 3e-5 1e-5")')
    parser.add_argument("--splits", type=bench.positive, default=3,
                        help="choices of held-out documents (3)")
    parser.add_argument("--ranks", default="1 2",
                        type=lambda text: [bench.positive(n) for n in text.split()], help='"1 2"')
    parser.add_argument("--peers-python", type=Path, metavar="PYTHON",
                        help="of a virtual environment with snapml from PyPI")
    options = bench.parse(parser)
    if options.train is None or options.test is None:
        parser.error("--train and --test are required")
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        report(options, Path(work))


if __name__ == "__main__":
    bench.run_main("benchmark_categories", main)
