"""How fast training and conversion are on this machine (medians over repeats, one core each), and
what the meters of contention and staleness cost. Without --rcv1 it synthesises a data set of RCV1's
training size. Started by jobs/research/benchmark.sh; build first."""
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import bench
from stats import median

CORE = str(min(os.sched_getaffinity(0)))
SEED_MODE = ("--iterations", "8000")
TRAININGS = (
    ("seed mode (sequential, batch 100, double)", ("--strategy", "sequential", *SEED_MODE)),
    ("seed mode, lock-free on one rank", ("--strategy", "lock-free", *SEED_MODE)),
    ("seed mode, locked on one rank", ("--strategy", "locked", *SEED_MODE)),
    ("l2, aggregated, float, batch 1",
     ("--strategy", "sequential", "--batch-size", "1", "--precision", "float", "--regularizer", "l2",
      "--epochs", "20", "--learning-rate", "0.1", "--schedule", "decay")),
)
PACKERS = ("bzip2", "xz", "gzip", "zstd")
METERED = (
    ("batch 1, float", ("--batch-size", "1", "--precision", "float", "--learning-rate", "0.01",
                        "--epochs", "60")),
    ("batch 100, double", ("--iterations", "12000")),
)


class Benchmark:
    def __init__(self, options, work):
        self.programs = bench.Programs(options.build_dir, work)
        self.work = work
        self.repeats = options.repeats
        self.texts = self.programs.plain_text(options.rcv1)

    def convert(self):
        """@return megabytes of text per second."""
        seconds = self.programs.convert(*self.texts, prefix=("taskset", "-c", CORE))
        return sum(path.stat().st_size for path in self.texts) / 1e6 / seconds

    def packed(self, packer):
        """@return what converting packed text takes, divided by what unpacking it takes."""
        text, topics = self.texts
        packed = self.work / f"packed.{packer}"
        with open(packed, "wb") as file:
            subprocess.run([packer, "-c", text], stdout=file, check=True)
        ratios = []
        for _ in range(self.repeats):
            watch = time.perf_counter()
            subprocess.run([packer, "-dc", packed], stdout=subprocess.DEVNULL, check=True)
            alone = time.perf_counter() - watch
            ratios.append(self.programs.convert(packed, topics) / alone)
        packed.unlink()
        return median(ratios)

    def documents_per_second(self, ranks, options, prefix=()):
        result = self.programs.train(ranks, ("--evaluate-every", "0", *options), prefix)
        return result["samples_per_second"]

    def meters_cost(self, ranks, options):
        """Pairs of runs, meters on and off in turn, the one that goes first changing.
        @return the median of the ratios of their times."""
        ratios = []
        for pair in range(2 * self.repeats):
            rates = {}
            for meters in ("on", "off") if pair % 2 == 0 else ("off", "on"):
                rates[meters] = self.documents_per_second(ranks, (*options, "--meters", meters))
            ratios.append(rates["off"] / rates["on"])
        return median(ratios)

    def report(self):
        print(f"machine: {bench.machine()}; one core used; medians of {self.repeats}", flush=True)
        size = sum(path.stat().st_size for path in self.texts) / 1e6
        rate = median([self.convert() for _ in range(self.repeats)])
        print(f"conversion, plain text ({size:.0f} MB, whole command): {rate:.0f} MB/s", flush=True)
        for packer in filter(shutil.which, PACKERS):
            print(f"conversion of text packed by {packer}: {self.packed(packer):.2f} times as long as "
                  f"{packer} -dc alone", flush=True)
        for name, options in TRAININGS:
            rate = median([self.documents_per_second(1, options, ("taskset", "-c", CORE))
                           for _ in range(self.repeats)])
            print(f"training, {name}: {rate:.0f} documents/s, {1e9 / rate:.0f} ns a document", flush=True)
        for ranks in (1, 2):
            if ranks > len(os.sched_getaffinity(0)):
                continue
            for name, options in METERED:
                cost = self.meters_cost(ranks, options)
                print(f"meters, {name}, {ranks} rank(s): training takes {cost:.3f} times as long",
                      flush=True)


def main():
    parser = bench.parser("benchmark.sh", __doc__)
    parser.add_argument("--rcv1", type=Path, metavar="DIR", help="folder with RCV1-v2 text files")
    options = bench.parse(parser)
    with tempfile.TemporaryDirectory(prefix="hogwild-benchmark-") as work:
        Benchmark(options, Path(work)).report()


if __name__ == "__main__":
    bench.run_main("benchmark", main)
