"""How far training would scale beyond this machine, up to 1,024 nodes like it: packages, build, data,
measurements, prediction. You may run it again: finished measurements are not repeated."""
import os
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "lib"))
import installation  # noqa: E402
import prepare  # noqa: E402
from arguments import Parser  # noqa: E402

NODES = installation.ROOT / "tests/cluster/simulated_nodes.sh"
# Passed on to predict.py as they are: option, what its value is called, help.
PASSED_ON = (
    ("category", "C", "topic of the positive class (CCAT)"),
    ("ranks-per-node", "R", "nodes with R cores (this machine's)"),
    ("stall-every", "S", "seconds between a node's stalls, on average (0.1)"),
    ("stall", "S", "seconds of a stall (0.001)"),
    ("cores", "N", "take the machine for one of N cores (all those that may be used)"),
)


def parse(arguments):
    parser = Parser("scaling_model.sh", __doc__)
    prepare.add_options(parser, "--output", installation.DATA_DIR / "scaling",
                        "where scaling.md, scaling.json and the plot go (data/scaling)")
    parser.add_argument("--train", type=prepare.path, metavar="T.h5", help="on this data set")
    parser.add_argument("--quick", action="store_true",
                        help="few and short measurements: shows that everything works, proves nothing")
    parser.add_argument("--fresh", action="store_true", help="forget what was measured")
    parser.add_argument("--network", action="append", default=[],
                        metavar="NAME|ALPHA,BETA[:ALGORITHM]",
                        help="seconds per message and per byte between nodes, or ethernet-10g, "
                             "ethernet-100g, infiniband-hdr (typical published figures); the "
                             "allreduce is open-mpi (what Open MPI 4.1 chooses), ring, doubling, "
                             "halving or best. May be repeated (ethernet-10g:open-mpi, "
                             "infiniband-hdr:best)")
    parser.add_argument("--simulated-nodes", action="store_true",
                        help="compare the simulation with runs on 1, 2 and 3 simulated nodes (needs "
                             "root), and not with groups of this machine")
    for name, value, text in PASSED_ON:
        parser.add_argument(f"--{name}", metavar=value, help=text)
    options = parser.parse_args(arguments)
    if options.simulated_nodes and not NODES.exists():
        parser.error("--simulated-nodes works in the source tree only")
    if options.rcv1 is not None and options.train is not None:
        parser.error("--rcv1 and --train exclude each other")
    return options


def dataset(options):
    if options.train is not None:
        return options.train
    return prepare.make_data_sets(options, "train") / "train.h5"


def predict(options, words):
    """With the simulated nodes up while it runs, if they are asked for."""
    program = Path(__file__).with_name("predict.py")
    words = [sys.executable, "-B", program, *words]
    if not options.simulated_nodes:
        os.execv(sys.executable, [str(word) for word in words])
    os.environ.update(SIMULATED_NODES_PREFIX="scalenode", SIMULATED_NODES_SUBNET="10.83.0")
    prepare.call(["bash", NODES, "up", 3])
    try:
        prepare.call([*words, f"--nodes-launcher=bash {NODES} run --host-list {{hosts}} --"])
    finally:
        subprocess.run(["bash", str(NODES), "down"], check=False)


def main(arguments):
    options = parse(arguments)
    prepare.start_research(options)
    words = [f"--bin={options.build_dir / 'bin'}", f"--train={dataset(options)}",
             f"--output={options.output}", *(f"--network={name}" for name in options.network)]
    for name, *_ in PASSED_ON:
        value = getattr(options, name.replace("-", "_"))
        words += [] if value is None else [f"--{name}={value}"]
    words += [f"--{name}" for name in ("quick", "fresh") if getattr(options, name)]
    prepare.step("4/4 Measurements and prediction")
    predict(options, words)


if __name__ == "__main__":
    prepare.run_main("scaling_model", main)
