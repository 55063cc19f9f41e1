"""The systems of the paper and of those before it, as options of `hogwild train`."""

# The paper's settings, one by one: a comparison must not depend on defaults.
PAPER = {"loss": "hinge", "regularizer": "seed", "lambda": "1e-4", "bias": "on",
         "precision": "double", "regularization": "exact", "validation-fraction": 0.1,
         "batch-size": 100, "learning-rate": 0.035, "schedule": "constant", "sampling": "uniform"}

# Training never pauses; the rows of the log come from copies of the weights.
UNDISTURBED = {"evaluate-later": None, "patience": 0}

SHARED = ("lock-free", "locked", "atomic", "striped")
STRATEGIES = (*SHARED, "round-robin", "synchronous", "asynchronous", "downpour")

# Spark's way: a share of all documents per step (first milestone's settings).
SPARK = {"strategy": "synchronous", "batch-fraction": 0.01, "learning-rate": 0.015,
         "lambda": "1e-3"}


def paper_system(name, ranks):
    """Options of one system in the paper's comparison on `ranks` ranks.

    `spark` has its own settings; `… (their settings)` is hogwild-python's: a step of 0.03 divided
    by the ranks, lambda 1e-5 and the regularizer whose gradient is one number for all features.
    """
    options = dict(PAPER)
    if name == "spark":
        del options["batch-size"]
        return {**options, **SPARK}
    strategy = name.split(" (")[0]
    options["strategy"] = strategy
    if name.endswith("(their settings)"):
        options.update({"learning-rate": 0.03 / ranks, "lambda": "1e-5", "regularizer": "scalar"})
    return options


PAPER_SYSTEMS = (*STRATEGIES, "spark", "synchronous (their settings)",
                 "asynchronous (their settings)")


def documents_per_step(options, ranks):
    """Documents of one batch per working rank."""
    return int(options["batch-size"]) * workers(options["strategy"], ranks)


def workers(strategy, ranks):
    """Downpour keeps one rank as the parameter server."""
    return max(1, ranks - 1) if strategy == "downpour" else ranks
