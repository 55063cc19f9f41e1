"""Our training beside scikit-learn's and LIBLINEAR's; see jobs/research/compare_peers.sh, which starts it."""
import gzip
import json
import math
import shutil
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "lib"))
import installation  # noqa: E402
import programs  # noqa: E402
import report  # noqa: E402
from arguments import Parser  # noqa: E402

GAP = 0.01             # of the optimum
TARGET_ACCURACY = 0.94
MOST_EPOCHS = 100      # for scikit-learn to reach either


def parse():
    parser = Parser("compare_peers.sh", __doc__)
    parser.add_argument("--rcv1", metavar="DIR", type=Path, help="folder with RCV1-v2 text files")
    parser.add_argument("--train", metavar="T.h5", type=Path)
    parser.add_argument("--test", metavar="E.h5", type=Path)
    parser.add_argument("--category", default="CCAT")
    parser.add_argument("--ranks", default="1 2", help='numbers of ranks to train with ("1 2")')
    parser.add_argument("--repeats", type=int, default=5, help="seeds 1 to N (5)")
    parser.add_argument("--build-dir", type=Path, default=installation.DEFAULT_BUILD_DIR)
    parser.add_argument("--output-dir", type=Path, default=installation.DATA_DIR / "peers")
    options = parser.parse_args()
    if (options.rcv1 is None) == (options.train is None):
        parser.error("either --rcv1 or --train with --test is required")
    if options.rcv1 is None and options.test is None:
        parser.error("--test is required with --train")
    if options.repeats < 1:
        parser.error("--repeats must be at least 1")
    try:
        options.ranks = sorted({int(word) for word in options.ranks.replace(",", " ").split()})
    except ValueError:
        options.ranks = []
    if not options.ranks or options.ranks[0] < 1:
        parser.error('--ranks: numbers such as "1 2" are expected')
    options.build_dir = installation.programs_prefix(options.build_dir)
    missing = installation.missing_programs(options.build_dir)
    if missing:
        print(f"compare_peers: {missing}", file=sys.stderr)
        sys.exit(66)
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


def plain(source, folder):
    """A text file unpacked into `folder`."""
    packed = source.with_name(source.name + ".gz")
    target = folder / source.name
    with gzip.open(packed) if packed.exists() else open(source, "rb") as given:
        with open(target, "wb") as copy:
            shutil.copyfileobj(given, copy)
    return target


class Files:
    """The same documents as datasets and as text, all of them plain."""

    def __init__(self, options, folder):
        self.folder = folder
        self.bin = options.build_dir / "bin"
        self.train, self.test, self.rcv1 = options.train, options.test, None
        if options.rcv1 is not None:
            self._convert_rcv1(options.rcv1)
        self.train_text = self._as_text(self.train, options.category, "train.svm")
        self.test_text = self._as_text(self.test, options.category, "test.svm")

    def _convert_rcv1(self, source):
        topics = plain(source / "rcv1-v2.topics.qrels", self.folder)
        vectors = plain(source / "lyrl2004_vectors_train.dat", self.folder)
        self.rcv1 = (vectors, topics)
        self.train, self.test = self.folder / "train.h5", self.folder / "test.h5"
        tests = sorted(source.glob("lyrl2004_vectors_test_pt?.dat*"))
        for output, given in ((self.train, [vectors]), (self.test, tests)):
            programs.run([self.bin / "rcv1_to_hdf5", "--vectors", *given, "--topics", topics,
                          "--output", output, "--quiet"])

    def _as_text(self, dataset, category, name):
        text = self.folder / name
        programs.run([self.bin / "hdf5_to_svmlight", "--input", dataset, "--category", category,
                      "--output", text])
        return text


class Comparison:
    """Measurements by name; values of the same repeat have the same place."""

    def __init__(self, options, files):
        self.options, self.files = options, files
        self.data = programs.Data(str(files.train_text), str(files.test_text))
        self.ours = programs.Ours(files.bin, files.train, files.test, options.category,
                                  files.folder)
        self.values = defaultdict(list)
        self.optimum = programs.optimum(self.data, files.train_text, files.folder)
        # The gap is (P(w) - D*) / P*: what is within it is so whatever the optimum is exactly.
        self.target = self.optimum["lower"] + GAP * self.optimum["upper"]

    def put(self, who, measured):
        for key, value in measured.items():
            self.values[f"{who} {key}"].append(value)

    def measure(self):
        for repeat in range(self.options.repeats):
            say(f"repeat {repeat + 1} of {self.options.repeats}")
            turns = self.turns(repeat + 1)
            start = repeat % len(turns)
            for turn in turns[start:] + turns[:start]:  # no competitor is always first
                turn()

    def turns(self, seed):
        turns = [lambda: self.put("sklearn", programs.sklearn_epochs(self.data, seed)),
                 lambda: self.put("liblinear", programs.liblinear(
                     self.data, self.files.train_text, self.files.folder)),
                 lambda: self.measure_commands(seed),
                 lambda: self.measure_loading(),
                 lambda: self.measure_sklearn_course(seed)]
        for ranks in self.options.ranks:
            turns.append(lambda n=ranks: self.put(f"ours {n}", self.ours.epochs(n, seed)))
            turns.append(lambda n=ranks: self.measure_our_course(n, seed))
        return turns

    def measure_loading(self):
        text = self.files.train_text
        megabytes = text.stat().st_size / 1e6
        self.put("sklearn", {"text_rate": megabytes / programs.sklearn_load(text)})
        self.put("ours", {"text_rate": megabytes / self.ours.convert(text, self.files.folder)})
        if self.files.rcv1 is None:
            return
        vectors, topics = self.files.rcv1
        megabytes = (vectors.stat().st_size + topics.stat().st_size) / 1e6
        seconds = self.ours.convert_rcv1([vectors], topics, self.files.folder / "again.h5")
        self.put("ours", {"rcv1_rate": megabytes / seconds})

    def measure_commands(self, seed):
        convert = self.ours.convert(self.files.train_text, self.files.folder)
        self.put("sklearn", {"command_seconds": programs.sklearn_command(self.files.train_text,
                                                                         seed)})
        for ranks in self.options.ranks:
            seconds = self.ours.command(ranks, seed)
            self.put(f"ours {ranks}", {"training_command_seconds": seconds,
                                       "text_command_seconds": convert + seconds})

    def measure_sklearn_course(self, seed):
        def enough(objective, accuracy):
            found["objective"] = found["objective"] or objective <= self.target
            found["accuracy"] = found["accuracy"] or accuracy >= TARGET_ACCURACY
            return all(found.values())

        found = {"objective": False, "accuracy": False}
        course = programs.sklearn_course(self.data, seed, MOST_EPOCHS, enough)
        first = lambda holds: next((k + 1 for k, now in enumerate(course) if holds(*now)),  # noqa
                                   None)
        self.put("sklearn", {"epochs_to_gap": first(lambda o, a: o <= self.target),
                             "epochs_to_accuracy": first(lambda o, a: a >= TARGET_ACCURACY)})

    def measure_our_course(self, ranks, seed):
        fast = self.ours.fast(ranks, seed)
        enough = fast["train_objective"] <= self.target
        reached = self.ours.seconds_to_accuracy(ranks, seed, TARGET_ACCURACY)
        seconds, epochs = reached or (None, None)
        best = self.ours.epochs(ranks, seed, decay=programs.BEST_DECAY)
        self.put(f"ours {ranks}", {"best_train_objective": best["train_objective"],
                                   "best_test_accuracy": best["test_accuracy"],
                                   "fast_test_accuracy": fast["test_accuracy"],
                                   "fast_train_objective": fast["train_objective"],
                                   "seconds_to_gap": fast["train_seconds"] if enough else None,
                                   "epochs_to_gap": fast["epoch"] if enough else None,
                                   "seconds_to_accuracy": seconds,
                                   "epochs_to_accuracy": epochs})

    # --- what comes of it ---------------------------------------------------------------------

    def in_sklearn_epochs(self, seconds):
        epoch = report.median(self.values["sklearn train_seconds"]) / programs.EPOCHS
        return [None if s is None else s / epoch for s in seconds]

    def table(self):
        v, table = self.values, report.Table()
        milliseconds = lambda key: [1e3 * s for s in v[key]]  # noqa: E731
        names = [f"ours {n}" for n in self.options.ranks]
        shown = {name: f"hogwild, {name[5:]} rank{'s' if name != 'ours 1' else ''}"
                 for name in names}
        table.add("10 epochs: scikit-learn", milliseconds("sklearn train_seconds"), "{:.1f}", "ms")
        for name in names:
            table.add(f"10 epochs: {shown[name]}", milliseconds(f"{name} train_seconds"),
                      "{:.2f}", "ms")
            table.add_ratio(f"scikit-learn / {shown[name]}", v["sklearn train_seconds"],
                            v[f"{name} train_seconds"])
        for name in names[1:]:
            table.add_ratio(f"speed-up of {shown[name]} over {shown[names[0]]}",
                            v[f"{names[0]} train_seconds"], v[f"{name} train_seconds"])
        self.add_quality(table, names, shown)
        self.add_targets(table, names, shown)
        table.add("text: load_svmlight_file", v["sklearn text_rate"], "{:.0f}", "MB/s")
        table.add("text: svmlight_to_hdf5, whole command", v["ours text_rate"], "{:.0f}", "MB/s")
        table.add("text: rcv1_to_hdf5, whole command", v["ours rcv1_rate"], "{:.0f}", "MB/s")
        table.add_ratio("text: svmlight_to_hdf5 / load_svmlight_file", v["ours text_rate"],
                        v["sklearn text_rate"])
        self.add_commands(table, names, shown)
        return table

    def add_quality(self, table, names, shown):
        v = self.values
        everyone = [("scikit-learn", "sklearn"), ("LIBLINEAR", "liblinear"),
                    *((shown[name], name) for name in names)]
        for text, name in everyone:
            table.add(f"test accuracy: {text}", v[f"{name} test_accuracy"], "{:.4f}")
        for text, name in everyone:
            table.add(f"objective: {text}", v[f"{name} train_objective"], "{:.5f}")
        for name in names:
            table.add(f"test accuracy, fast.ini: {shown[name]}", v[f"{name} fast_test_accuracy"],
                      "{:.4f}")
        for name in names:
            table.add(f"objective, fast.ini: {shown[name]}", v[f"{name} fast_train_objective"],
                      "{:.5f}")
        for step, key in (("", "train_objective"), (" with the best step", "best_train_objective")):
            for name in names:
                above = report.ratios(v[f"{name} {key}"], v["sklearn train_objective"])
                table.add(f"objective above scikit-learn's{step}: {shown[name]}",
                          [100 * (r - 1) for r in above], "{:+.2f}", "%")
        for name in names:
            table.add(f"test accuracy with the best step: {shown[name]}",
                      v[f"{name} best_test_accuracy"], "{:.4f}")
        for name in names[1:]:
            pairs = zip(v[f"{name} test_accuracy"], v[f"{names[0]} test_accuracy"])
            table.add(f"test accuracy: {shown[name]} minus {shown[names[0]]}",
                      [a - b for a, b in pairs], "{:+.4f}")

    def add_targets(self, table, names, shown):
        v = self.values
        for key, text in (("gap", "within 1 % of the optimum (ours: all of fast.ini)"),
                          ("accuracy", f"test accuracy {TARGET_ACCURACY}")):
            table.add(f"{text}: scikit-learn", v[f"sklearn epochs_to_{key}"], "{:.0f}", "epochs")
            for name in names:
                table.add(f"{text}: {shown[name]}",
                          self.in_sklearn_epochs(v[f"{name} seconds_to_{key}"]), "{:.2f}",
                          "scikit-learn epochs")
                table.add(f"{text}: {shown[name]}, its own epochs", v[f"{name} epochs_to_{key}"],
                          "{:.1f}")

    def add_commands(self, table, names, shown):
        v = self.values
        table.add("command, from text: LIBLINEAR", v["liblinear command_seconds"], "{:.2f}", "s")
        table.add("command, from text: scikit-learn", v["sklearn command_seconds"], "{:.2f}", "s")
        for name in names:
            table.add(f"command, from text: {shown[name]}, conversion and mpirun",
                      v[f"{name} text_command_seconds"], "{:.2f}", "s")
            table.add(f"command, from HDF5: {shown[name]}, with mpirun",
                      v[f"{name} training_command_seconds"], "{:.2f}", "s")


def finite(value):
    """JSON knows no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def main():
    options = parse()
    about = report.machine(options.build_dir / "bin/hogwild")
    options.output_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hogwild-peers-") as folder:
        comparison = Comparison(options, Files(options, Path(folder)))
        comparison.measure()
    table = comparison.table()
    rows = comparison.data.x.shape[0]
    best = comparison.optimum
    about_data = (f"{rows} training and {comparison.data.test_x.shape[0]} test documents, "
                  f"{options.repeats} repeats; optimum of the l2 objective (lambda "
                  f"{programs.LAMBDA:g}) between {best['lower']:.7f} and {best['upper']:.7f}")
    print(report.machine_line(about), about_data, "", table.plain(), sep="\n")
    (options.output_dir / "peers.md").write_text(
        f"{report.machine_line(about)}\n\n{about_data}\n\n{table.markdown()}")
    (options.output_dir / "peers.json").write_text(json.dumps(
        {"machine": about, "training_documents": rows, "repeats": options.repeats,
         "optimum": best, "target_objective": comparison.target,
         "target_accuracy": TARGET_ACCURACY,
         "table": [{"what": w, "median": f, "range": r} for w, f, r in table.rows],
         "measurements": {key: [finite(v) for v in values]
                          for key, values in comparison.values.items()}}, indent=2) + "\n")
    say(f"written: {options.output_dir}/peers.md, peers.json")


if __name__ == "__main__":
    try:
        main()
    except programs.Failed as failure:
        print(f"compare_peers: {failure}", file=sys.stderr)
        sys.exit(1)
