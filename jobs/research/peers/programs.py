"""Each of the competitors, run once. Times are in seconds; every function pins what it runs."""
import contextlib
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy
import scipy.sparse
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import SGDClassifier

import processes

LAMBDA = 1e-4
EPOCHS = 10
CORES = sorted(os.sched_getaffinity(0))

# The setting that is compared: plain SGD on the l2 objective, bias regularized, nothing held out,
# every document once an epoch as in scikit-learn (independent draws end 2 % higher).
OURS = ("--strategy lock-free --batch-size 1 --precision float --regularizer l2 "
        f"--regularization aggregated --lambda {LAMBDA} --validation-fraction 0 "
        "--sampling permutation --learning-rate 0.5 --schedule decay").split()
DECAY = ("--decay", "0.5")
# The best of 0.5, 0.55, 0.6 and 0.65 on 2 ranks, on other seeds than those that are compared.
BEST_DECAY = ("--decay", "0.6")
# For the best model, without tuning.
FAST = ("--config", Path(__file__).resolve().parents[2] / "settings/fast.ini")


class Failed(Exception):
    """A program that did not do its work."""


def run(command, **options):
    """@return what it printed, and the time it took."""
    done = processes.run(command, **options)
    if done.code != 0:
        raise Failed(f"{done.command} ended with {done.code}:\n{done.err.strip()}")
    return done.out, done.seconds


def run_pinned(command):
    return run(["taskset", "-c", CORES[0], *command])


@contextlib.contextmanager
def pinned():
    """This process on the first core."""
    os.sched_setaffinity(0, {CORES[0]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(CORES))


class Data:
    """The documents as the Python peers see them: float64 CSR with a column of ones."""

    def __init__(self, train_text, test_text):
        x, self.y = load_svmlight_file(train_text)
        test, self.test_y = load_svmlight_file(test_text)
        features = max(x.shape[1], test.shape[1])
        self.x = self._with_ones(x, features)
        self.test_x = self._with_ones(test, features)

    @staticmethod
    def _with_ones(x, features):
        x.resize(x.shape[0], features)
        return scipy.sparse.hstack([x, numpy.ones((x.shape[0], 1))], format="csr")

    def objective(self, w):
        """Mean hinge loss plus lambda/2 |w|^2, bias included."""
        loss = numpy.maximum(0.0, 1.0 - self.y * (self.x @ w)).mean()
        return float(loss + 0.5 * LAMBDA * (w @ w))

    def test_accuracy(self, w):
        return float((numpy.sign(self.test_x @ w) == self.test_y).mean())


# --- scikit-learn -----------------------------------------------------------------------------

def _sgd(random_state):
    return SGDClassifier(loss="hinge", alpha=LAMBDA, max_iter=EPOCHS, tol=None, shuffle=True,
                         fit_intercept=False, random_state=random_state)


def sklearn_epochs(data, seed):
    """Ten epochs."""
    model = _sgd(seed)
    with pinned():
        started = time.perf_counter()
        model.fit(data.x, data.y)
        seconds = time.perf_counter() - started
    w = model.coef_.ravel()
    return {"train_seconds": seconds, "train_objective": data.objective(w),
            "test_accuracy": data.test_accuracy(w)}


def sklearn_course(data, seed, most, enough):
    """Objective and test accuracy after each epoch, until `enough(objective, accuracy)`."""
    model = _sgd(numpy.random.RandomState(seed))
    course = []
    for _ in range(most):
        model.partial_fit(data.x, data.y, classes=[-1, 1])
        w = model.coef_.ravel()
        course.append((data.objective(w), data.test_accuracy(w)))
        if enough(*course[-1]):
            break
    return course


def sklearn_load(text):
    with pinned():
        started = time.perf_counter()
        load_svmlight_file(str(text))
        return time.perf_counter() - started


def sklearn_command(text, seed):
    script = Path(__file__).with_name("fit_text.py")
    return run_pinned([sys.executable, "-B", script, text, LAMBDA, EPOCHS, seed])[1]


# --- LIBLINEAR --------------------------------------------------------------------------------

def _liblinear(data, text, folder, *options):
    model = Path(folder, "liblinear.model")
    cost = 1.0 / (LAMBDA * data.x.shape[0])
    out, seconds = run_pinned(["liblinear-train", "-s", 3, "-c", repr(cost), "-B", 1, *options,
                               text, model])
    header, weights = model.read_text().split("\nw\n")
    w = numpy.array(weights.split(), dtype=float)
    if re.search(r"^label -1", header, re.MULTILINE):  # the first label is its positive class
        w = -w
    full = numpy.zeros(data.x.shape[1])
    full[:len(w) - 1] = w[:-1]
    full[-1] = w[-1]
    dual = -LAMBDA * float(re.search(r"Objective value = (\S+)", out).group(1))
    return {"command_seconds": seconds, "train_objective": data.objective(full), "dual": dual,
            "test_accuracy": data.test_accuracy(full)}


def liblinear(data, text, folder):
    """As a user starts it."""
    return _liblinear(data, text, folder)


def optimum(data, text, folder):
    """Bounds of the least objective: the dual value from below, the primal one from above."""
    certified = _liblinear(data, text, folder, "-e", "1e-5")
    return {"lower": certified["dual"], "upper": certified["train_objective"],
            "test_accuracy": certified["test_accuracy"]}


# --- ours -------------------------------------------------------------------------------------

class Ours:
    def __init__(self, bin_folder, train, test, category, folder):
        self.bin = Path(bin_folder)
        self.files = ["--train", train, *(["--category", category] if category else [])]
        self.test = ["--test", test]
        self.log = Path(folder, "ours.jsonl")

    def _train(self, ranks, *options, setting=OURS):
        policy = "core" if ranks <= len(CORES) else "none"
        env = {**os.environ, "OMPI_MCA_hwloc_base_binding_policy": policy,
               "PRTE_MCA_hwloc_default_binding_policy": policy}
        seconds = run(["mpirun", "-np", ranks, self.bin / "hogwild", "train", *self.files,
                       *setting, *options, "--log", self.log, "--quiet"], env=env)[1]
        rows = [json.loads(line) for line in self.log.read_text().splitlines()]
        return rows, seconds

    def epochs(self, ranks, seed, epochs=EPOCHS, decay=DECAY):
        rows, seconds = self._train(ranks, *decay, *self.test, "--epochs", epochs, "--seed", seed,
                                    "--evaluate-every", 0)
        return {**{key: rows[-1][key] for key in ("train_seconds", "train_objective",
                                                  "test_accuracy")}, "command_seconds": seconds}

    def command(self, ranks, seed):
        """Training alone, from the dataset to the model file."""
        return self._train(ranks, *DECAY, "--epochs", EPOCHS, "--seed", seed, "--evaluate-every",
                           0, "--model", self.log.with_suffix(".h5"))[1]

    def fast(self, ranks, seed):
        """jobs/settings/fast.ini from beginning to end."""
        result = self._train(ranks, *self.test, "--seed", seed, setting=FAST)[0][-1]
        return {key: result[key] for key in ("train_seconds", "train_objective", "test_accuracy",
                                             "epoch")}

    def seconds_to_accuracy(self, ranks, seed, target):
        """The same for test accuracy, by runs of 1, 2, … epochs: prefixes of the same run."""
        for epochs in range(1, EPOCHS + 1):
            result = self.epochs(ranks, seed, epochs)
            if result["test_accuracy"] >= target:
                return result["train_seconds"], epochs
        return None

    def convert(self, text, folder):
        """svmlight text to a dataset."""
        return run_pinned([self.bin / "svmlight_to_hdf5", "--input", text, "--output",
                           Path(folder, "converted.h5"), "--quiet"])[1]

    def convert_rcv1(self, vectors, topics, output):
        return run_pinned([self.bin / "rcv1_to_hdf5", "--vectors", *vectors, "--topics", topics,
                           "--output", output, "--quiet"])[1]
