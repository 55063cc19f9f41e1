"""`hogwild train` as a user runs it: what it learns, what it logs, and what its options do."""
import concurrent.futures
import math
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

ROWS = 600
CCAT = ("--category", "CCAT")
# enough to learn the small data
LEARN = ("--batch-size", "20", "--iterations", "100", "--learning-rate", "0.05")

PROGRESS = {"iteration": int, "epoch": float, "samples": int, "train_seconds": float,
            "elapsed_seconds": float, "validation_objective": float,
            "validation_accuracy": float}
RESULT = {**PROGRESS, "strategy": str, "ranks": int, "nodes": int, "seed": int,
          "load_seconds": float, "evaluation_seconds": float, "total_seconds": float,
          "samples_per_second": float, "train_objective": float, "train_accuracy": float,
          "test_objective": float, "test_accuracy": float, "test_accuracy_positive": float,
          "test_accuracy_negative": float, "stop_reason": str, "peak_rss_bytes": int,
          "verdict": str}


def strategies():
    """Those that --help offers."""
    text = " ".join(command.hogwild(None, "train", "--help").out.split())
    return re.search(r"how ranks work together: ([a-z, -]+?) --", text).group(1).split(", ")


class Run:
    """A finished training run and its log."""

    def __init__(self, outcome, log):
        self.outcome = outcome
        rows = command.read_json_lines(log) if log.exists() else []
        self.start = rows[0] if rows else None
        self.evaluations = rows[1:-1]
        self.result = rows[-1] if rows else None


class TrainTest(command.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.documents = command.make_documents(ROWS)
        cls.test_documents = command.make_documents(200, seed=2, first_id=50_000)
        cls.train_set = command.convert(cls.documents, cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(cls.test_documents, cls.shared / "test.h5")

    def run_train(self, ranks, *options, name="run", code=0):
        log = self.dir / (name + ".jsonl")
        if "--train" not in options:
            options = ("--train", self.train_set, *CCAT, *options)
        outcome = command.hogwild(ranks, "train", *options, "--log", log, cwd=self.dir)
        self.check(outcome, code)
        return Run(outcome, log)

    def model(self, name):
        """Weights and bias as bytes."""
        h5py = command.need("h5py")
        with h5py.File(self.dir / name, "r") as file:
            return file["weights"][:].tobytes() + file["bias"][()].tobytes()


class Log(TrainTest):
    def check_types(self, row, types):
        for key, kind in types.items():
            self.assertIn(key, row)
            kinds = (int, float) if kind is float else (kind,)
            self.assertIsInstance(row[key], kinds, key)
            self.assertNotIsInstance(row[key], bool, key)

    def test_rows(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set)
        self.assertEqual(run.start["event"], "start")
        self.assertGreater(len(run.evaluations), 1)
        last = None
        for row in run.evaluations:
            self.assertEqual(row["event"], "evaluation")
            self.check_types(row, PROGRESS)
            self.assertEqual(row["samples"], 2 * 20 * row["iteration"])
            self.assertAlmostEqual(row["epoch"], row["samples"] / 540)
            self.assertGreaterEqual(row["elapsed_seconds"], row["train_seconds"])
            if last:
                for key in ("iteration", "samples", "train_seconds", "elapsed_seconds"):
                    self.assertGreater(row[key], last[key])
            last = row
        result = run.result
        self.assertEqual(result["event"], "result")
        self.check_types(result, RESULT)
        for key in PROGRESS:
            self.assertEqual(result[key], last[key])
        self.assertEqual(result["samples"], 2 * 20 * 100)
        self.assertEqual((result["strategy"], result["ranks"], result["nodes"], result["seed"]),
                         ("lock-free", 2, 1, 1))
        self.assertEqual((result["stop_reason"], result["verdict"]), ("iterations", "VALID"))
        self.assertGreaterEqual(result["total_seconds"] + 1e-6, result["load_seconds"]
                                + result["train_seconds"] + result["evaluation_seconds"])
        self.assertAlmostEqual(result["samples_per_second"],
                               result["samples"] / result["train_seconds"], delta=1)
        self.assertTrue(4e6 < result["peak_rss_bytes"] < 500e6)
        for key in RESULT:
            if key.endswith("accuracy") or "accuracy_" in key:
                self.assertTrue(0.8 < result[key] <= 1, key)

    def test_start_row_tells_how_to_repeat_the_run(self):
        run = self.run_train(2, *LEARN, "--seed", "7", "--test", self.test_set)
        start = run.start
        options = start["options"]
        self.assertEqual(start["ranks"], 2)
        self.assertEqual(options["seed"], "7")
        self.assertEqual(options["train"], str(self.train_set))
        self.assertEqual(options["learning-rate"], "0.05")
        self.assertEqual(options["regularizer"], "seed")
        self.assertEqual(start["dataset_digests"], [command.inspect(p)[0]["digest"] for p in
                                                    (self.train_set, self.test_set)])
        self.assertEqual((start["training_documents"], start["validation_documents"]), (540, 60))

    def test_without_validation_and_test(self):
        run = self.run_train(2, *LEARN, "--validation-fraction", "0")
        for row in (*run.evaluations, run.result):
            self.assertIsNone(row["validation_objective"])
            self.assertIsNone(row["validation_accuracy"])
        for key in ("test_objective", "test_accuracy", "test_accuracy_positive",
                    "test_accuracy_negative"):
            self.assertIsNone(run.result[key])
        self.assertEqual(run.start["training_documents"], ROWS)
        self.assertEqual(run.result["stop_reason"], "iterations")
        self.assertGreater(run.result["train_accuracy"], 0.9)

    def test_evaluate_every(self):
        for every, expected in [("30", [30, 60, 90, 100]), ("0", [100]), ("1000", [100]),
                                ("100", [100])]:
            with self.subTest(every=every):
                run = self.run_train(None, *LEARN, "--evaluate-every", every)
                self.assertEqual([row["iteration"] for row in run.evaluations], expected)
        run = self.run_train(None, *LEARN)  # about once an epoch of 27 batches
        self.assertEqual([row["iteration"] for row in run.evaluations], [27, 54, 81, 100])

    def test_evaluate_train(self):
        run = self.run_train(2, *LEARN, "--evaluate-train")
        objectives = [row["train_objective"] for row in run.evaluations]
        self.assertEqual(objectives[-1], run.result["train_objective"])
        self.assertLess(objectives[-1], objectives[0])

    def test_quiet(self):
        outcome = self.run_train(2, *LEARN, "--quiet", "--test", self.test_set).outcome
        self.assertEqual((outcome.out, outcome.err), ("", ""))

    def test_terminal_output(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set)
        self.assertNotIn("\r", run.outcome.err)
        self.assertNotIn("\033", run.outcome.err)
        # what is said about where the ranks run: test_placement.py
        lines = [line for line in run.outcome.own_lines() if not line.startswith(("hogwild: ranks", "hogwild: 2 ranks"))]
        self.assertEqual(len(lines), len(run.evaluations))
        self.assertRegex(lines[0], r"iteration .* validation: objective \d")
        for word in ("train", "validation", "test", "VALID", "lock-free", "documents/s"):
            self.assertIn(word, run.outcome.out)
        self.assertIn(f"{run.result['test_accuracy']:.4f}", run.outcome.out)
        self.assertEqual(run.outcome.out.splitlines()[-1], "VALID")


class Amounts(TrainTest):
    """How many documents are processed, and which are held out."""

    def test_epochs_process_every_document_as_often(self):
        for ranks, sampling in [(1, "permutation"), (2, "uniform"), (3, "permutation"),
                                (7, "permutation"), (7, "uniform")]:
            with self.subTest(ranks=ranks, sampling=sampling):
                run = self.run_train(ranks, "--epochs", "3", "--batch-size", "32", "--sampling",
                                     sampling, "--validation-fraction", "0.05")
                self.assertEqual(run.start["training_documents"], 570)
                self.assertEqual(run.result["samples"], 3 * 570)
                self.assertEqual(run.result["epoch"], 3)
                self.assertEqual(run.result["stop_reason"], "epochs")

    def test_batch_fraction_is_shared_out_among_ranks(self):
        for ranks, fraction, each in [(3, "0.1", 18), (2, "1", 270), (2, "1e-6", 1)]:
            with self.subTest(ranks=ranks, fraction=fraction):
                run = self.run_train(ranks, "--strategy", "synchronous", "--batch-fraction",
                                     fraction, "--iterations", "5")
                self.assertEqual(run.start["batch_size"], each)
                self.assertEqual(float(run.start["options"]["batch-fraction"]), float(fraction))
                self.assertNotIn("batch-size", run.start["options"])
                self.assertEqual(run.result["samples"], 5 * ranks * each)

    def test_batch_larger_than_the_rows_of_a_rank(self):
        run = self.run_train(3, "--batch-size", "100000", "--iterations", "4")
        self.assertEqual(run.result["samples"], 4 * 540)

    def test_more_ranks_than_documents(self):
        tiny = command.convert(self.documents[:5], self.dir / "tiny.h5", "--shards", "2")
        labels = {"CCAT" in d.topics for d in self.documents[:5]}
        self.assertEqual(len(labels), 2, "both classes are needed")
        for strategy in ("lock-free", "locked"):
            run = self.run_train(8, "--train", tiny, *CCAT, "--validation-fraction", "0",
                                 "--iterations", "10", "--strategy", strategy)
            self.assertEqual(run.result["samples"], 10 * 5)
            self.assertEqual(run.result["verdict"], "VALID")
        run = self.run_train(8, "--train", tiny, *CCAT, "--validation-fraction", "0.2",
                             "--epochs", "6", "--sampling", "permutation")
        self.assertEqual(run.result["samples"], 6 * 4)

    def test_held_out_documents(self):
        for fraction, expected in [("0.0333", 20), ("0.5", 300), ("0.999", 599), ("0.0001", 0)]:
            with self.subTest(fraction=fraction):
                run = self.run_train(None, "--validation-fraction", fraction, "--iterations", "1",
                                     code=65 if expected == 599 else 0)
                if expected != 599:  # one document alone has one class only
                    self.assertEqual(run.start["validation_documents"], expected)
                    self.assertEqual(run.start["training_documents"], ROWS - expected)

    def test_split_depends_on_the_seed_and_the_data_alone(self):
        shards = command.convert(self.documents, self.dir / "three.h5", "--shards", "3",
                                 "--shuffle-seed", "1")

        def split(ranks, *options):
            start = self.run_train(ranks, "--iterations", "1", *options).start
            return (start["training_documents"], start["validation_documents"],
                    start["training_positives"])
        first = split(1)
        self.assertEqual(first[:2], (540, 60))
        self.assertEqual(first, split(2))
        self.assertEqual(first, split(3, "--balance", "nonzeros"))
        self.assertEqual(first, split(2, "--train", shards, *CCAT))
        others = {split(None, "--seed", str(seed)) for seed in range(2, 5)}
        self.assertGreater(len(others), 1)

    def test_early_stopping(self):
        run = self.run_train(2, "--patience", "2", "--learning-rate", "100", "--evaluate-every",
                             "5", "--iterations", "4000", "--model", "model.h5")
        self.assertEqual(run.result["stop_reason"], "early-stopping")
        self.assertLess(run.result["iteration"], 4000)
        self.assertEqual(run.result["iteration"], run.evaluations[-1]["iteration"])
        self.assertIn("model.h5", self.names())
        run = self.run_train(2, "--patience", "0", "--learning-rate", "100", "--evaluate-every",
                             "5", "--iterations", "400")
        self.assertEqual(run.result["stop_reason"], "iterations")
        self.assertEqual(run.result["iteration"], 400)


class Learning(TrainTest):
    def test_every_combination_learns(self):
        """Strategies, regularisers and precisions, some at a time."""
        def one(strategy, regularizer, precision):
            name = f"{strategy}-{regularizer}-{precision}"
            ranks = None if strategy == "sequential" else 3
            return name, self.run_train(
                ranks, *LEARN, "--strategy", strategy, "--regularizer", regularizer, "--precision",
                precision, "--test", self.test_set, "--quiet", name=name)
        majority = max(sum("CCAT" in d.topics for d in self.test_documents) / 200,
                       sum("CCAT" not in d.topics for d in self.test_documents) / 200)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            runs = [pool.submit(one, strategy, regularizer, precision)
                    for strategy in strategies()
                    for regularizer in ("seed", "scalar", "hogwild", "l2", "none")
                    for precision in ("double", "float")]
        self.assertGreaterEqual(len(runs), 30)
        for future in runs:
            name, run = future.result()
            with self.subTest(run=name):
                self.assertEqual(run.result["verdict"], "VALID")
                self.assertGreater(run.result["test_accuracy"], majority + 0.25)

    def test_losses_schedules_and_the_rest(self):
        for options in [("--loss", "logistic", "--learning-rate", "0.5"),
                        ("--schedule", "inverse", "--lambda", "1e-2"),
                        ("--schedule", "decay", "--decay", "0.7"),
                        ("--bias", "off"), ("--sampling", "permutation"),
                        ("--regularization", "aggregated"),
                        ("--precision", "float", "--regularization", "exact")]:
            with self.subTest(options=options):
                learn = LEARN if "--learning-rate" not in options else LEARN[:-2]
                run = self.run_train(None, *learn, *options, "--test", self.test_set)
                self.assertGreater(run.result["test_accuracy"], 0.85)

    def test_sequential_is_reproducible(self):
        for name, options in [("a", ()), ("b", ()), ("other_seed", ("--seed", "2")),
                              ("shards", ("--train", self.dir / "three.h5", *CCAT)),
                              ("packed", ("--train", self.dir / "packed.h5", *CCAT))]:
            if name == "shards":
                command.convert(self.documents, self.dir / "three.h5", "--shards", "3",
                                "--shuffle-seed", "1")
            if name == "packed":
                command.convert(self.documents, self.dir / "packed.h5", "--compress",
                                "--shuffle-seed", "1")
            self.run_train(None, "--strategy", "sequential", *LEARN, *options, "--model",
                           name + ".model")
        self.assertEqual(self.model("a.model"), self.model("b.model"))
        self.assertEqual(self.model("a.model"), self.model("shards.model"))
        self.assertEqual(self.model("a.model"), self.model("packed.model"))
        self.assertNotEqual(self.model("a.model"), self.model("other_seed.model"))

    def test_one_rank_is_sequential(self):
        for precision in ("double", "float"):
            for strategy in ("sequential", "lock-free", "locked"):
                self.run_train(None, *LEARN, "--strategy", strategy, "--precision", precision,
                               "--model", strategy)
            with self.subTest(precision=precision):
                self.assertEqual(self.model("lock-free"), self.model("sequential"))
                self.assertEqual(self.model("locked"), self.model("sequential"))

    def test_labels_of_their_own(self):
        for name, documents in (("own", self.documents), ("own_test", self.test_documents)):
            (self.dir / (name + ".txt")).write_text(
                "".join(d.svmlight_line("CCAT") for d in documents))
            self.check(command.tool("svmlight_to_hdf5", "--input", name + ".txt", "--output",
                                    name + ".h5", cwd=self.dir))
        run = self.run_train(2, "--train", "own.h5", "--test", "own_test.h5", *LEARN)
        self.assertGreater(run.result["test_accuracy"], 0.85)

    def test_balance_nonzeros(self):
        """Documents of very different lengths."""
        documents = command.make_documents(300) + command.make_documents(
            30, seed=3, first_id=90_000, length=120)
        train = command.convert(documents, self.dir / "uneven.h5")
        run = self.run_train(3, "--train", train, *CCAT, "--balance", "nonzeros", "--batch-size",
                             "10", "--iterations", "200", "--test", self.test_set)
        self.assertEqual(run.start["training_documents"], 297)
        self.assertEqual(run.result["samples"], 3 * 10 * 200)
        self.assertGreater(run.result["test_accuracy"], 0.85)
        run = self.run_train(3, "--train", train, *CCAT, "--balance", "nonzeros", "--epochs", "2")
        self.assertEqual(run.result["samples"], 2 * 297)


class TestData(TrainTest):
    def test_several_test_sets_are_one(self):
        first = command.convert(self.test_documents[:70], self.dir / "first.h5")
        second = command.convert(self.test_documents[70:], self.dir / "second.h5", "--shards", "2")
        results = [self.run_train(None, *LEARN, "--strategy", "sequential", "--test", *sets).result
                   for sets in ((self.test_set,), (first, second))]
        for key in ("test_accuracy", "test_accuracy_positive", "test_accuracy_negative"):
            self.assertEqual(results[0][key], results[1][key])
        self.assertAlmostEqual(results[0]["test_objective"], results[1]["test_objective"])

    def test_more_and_fewer_features_than_the_training_data(self):
        wide = [d._replace(terms=(*d.terms, (5000, "0.5"))) for d in self.test_documents]
        wide = command.convert(wide, self.dir / "wide.h5")
        narrow = [d._replace(terms=tuple(t for t in d.terms if t[0] <= 250))
                  for d in self.test_documents]
        narrow = command.convert(narrow, self.dir / "narrow.h5")
        self.assertLess(command.inspect(narrow)[0]["features"], 300)
        for strategy, ranks in (("sequential", None), ("lock-free", 2)):
            plain, with_wide, with_narrow = [
                self.run_train(ranks, *LEARN, "--strategy", strategy, "--test", test, "--model",
                               "model.h5").result["test_accuracy"]
                for test in (self.test_set, wide, narrow)]
            self.assertGreater(with_narrow, 0.7)
            if strategy == "sequential":  # what training never saw weighs nothing
                self.assertEqual(plain, with_wide)
            else:
                self.assertGreater(with_wide, 0.85)


class Configuration(TrainTest):
    GROUPS = ("train test category validation-fraction seed balance loss regularizer lambda bias "
              "precision regularization strategy batch-size learning-rate schedule decay sampling "
              "iterations epochs evaluate-every evaluate-train patience log model quiet config "
              "dump-config").split()

    def dump(self, *options, code=0):
        return self.check(command.hogwild(None, "train", *options, "--dump-config",
                                          cwd=self.dir), code).out

    def test_dump_and_config_are_inverse(self):
        options = ("--train", self.train_set, "--test", self.test_set, "second.h5", *CCAT,
                   "--lambda", "0.012345678901234567", "--epochs", "3", "--evaluate-every", "7",
                   "--precision", "float", "--schedule", "inverse", "--evaluate-train",
                   "--log", "a log.jsonl", "--model", "größe=1.h5", "--seed",
                   "9223372036854775807")
        for given in (options, ("--iterations", "12", "--evaluate-every", "0", "--quiet")):
            with self.subTest(given=given):
                first = self.dump(*given)
                (self.dir / "run.ini").write_text(first)
                self.assertEqual(self.dump("--config", "run.ini"), first)

    def test_dump_of_a_name_that_looks_like_a_comment(self):
        """It must come back, or be refused."""
        outcome = command.hogwild(None, "train", "--model", "run#1.h5", "--dump-config")
        if outcome.code == 2:
            return
        (self.dir / "run.ini").write_text(self.check(outcome).out)
        self.assertIn("model = run#1.h5\n", self.dump("--config", "run.ini"))

    def test_a_run_from_a_config(self):
        options = ("--train", self.train_set, "--test", self.test_set, *CCAT, *LEARN,
                   "--strategy", "sequential", "--model", "model.h5")
        (self.dir / "run.ini").write_text(self.dump(*options))
        by_hand = self.run_train(None, *options)
        model = self.model("model.h5")
        by_config = self.run_train(None, "--config", "run.ini", "--train", self.train_set)
        self.assertEqual(by_hand.start["options"], by_config.start["options"])
        self.assertEqual(self.model("model.h5"), model)

    def test_the_command_line_wins(self):
        (self.dir / "run.ini").write_text(
            "# settings\n\nlambda = 0.5\niterations = 12\ntest = a.h5\ntest = b.h5\nquiet = true\n"
            "seed=3\n")
        text = self.dump("--config", "run.ini", "--lambda", "0.25", "--test", "c.h5")
        self.assertIn("lambda = 0.25\n", text)
        self.assertIn("iterations = 12\n", text)
        self.assertIn("seed = 3\n", text)
        self.assertEqual(re.findall("test = (.*)", text), ["c.h5"])
        text = self.dump("--config", "run.ini", "--epochs", "2")
        self.assertIn("epochs = 2\n", text)
        self.assertNotIn("iterations", text)
        (self.dir / "run.ini").write_text("epochs = 4\n")
        text = self.dump("--config", "run.ini", "--iterations", "400")  # the default, but said
        self.assertIn("iterations = 400\n", text)
        self.assertNotRegex(text, "(?m)^epochs")

    def test_an_empty_config_changes_nothing(self):
        for content in ("", "\n", "# nothing\n"):
            (self.dir / "run.ini").write_text(content)
            with self.subTest(content=content):
                self.assertEqual(self.dump("--config", "run.ini"), self.dump())

    def test_settings_of_the_paper(self):
        paper = command.SOURCE / "jobs/settings/paper.ini"
        if not paper.exists():
            self.skipTest("there is no jobs/settings/paper.ini")
        text = self.dump("--config", paper)
        self.assertEqual(text, self.dump("--config", paper))
        for line in ("loss = hinge", "batch-size = 100"):
            self.assertIn(line + "\n", text)

    def test_help(self):
        outcome = self.check(command.hogwild(None, "train", "--help-all"))
        for option in self.GROUPS:
            self.assertRegex(outcome.out, rf"(?m)^ +--{option}( |$)")
        for default in ("=400", "=100", "=0.035", "=0.1", "=30", "=lock-free", "=hinge", "=double"):
            self.assertIn("(" + default + ")", outcome.out)

    def test_version(self):
        for ranks in (None, 2):
            outcome = self.check(command.hogwild(ranks, "--version"))
            self.assertRegex(outcome.out, r"^hogwild \d+\.\d+")
            self.assertRegex(outcome.out, r"(?m)MPI.*\d")
            self.assertRegex(outcome.out, r"(?m)HDF5 \d+\.\d+")
            self.assertEqual(outcome.out.count("hogwild"), 1)


class Outputs(TrainTest):
    def test_outputs_of_a_finished_run_are_replaced(self):
        for seed in ("1", "2"):
            self.run_train(2, *LEARN, "--seed", seed, "--model", "model.h5")
        self.assertEqual(self.names(), ["model.h5", "run.jsonl"])
        rows = command.read_json_lines(self.dir / "run.jsonl")
        self.assertEqual([row["event"] for row in rows].count("start"), 1)
        self.assertEqual(rows[0]["options"]["seed"], "2")
        self.assertEqual(command.inspect(self.dir / "model.h5")[0]["seed"], 2)

    def test_model_file(self):
        run = self.run_train(2, *LEARN, "--test", self.test_set, "--model", "model.h5")
        facts = command.inspect(self.dir / "model.h5")[0]
        self.assertEqual(facts["schema"], "hogwild.model")
        for key, value in {"features": 300, "category": "CCAT", "loss": "hinge", "seed": 1,
                           "regularizer": "seed", "lambda": 1e-4, "strategy": "lock-free",
                           "ranks": 2, "precision": "double"}.items():
            self.assertEqual(facts[key], value, key)
        self.assertEqual(facts["dataset_digests"], run.start["dataset_digests"])
        for key, value in facts["metrics"].items():
            self.assertEqual(value, run.result[key], key)
        self.assertIn("test_accuracy", facts["metrics"])
        options = dict(line.split(" = ", 1) for line in facts["options"].splitlines())
        self.assertEqual(options, run.start["options"])
        self.check(command.tool("hdf5_inspect", "--verify", self.dir / "model.h5"))

        h5py = command.need("h5py")
        with h5py.File(self.dir / "model.h5", "r") as file:
            self.assertEqual(file["weights"].dtype.str, "<f8")
            self.assertEqual(file["weights"].shape, (300,))
            self.assertEqual(file["bias"].dtype.str, "<f8")
            self.assertEqual(file["bias"].size, 1)
            self.assertEqual(int(file.attrs["version"]), 1)
            self.assertTrue(math.isfinite(file["weights"][:].sum()))

    def test_outputs_are_optional(self):
        outcome = command.hogwild(2, "train", "--train", self.train_set, *CCAT, cwd=self.dir)
        self.check(outcome)
        self.assertEqual(self.names(), [])


if __name__ == "__main__":
    command.main()
