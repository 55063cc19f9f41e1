#!/usr/bin/env python3
"""Measures this machine, predicts time to accuracy on up to 1,024 nodes like it, and writes a report. Started by
jobs/research/scaling_model.sh, which builds the programs and prepares the data first."""
import argparse
import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

sys.dont_write_bytecode = True
RESEARCH = Path(__file__).resolve().parents[1]
sys.path[1:1] = [str(RESEARCH / "experiments"), str(RESEARCH.parent / "lib")]
os.environ.setdefault("OMP_NUM_THREADS", "1")

from run import need_modules, open_output, run_main  # noqa: E402
from runner import USAGE, Failure, Runner, say, write_file  # noqa: E402

# The usual and the fast: Ethernet with the allreduce that Open MPI chooses, InfiniBand with the best one.
NETWORKS = ("ethernet-10g:open-mpi", "infiniband-hdr:best")
ALGORITHMS = ("open-mpi", "ring", "doubling", "halving", "best")


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scaling_model", description=__doc__, allow_abbrev=False)
    parser.add_argument("--bin", required=True, metavar="DIR", help="where the programs are")
    parser.add_argument("--train", required=True, metavar="T.h5")
    parser.add_argument("--category", default="CCAT", metavar="C")
    parser.add_argument("--output", required=True, metavar="DIR")
    parser.add_argument("--network", action="append", metavar="NAME|ALPHA,BETA[:ALGORITHM]",
                        help="seconds per message and per byte; may be repeated, up to three times "
                             f"(default: {' and '.join(NETWORKS)})")
    parser.add_argument("--ranks-per-node", type=int, metavar="R", help="default: this machine's cores")
    parser.add_argument("--stall-every", type=float, default=0.1, metavar="S",
                        help="seconds between a node's stalls, on average (default 0.1)")
    parser.add_argument("--stall", type=float, default=1e-3, metavar="S", help="of a stall (default 0.001)")
    parser.add_argument("--nodes-launcher", default="", metavar="WORDS",
                        help="starts a program with a rank on each of {hosts}, for example 0:1,1:1; compares the "
                             "simulation with runs there, not with groups of this machine")
    parser.add_argument("--check-nodes", default="", metavar="N,...",
                        help="numbers of nodes to compare with (default: as many as there are cores, at most 3; "
                             "3 with a launcher)")
    parser.add_argument("--quick", action="store_true", help="few and short measurements")
    parser.add_argument("--fresh", action="store_true", help="forget the measurements that are done")
    parser.add_argument("--cores", type=int, metavar="N", help="take the machine for one of N cores")
    options = parser.parse_args(arguments)
    options.network = options.network or list(NETWORKS)
    if len(options.network) > 3:
        raise Failure(USAGE, "--network: three at the most")
    for name in ("ranks_per_node", "cores"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise Failure(USAGE, f"--{name.replace('_', '-')} must be at least 1")
    if not (options.stall_every > 0.0 and options.stall >= 0.0):
        raise Failure(USAGE, "--stall-every must be positive, --stall not negative")
    return options


def networks_of(options):
    """(Network, algorithm) for each --network."""
    from network import Network  # pylint: disable=import-outside-toplevel
    networks = []
    for text in options.network:
        name, _, algorithm = text.partition(":")
        algorithm = algorithm or "open-mpi"
        if algorithm not in ALGORITHMS:
            raise Failure(USAGE, f"--network {text}: the algorithm is one of {', '.join(ALGORITHMS)}")
        try:
            networks.append((Network.named(name), algorithm))
        except ValueError as error:
            raise Failure(USAGE, f"--network: {error}") from None
    return networks


def settings_of(networks, machine, report, touch):
    """What messages cost the leader's core, and how many looks they take, is from this machine's report."""
    from closed_form import WEIGHT_BYTES, Setting  # pylint: disable=import-outside-toplevel
    from measure import network_of
    here = network_of(report, "here", WEIGHT_BYTES * Setting.weights)
    own = {name: getattr(here, name) for name in ("gamma", "cpu_alpha", "cpu_beta", "looks")}
    return [Setting(machine, replace(net, **own),
                    touch_seconds=touch, algorithm=algorithm) for net, algorithm in networks]


def check_counts(options, lab):
    if options.check_nodes:
        try:
            return sorted({int(n) for n in options.check_nodes.split(",")} | {1})
        except ValueError:
            raise Failure(USAGE, f"--check-nodes {options.check_nodes}: numbers are expected") from None
    return range(1, 4 if options.nodes_launcher else min(3, lab.cores) + 1)


def predict(options, lab):
    """Measures and reckons. @return facts, Predictions, Checked rows."""
    import check  # pylint: disable=import-outside-toplevel
    import dual_epochs
    import epochs
    import measure
    import prediction
    from datasets import load

    networks, counts = networks_of(options), check_counts(options, lab)
    quick = options.quick
    plan = epochs.QUICK if quick else epochs.Plan()
    dual_plan = dual_epochs.QUICK if quick else dual_epochs.Plan()
    say("exchange")
    report = measure.exchange(lab, quick)
    say("documents and merges")
    machine, merges = measure.machine(lab, options.train, quick, options.ranks_per_node)
    matrix, _ = load(options.train, options.category)
    say("the simulation beside real runs")
    checked, touch = check.check(lab, options.train, matrix.shape[0], matrix.shape[1] + 1, counts, quick,
                                 options.nodes_launcher)
    settings = settings_of(networks, machine, report, touch)
    say("epochs by nodes and exchanges (some minutes, once)")
    rows = lab.runner.remembered(
        {"epochs": asdict(plan), "etas": epochs.ETAS, "steps": epochs.BATCH_STEPS, "decays": epochs.DECAYS,
         "lambda": epochs.LAMBDA_TIMES_DOCUMENTS}, options.train,
        lambda: epochs.measure(options.train, options.category, plan, lab.runner.call, min(lab.cores, 8)))
    say("epochs of dual")
    dual_rows = dual_epochs.measure(lab, options.train, matrix.shape[0], dual_plan)
    costs = dual_epochs.costs(lab, options.train, matrix.shape[0], machine, dual_plan)
    laws = epochs.fit_all(rows) | dual_epochs.laws(dual_rows, costs)
    rows = rows + dual_rows
    goals = [prediction.Goal.passes()] + [
        prediction.Goal(f"{100 * target:g} % above the optimum",
                        {combine: law for (of, combine), law in laws.items()
                         if of == target and law and law.usable})
        for target in dual_epochs.TARGETS]
    stragglers = prediction.Stragglers(stall_every=options.stall_every, stall=options.stall)
    say("simulation")
    nodes = prediction.NODES[::5] if quick else prediction.NODES
    predictions = prediction.sweep(settings, goals, stragglers, nodes)
    exchanges = {"this machine": report}
    if options.nodes_launcher:
        exchanges["nodes compared with"] = check.Nodes(lab, options.nodes_launcher).report(quick)
    facts = {"machine": machine, "merges": merges, "exchanges": exchanges, "settings": settings, "plan": plan,
             "epochs": rows, "laws": laws, "goals": [goal.name for goal in goals],
             "measured": {(goal.name, combine): epochs.most_nodes(rows, target, combine)
                          for goal, target in zip(goals[1:], dual_epochs.TARGETS) for combine in ("mean", "dual")}, "stragglers": stragglers,
             "costs": costs, "documents": matrix.shape[0],
             "schedules": len(epochs.ETAS["mean"]) * len(epochs.DECAYS)}
    return facts, predictions, checked


def publish(output, facts, predictions, checked, note):
    import figure  # pylint: disable=import-outside-toplevel
    import page
    figure.draw(predictions, facts["goals"], [setting.label for setting in facts["settings"]],
                facts["measured"], str(output / "scaling"))
    write_file(output / "scaling.md", page.write(facts, predictions, checked, "scaling.png", note))
    everything = {
        "schema": "hogwild.scaling", "version": 1, "machine": asdict(facts["machine"]),
        "merges": facts["merges"], "exchanges": facts["exchanges"],
        "settings": [asdict(setting) for setting in facts["settings"]],
        "stragglers": asdict(facts["stragglers"]), "epochs": facts["epochs"],
        "laws": [{"target": target, "combine": combine, **asdict(law)}
                 for (target, combine), law in facts["laws"].items() if law],
        "predictions": [asdict(row) for row in predictions], "checked": [asdict(row) for row in checked]}
    write_file(output / "scaling.json", json.dumps(everything, indent=1) + "\n")


def main(arguments):
    started = time.monotonic()
    options = parse(arguments)
    need_modules()
    import report  # pylint: disable=import-outside-toplevel
    from lab import Lab
    output = Path(options.output)
    lock = open_output(output)
    cores = options.cores or report.physical_cores()
    runner = Runner(options.bin, options.train, "", options.category, output, cores, options.fresh)
    facts, predictions, checked = predict(options, Lab(runner, output, options.quick, Path(options.bin)))
    publish(output, facts, predictions, checked,
            "**Quick run: it shows that everything works, its figures are no basis for claims.**"
            if options.quick else "")
    lock.close()
    say(f"{output / 'scaling.md'} ({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    run_main("scaling_model", main, "what was measured")
