"""Training on the real sample of RCV1-v2 in the seed paper's setting: 400 batches of 100 documents
per rank. The bounds only tell learning from not learning."""
import os
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

WORK = Path(os.environ.get("HOGWILD_SAMPLE_WORK") or command.SOURCE / "build/release/sample")


@unittest.skipUnless((WORK / "train.h5").exists() and (WORK / "test.h5").exists(),
                     f"there is no converted RCV1 sample in {WORK}")
class Sample(command.TestCase):
    def run_train(self, ranks, *options, train="train.h5", length=("--iterations", "400"),
                  seed=1):
        outcome = command.hogwild(
            ranks, "train", "--train", WORK / train, "--test", WORK / "test.h5", "--category",
            "CCAT", *length, "--seed", str(seed), "--quiet", "--log", "run.jsonl", "--model",
            "model.h5", *options, cwd=self.dir, timeout=120)
        self.check(outcome)
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        self.assertEqual(result["verdict"], "VALID")
        return result

    def test_every_strategy_on_eight_ranks(self):
        """The paper's settings, but for the step of those that add up eight batches at a time."""
        falling = ("--learning-rate", "0.01", "--schedule", "decay", "--decay", "0.9")
        adagrad = ("--server-update", "adagrad", "--learning-rate", "0.1")
        for strategy, options in [("lock-free", ()), ("locked", ()), ("atomic", ()),
                                  ("striped", ()), ("round-robin", ()), ("asynchronous", ()),
                                  ("synchronous", falling), ("downpour", adagrad)]:
            with self.subTest(strategy=strategy):
                result = self.run_train(8, "--strategy", strategy, *options)
                workers = 7 if strategy == "downpour" else 8
                self.assertEqual(result["samples"], workers * 400 * 100)
                self.assertGreaterEqual(result["test_accuracy"], 0.915)
                self.assertLess(result["test_objective"], 0.25)

    def test_every_strategy_comes_to_the_optimum(self):
        """Of the l2 objective, with a falling step; a dual value certifies it (LIBLINEAR)."""
        dual, primal = 0.1827248, 0.1827273
        for strategy in ("lock-free", "locked", "atomic", "striped", "round-robin", "synchronous",
                         "asynchronous", "downpour"):
            with self.subTest(strategy=strategy):
                result = self.run_train(
                    2, "--strategy", strategy, "--regularizer", "l2", "--regularization",
                    "aggregated", "--batch-size", "20", "--learning-rate", "0.1", "--schedule",
                    "decay", "--decay", "0.96", "--validation-fraction", "0", "--fetch-every", "5",
                    length=("--epochs", "120"))
                self.assertLess(result["train_objective"], 1.01 * primal)
                self.assertGreaterEqual(result["train_objective"], dual)

    def test_sequential(self):
        """With a constant step the last weights fluctuate: single seeds give .88 to .93."""
        results = [self.run_train(None, "--strategy", "sequential", seed=seed)
                   for seed in range(1, 6)]
        accuracies = [result["test_accuracy"] for result in results]
        self.assertAlmostEqual(sum(accuracies) / 5, 0.92, delta=0.02, msg=str(accuracies))
        again = self.run_train(None, "--strategy", "sequential")
        for key in ("train_objective", "validation_objective", "test_objective", "test_accuracy"):
            self.assertEqual(results[0][key], again[key])

    def test_aggregated_float_is_close_to_exact_double(self):
        for regularizer in ("seed", "hogwild", "l2"):
            with self.subTest(regularizer=regularizer):
                exact, fast = [self.run_train(None, "--strategy", "sequential", "--regularizer",
                                              regularizer, "--precision", precision)
                               for precision in ("double", "float")]
                for key in ("train_objective", "test_objective"):
                    self.assertAlmostEqual(fast[key], exact[key], delta=0.02 * exact[key])

    @unittest.skipUnless((WORK / "train_in_order.h5").exists(), "not converted in order")
    def test_epochs_in_the_order_of_the_text(self):
        """Documents next to each other are alike there; permutations do not mind. (In a run of
        milliseconds one rank may be through before the other starts: that shows.)"""
        result = self.run_train(2, "--sampling", "permutation", length=("--epochs", "40"),
                                train="train_in_order.h5")
        self.assertEqual(result["samples"], 40 * 18000)
        self.assertGreaterEqual(result["test_accuracy"], 0.88)

    def test_predict_agrees_with_the_test_accuracy(self):
        result = self.run_train(2)
        outcome = command.hogwild(3, "predict", "--model", "model.h5", "--data", WORK / "test.h5",
                                  "--output", "scores.txt", cwd=self.dir)
        self.check(outcome)
        lines = (self.dir / "scores.txt").read_text().splitlines()
        self.assertEqual(len(lines), 3000)
        self.assertIn(f"accuracy {result['test_accuracy']:.6g}", outcome.out)


if __name__ == "__main__":
    command.main()
