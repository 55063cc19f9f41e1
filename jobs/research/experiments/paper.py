"""Measurements of the seed paper and the reports before it, shown beside our figures.

"Lock-free Parallel SGD in Python" (Vaucher, Wagner, Mortiniera), on an i7-8550U with 4 cores and
8 hardware threads. What was read off a plot is right to about 1 % of the axis.
"""

MACHINE = "i7-8550U, 4 cores, 8 hardware threads, Python"

# Figure 1: ranks -> (seconds for 400 iterations, last validation loss)
FIGURE1 = {1: (44.8, 0.24), 2: (46.4, 0.22), 4: (51.4, 0.17), 8: (51.5, 0.148)}

# Figure 2: seconds per 100 iterations per process
FIGURE2 = {
    "lock-free": {1: 11.3, 2: 11.7, 4: 13.3, 8: 18.0, 16: 36.2},
    "locked": {1: 12.5, 2: 15.7, 4: 20.3, 8: 40.5, 16: 79.1},
}

# Figure 3, 4 processes, 400 iterations: (seconds, last validation loss)
FIGURE3 = {
    "lock-free": (48.5, 0.168),
    "locked": (72.0, 0.180),
    "asynchronous": (48.5, 0.236),
    "synchronous": (188.0, 0.238),
}

# Figure 4: accuracy on train, validation, test
FIGURE4 = {
    "lock-free": (0.956, 0.939, 0.931),
    "locked": (0.951, 0.936, 0.927),
    "synchronous": (0.946, 0.940, 0.927),
    "asynchronous": (0.940, 0.934, 0.924),
    "spark": (0.947, 0.940, 0.928),
}

# First milestone, Spark: seconds per 100 iterations by batch fraction, and by workers at 0.01
SPARK_FRACTIONS = {0.001: 83.0, 0.005: 69.0, 0.01: 68.0, 0.05: 75.0, 0.1: 82.0, 0.5: 140.0,
                   1.0: 220.0}
SPARK_WORKERS = {1: 137.5, 3: 95.0, 5: 52.0, 8: 62.0}

# Grid search: learning rates, lambdas, and what it chose
GRID_LEARNING_RATES = (0.01, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05, 0.08)
GRID_LAMBDAS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
GRID_BATCH_SIZES = (100,)
GRID_CHOICE = (0.035, 1e-4, 100)
