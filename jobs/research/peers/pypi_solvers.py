"""Solvers of the SVM (hinge loss, l2) that PyPI has and Debian has not: LIBLINEAR's multi-core
version (package liblinear-multicore) and Snap ML (snapml). Run by the Python of a virtual
environment that has them, by jobs/research/benchmark_dual.py and benchmark_categories.py: reads
lines "SOLVER THREADS TOLERANCE", and answers each with a line of JSON: seconds, and the objective.
Training alone is timed, on a matrix in memory. Labels in several rows are as many problems, solved
one after another: their seconds are added, their objectives averaged."""
import importlib
import json
import sys
import time

import numpy as np
import scipy.sparse


class MultiCoreLiblinear:
    module = "liblinear.liblinearutil"

    def __init__(self, matrix, labels, lam):
        self.tools = importlib.import_module(self.module)
        self.problem = self.tools.problem(labels, matrix, bias=1)
        self.cost = 1 / (lam * len(labels))

    def fit(self, threads, tolerance):
        parameter = self.tools.parameter(
            f"-s 3 -m {threads} -c {self.cost!r} -e {tolerance!r} -B 1 -q")
        begin = time.perf_counter()
        model = self.tools.train(self.problem, parameter)
        seconds = time.perf_counter() - begin
        weights, bias = model.get_decfun()
        sign = model.get_labels()[0]  # the class that scores above 0
        return seconds, sign * np.array(weights), sign * bias


class SnapMl:
    module = "snapml"

    def __init__(self, matrix, labels, lam):
        self.snapml = importlib.import_module(self.module)
        self.matrix, self.labels = matrix, labels
        self.regularizer = lam * len(labels)

    def fit(self, threads, tolerance):
        solver = self.snapml.SupportVectorMachine(
            regularizer=self.regularizer, tol=tolerance, n_jobs=threads, fit_intercept=True,
            max_iter=100_000, random_state=1)
        begin = time.perf_counter()
        solver.fit(self.matrix, self.labels)
        seconds = time.perf_counter() - begin
        return seconds, solver.coef_.ravel(), float(np.ravel(solver.intercept_)[0])


SOLVERS = {"liblinear-multicore": MultiCoreLiblinear, "snapml": SnapMl}


def is_there(solver):
    try:
        importlib.import_module(solver.module)
    except ImportError:
        return False
    return True


def solve(solver, matrix, labels, lam, threads, tolerance):
    """@return seconds, and the objective that is reached."""
    seconds, weights, bias = solver(matrix, labels, lam).fit(threads, tolerance)
    loss = np.maximum(0.0, 1.0 - labels * (matrix @ weights + bias)).mean()
    return seconds, loss + 0.5 * lam * (weights @ weights + bias * bias)


def main():
    matrix = scipy.sparse.load_npz(sys.argv[1]).tocsr()
    problems = np.atleast_2d(np.load(sys.argv[2]))
    lam = float(sys.argv[3])
    print(json.dumps([name for name, solver in SOLVERS.items() if is_there(solver)]), flush=True)
    for line in sys.stdin:
        name, threads, tolerance = line.split()
        solved = [solve(SOLVERS[name], matrix, labels, lam, int(threads), float(tolerance))
                  for labels in problems]
        seconds, objectives = zip(*solved)
        print(json.dumps([sum(seconds), float(np.mean(objectives))]), flush=True)


if __name__ == "__main__":
    main()
