"""Training on documents that stay in their files, beside training on documents in memory, in turns,
with jobs/settings/fast.ini on synthesised documents in the shape of RCV1. For each way and number of
ranks: nanoseconds per document of an epoch, the first (which includes reading them for the first
time) and later ones; the objective on the training documents after some epochs, divided by the one
from memory; and the memory of all ranks at the peak. Started by jobs/research/benchmark_stream.sh;
build first."""
import argparse
import tempfile
from pathlib import Path

import bench
from stats import median

SETTINGS = Path(__file__).resolve().parents[1] / "settings" / "fast.ini"
EPOCHS = 6
DECAY = 0.4  # of the learning rate, so that the last steps are small: objectives can be compared


def ways(folder, limit):
    limited = ("bash", "-c", f'ulimit -v {limit // 1024}; exec "$@"', "limited") if limit else ()
    return {"memory": ((), ("--rows", "memory")),
            "stream": (limited, ("--rows", "stream")),
            "stream --stage": (limited, ("--rows", "stream", "--stage", folder))}


def measure(programs, ranks, prefix, options):
    """@return seconds of the first epoch with loading, of a later one, objective, bytes."""
    def train(epochs):
        settings = ("--config", SETTINGS, "--learning-rate", "0.1", "--decay", DECAY)
        return programs.train(ranks, (*settings, "--epochs", epochs, *options), prefix)
    one, several = train(1), train(EPOCHS)
    return (one["load_seconds"] + one["train_seconds"],
            (several["train_seconds"] - one["train_seconds"]) / (EPOCHS - 1),
            several["train_objective"], several["peak_rss_bytes"])


def report(options, programs, folder):
    bytes_held = options.dataset.stat().st_size
    print(f"machine: {bench.machine()}; {options.dataset.name}, {bytes_held / 1e9:.2f} GB; "
          f"medians of {options.repeats}")
    print(f"{'rows':>16} {'ranks':>6} {'first ns':>9} {'later ns':>9} {'of memory':>10} "
          f"{'objective':>10} {'MB':>7}")
    for ranks in options.ranks:
        runs = {}
        for _ in range(options.repeats):
            for way, (prefix, words) in ways(folder, options.limit).items():
                runs.setdefault(way, []).append(measure(programs, ranks, prefix, words))
        held = [median(column) for column in zip(*runs["memory"])]
        for way, measured in runs.items():
            first, later, objective, peak = (median(column) for column in zip(*measured))
            print(f"{way:>16} {ranks:>6} {1e9 * first / options.documents:>9.0f} "
                  f"{1e9 * later / options.documents:>9.0f} {held[1] / later:>10.2f} "
                  f"{objective / held[2]:>10.4f} {peak / 1e6:>7.0f}", flush=True)


def main():
    parser = bench.parser("benchmark_stream.sh", __doc__, repeats=3)
    parser.add_argument("--documents", type=bench.positive, default=1_000_000, help="(1000000)")
    parser.add_argument("--dataset", type=Path, help="instead: a dataset of so many documents with "
                        "the topic CCAT")
    parser.add_argument("--ranks", default="1 2",
                        type=lambda text: [bench.positive(n) for n in text.split()],
                        help='numbers of ranks ("1 2")')
    parser.add_argument("--limit", type=bench.positive, default=0, metavar="BYTES",
                        help="the address space of a rank where documents are streamed (ulimit -v)")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-", dir=options.work) as work:
        programs = bench.Programs(options.build_dir, Path(work))
        if options.dataset is None:
            programs.convert(*programs.plain_text(None, options.documents))
            for text in bench.TEXTS:
                (Path(work) / text).unlink()
        else:
            programs.dataset = options.dataset
        options.dataset = programs.dataset
        report(options, programs, work)


if __name__ == "__main__":
    bench.run_main("benchmark_stream", main)
