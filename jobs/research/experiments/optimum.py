"""Where the optimum of the `l2` objective lies, from solvers that are not ours."""
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets import load, with_bias
from runner import INTERNAL, NO_INPUT, Failure


@dataclass
class Optimum:
    documents: int
    dual: float      # D*: no weights have an objective below it
    primal: float    # P(w) of LIBLINEAR's weights, in double: an upper bound of the optimum
    seconds: float   # LIBLINEAR's, reading the text included

    @property
    def certified(self):
        """The relative width of the bracket."""
        return (self.primal - self.dual) / self.primal


def objective(matrix, labels, weights, lam):
    """Mean hinge loss + lambda/2 |w|^2; `matrix` holds the bias column."""
    margins = labels * (matrix @ weights)
    return float(np.maximum(0.0, 1.0 - margins).mean() + 0.5 * lam * (weights @ weights))


def certify(lab, dataset, lam):
    """@return the Optimum on a data set, from LIBLINEAR's dual solver and its model file."""
    settings = {"optimum": "liblinear-train -s 3 -B 1 -e 1e-5", "lambda": lam}
    return Optimum(**lab.runner.remembered(settings, dataset, lambda: _solve(lab, dataset, lam)))


def _solve(lab, dataset, lam):
    category = lab.runner.category
    matrix, labels = load(dataset, category, np.float64)
    with tempfile.TemporaryDirectory(prefix="hogwild-experiment-") as folder:
        text = Path(folder, "train.svm")
        lab.runner.call([lab.tools / "hdf5_to_svmlight", "--input", dataset, "--output", text,
                         *(["--category", category] if category else [])])
        return bracket(lab.runner.call, text, with_bias(matrix), labels, lam)


def bracket(call, text, matrix, labels, lam):
    """@param call  runs a command, as Runner.call.  @param text  the documents as LIBLINEAR reads them.
    @return the fields of an Optimum."""
    if shutil.which("liblinear-train") is None:
        raise Failure(NO_INPUT, "no program liblinear-train: install liblinear-tools")
    count = matrix.shape[0]
    with tempfile.TemporaryDirectory(prefix="hogwild-experiment-") as folder:
        model = Path(folder, "model")
        _, out, _, seconds = call(["liblinear-train", "-s", "3", "-c", repr(1.0 / (lam * count)),
                                   "-B", "1", "-e", "1e-5", text, model])
        found = re.search(r"Objective value = (\S+)", out)
        if not found:
            raise Failure(INTERNAL, "liblinear-train printed no objective value")
        weights = read_weights(model, matrix.shape[1])
    return {"documents": count, "dual": -lam * float(found.group(1)),
            "primal": objective(matrix, labels, weights, lam), "seconds": seconds}


def read_weights(model, columns):
    """Weights of a LIBLINEAR model of two classes, for the class +1; the bias comes last."""
    head, _, body = Path(model).read_text().partition("\nw\n")
    first = re.search(r"^label (\S+)", head, re.MULTILINE).group(1)
    values = np.array(body.split(), dtype=float)
    weights = np.zeros(columns)
    weights[:len(values) - 1] = values[:-1]  # features after the last one that occurs
    weights[-1] = values[-1]
    return weights if float(first) > 0 else -weights


def scikit_learn(lab, dataset, lam, epochs, seed):
    """SGDClassifier, epoch by epoch: @return objectives and seconds of training after each.

    The bias is a column of ones and its intercept off, so that it minimises the same function; it
    gets double, since Debian's version converts float to double in the timed part."""
    settings = {"scikit-learn": "SGDClassifier hinge, optimal step", "lambda": lam, "epochs": epochs,
                "seed": seed, "bias": "column of ones"}
    return lab.runner.remembered(settings, dataset, lambda: _sgd(lab, dataset, lam, epochs, seed))


def _sgd(lab, dataset, lam, epochs, seed):
    from sklearn.linear_model import SGDClassifier  # pylint: disable=import-outside-toplevel
    matrix, labels = _matrix(dataset, lab.runner.category)
    model = SGDClassifier(loss="hinge", penalty="l2", alpha=lam, fit_intercept=False, shuffle=True,
                          random_state=seed)
    values, seconds, passed = [], [], 0.0
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        for _ in range(epochs):
            started = time.perf_counter()
            model.partial_fit(matrix, labels, classes=[-1.0, 1.0])
            passed += time.perf_counter() - started
            seconds.append(passed)
            values.append(objective(matrix, labels, model.coef_[0], lam))
    finally:
        os.sched_setaffinity(0, allowed)
    return {"objectives": values, "seconds": seconds}


_MATRICES = {}


def _matrix(dataset, category):
    if dataset not in _MATRICES:
        matrix, labels = load(dataset, category, np.float64)
        _MATRICES.clear()
        _MATRICES[dataset] = with_bias(matrix), labels
    return _MATRICES[dataset]
