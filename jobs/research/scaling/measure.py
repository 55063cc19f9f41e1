"""What the model needs to know of a machine, measured with the program's own benchmarks."""
import json
import math
import tempfile
from pathlib import Path

import numpy as np

from closed_form import Machine
from network import Network

MERGE_EVERY = (32, 64, 128, 512, 2048)


def bench(lab, dataset, ranks, quick, *options):
    """`hogwild bench`: @return {ranks: median ns per document, wall clock x ranks}."""
    settings = {"hogwild bench": ranks, "options": options, "quick": quick}

    def measured():
        with tempfile.TemporaryDirectory(prefix="hogwild-scaling-") as folder:
            out = Path(folder, "bench.json")
            lab.runner.call([lab.tools / "hogwild", "bench", "--train", dataset, *_category(lab),
                             "--repeats", "2" if quick else "3",
                             "--min-seconds", "0" if quick else "0.1",
                             *(["--epochs", "3", "--replicate", "1"] if quick else []),
                             *options, "--quiet", "--json", out],
                            ranks=ranks, pinned=ranks <= lab.cores, what="hogwild bench")
            rows = json.loads(out.read_text())["rows"]
        return {str(row["ranks"]): row["ns_per_document"] for row in rows}
    return {int(n): ns for n, ns in lab.runner.remembered(settings, dataset, measured).items()}


def _category(lab):
    return ["--category", lab.runner.category] if lab.runner.category else []


def merges(lab, dataset, ranks, quick):
    """ns per document of `ranks` ranks for several --merge-every. @return [(documents, ns)]"""
    chosen = MERGE_EVERY[1::2] if quick else MERGE_EVERY
    return [(every, bench(lab, dataset, ranks, quick, "--merge-every", str(every))[ranks])
            for every in chosen]


def fit_merges(points):
    """ns per document = document + merge / every, by least squares of relative errors.
    @return (document ns, merge ns); neither is negative."""
    every, ns = np.array(points, dtype=float).T
    terms = np.stack([1.0 / ns, 1.0 / every / ns], axis=1)
    (document, merge), *_ = np.linalg.lstsq(terms, np.ones(len(ns)), rcond=None)
    if merge < 0.0:
        return float(1.0 / np.mean(1.0 / ns)), 0.0
    return float(document), float(merge)


def exchange(lab, quick, launcher=None):
    """`hogwild bench-exchange` on two ranks of this machine, or on what `launcher` starts: @return its report."""
    settings = {"hogwild bench-exchange": launcher, "quick": quick}

    def measured():
        with tempfile.TemporaryDirectory(prefix="hogwild-scaling-") as folder:
            out = Path(folder, "exchange.json")
            lab.runner.call([*(launcher or []), lab.tools / "hogwild", "bench-exchange", "--quiet",
                             "--seconds", "0.005" if quick else "0.05", "--json", out],
                            ranks=None if launcher else 2, pinned=not launcher and lab.cores >= 2,
                            what="hogwild bench-exchange")
            report = json.loads(out.read_text())
        report["machine"].pop("host")
        return report
    return lab.runner.remembered(settings, "", measured)


def network_of(report, name, size, origin="measured"):
    """The messages of a report; what they cost the leader's core is what computing lost beside MPI_Iallreduce.

    @param size  bytes of an exchange: what depends on it is taken from the next size that was measured."""
    from network import allreduce  # pylint: disable=import-outside-toplevel
    ping, visible = report["ping_pong"], report["visible"]
    one = allreduce(Network(name, 0.0, 0.0), report["participants"], 1.0)

    def seconds(operation, wanted):
        return min(report[operation]["rows"], key=lambda row: abs(math.log(row["bytes"] / wanted)))["seconds"]
    largest = report["iallreduce"]["rows"][-1]
    moved = one.volume * largest["bytes"]
    adding = (largest["seconds"] - one.rounds * ping["alpha_seconds"]
              - moved * ping["beta_seconds_per_byte"])
    late = seconds("overlapped", size) - seconds("iallreduce", size)
    return Network(name, ping["alpha_seconds"], ping["beta_seconds_per_byte"],
                   gamma=max(0.0, adding / moved),
                   cpu_alpha=visible["alpha_seconds"] / one.rounds,
                   cpu_beta=visible["beta_seconds_per_byte"] / one.volume,
                   looks=max(0.5, late / (report["poll_seconds"] * one.rounds)), origin=origin)


def machine(lab, dataset, quick, ranks=None):
    """@param ranks  per node; without it, as many as this machine has cores, for whom it is measured."""
    cores = min(lab.cores, 8)
    points = merges(lab, dataset, cores, quick)
    document, merge = fit_merges(points) if cores > 1 else (bench(lab, dataset, 1, quick)[1], 0.0)
    return Machine(document * 1e-9, merge * 1e-9, ranks or cores), points
