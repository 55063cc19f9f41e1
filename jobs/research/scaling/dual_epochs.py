"""How many epochs `--strategy dual` needs on N nodes that exchange X times an epoch, and how long a document takes:
measured with the program itself, where each rank is a node of its own."""
import json
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import epochs

TARGETS = (0.1, 0.01, 0.001)  # relative duality gaps, certified


@dataclass(frozen=True)
class Plan:
    """How much of a measurement."""
    nodes: tuple = (1, 2, 8, 32, 64)
    exchanges: tuple = (1, 4, 16)  # per epoch
    repeats: int = 5               # of runs whose time counts


QUICK = Plan(nodes=(1, 2, 3), exchanges=(1, 4), repeats=1)


def measure(lab, dataset, documents, plan):
    """@param documents  of the data set.  @return rows as those of epochs.measure, `combine` is "dual"."""
    def rows():
        made = []
        for target in TARGETS:
            for nodes in plan.nodes:
                for exchanges in plan.exchanges if nodes > 1 else (1,):
                    every = max(1, documents // exchanges)
                    result = _train(lab, dataset, documents, target, nodes, "--replicas-per-node", str(nodes),
                                    "--exchange-every", str(every))
                    made.append({"nodes": nodes, "exchanges": exchanges, "combine": "dual", "target": target,
                                 "epochs": result["epoch"] if _reached(result, target) else None,
                                 "eta": None, "decay": None})
        return made
    what = {"dual epochs": asdict(plan), "lambda": epochs.LAMBDA_TIMES_DOCUMENTS}
    return lab.runner.remembered(what, dataset, rows)


def costs(lab, dataset, documents, machine, plan):
    """Time per document and epoch of a node, certificates included, over that of SGD. @return {target: ratio}"""
    ranks = min(lab.cores, 8)

    def seconds():
        made = {}
        for target in TARGETS:
            runs = [_train(lab, dataset, documents, target, ranks) for _ in range(plan.repeats)]
            made[str(target)] = median(run["train_seconds"] / run["samples"] for run in runs)
        return made
    what = {"dual seconds": asdict(plan), "ranks": ranks, "lambda": epochs.LAMBDA_TIMES_DOCUMENTS}
    per_document = lab.runner.remembered(what, dataset, seconds)
    sgd = replace(machine, ranks=ranks).seconds_per_document
    return {float(target): each / sgd for target, each in per_document.items()}


def laws(rows, cost):
    """@return {(target, "dual"): Law or None}"""
    found = {(target, "dual"): epochs.fit(rows, "dual", target) for target in TARGETS}
    return {key: law and replace(law, cost=cost[key[0]], waits=True) for key, law in found.items()}


def _reached(result, target):
    return result["duality_gap"] is not None and result["duality_gap"] <= target


def _train(lab, dataset, documents, target, ranks, *options):
    """@return the last row of the log."""
    category = ["--category", lab.runner.category] if lab.runner.category else []
    with tempfile.TemporaryDirectory(prefix="hogwild-scaling-") as folder:
        log = Path(folder, "run.jsonl")
        lab.runner.call([lab.tools / "hogwild", "train", "--train", dataset, *category, "--strategy", "dual",
                         "--loss", "hinge", "--lambda", repr(epochs.LAMBDA_TIMES_DOCUMENTS / documents),
                         "--gap", repr(target), "--precision", "float", "--validation-fraction", "0",
                         "--evaluate-every", "0", "--quiet", *options, "--log", log],
                        ranks=ranks, pinned=ranks <= lab.cores, what="hogwild train")
        return json.loads(log.read_text().splitlines()[-1])
