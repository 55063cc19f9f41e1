"""Checkpoints of several categories: what was learnt of them is not lost."""
import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
STOPPED = 75
DUAL = ("--strategy", "dual", "--loss", "hinge", "--lambda", "1e-4",
        "--precision", "float")
ONE_BY_ONE = ("--loss", "hinge", "--regularizer", "l2", "--lambda", "1e-3", "--epochs", "200",
              "--batch-size", "10", "--learning-rate", "0.05")
SGD = ("--strategy", "lock-free", "--loss", "hinge", "--regularizer", "l2", "--lambda", "1e-3",
       "--batch-size", "1", "--sampling", "permutation", "--schedule", "decay",
       "--decay", "0.998")
MATRIX = (*SGD, "--epochs", "2000", "--learning-rate", "0.5", "--evaluate-every", "0")


class TestCategoryCheckpoint(command.Case):
    @classmethod
    def setup_class(cls):
        documents = command.make_documents(1200, seed=5)
        # categories of the documents with three features of an eighth; ALL cannot be learnt
        several = [document._replace(topics=("ALL", *(
            f"T{k:02}" for k in range(24)
            if sum((j * 7 + k * 5) % 24 < 3 for j, _ in document.terms) >= 3)))
            for document in documents]
        cls.data = command.convert(several, cls.shared / "train.h5")

    def setup_method(self):
        self.file = self.dir / "run.h5"

    def train(self, ranks, *options, name="model", code=0, category="all"):
        outcome = command.hogwild(ranks, "train", "--train", self.data, "--category", category,
                                  "--quiet", *options, "--log", self.dir / f"{name}.jsonl",
                                  "--model", self.dir / f"{name}.h5")
        self.check(outcome, code)
        return outcome

    def result(self, name="model"):
        return command.read_json_lines(self.dir / f"{name}.jsonl")[-1]

    def weights(self, name="model"):
        h5py = command.need("h5py")
        with h5py.File(self.dir / f"{name}.h5") as file:
            return file["weights"][:].tobytes() + file["bias"][:].tobytes()

    def progress(self):
        """Documents of a category, on the average, of the checkpoint."""
        h5py = command.need("h5py")
        with h5py.File(self.file) as file:
            return file["state/samples"][0]

    def until_done(self, ranks, *options, limit=0.02):
        """Runs again and again with a time limit. @return the progress at each stop with a
        checkpoint."""
        stops = []
        for k in range(60):
            outcome = command.hogwild(
                ranks[k % len(ranks)], "train", "--train", self.data, "--category", "all",
                "--quiet", *options, "--checkpoint", self.file, "--resume", "--max-time",
                f"{limit:.3f}", "--log", self.dir / "model.jsonl", "--model",
                self.dir / "model.h5")
            if outcome.code != STOPPED:
                self.check(outcome)
                return stops
            assert not (self.dir / "model.h5").exists(), "a model only of a run that is done"
            if self.file.exists():
                stops.append(self.progress())
            limit *= 2  # also a machine that is busy gets there
        raise AssertionError("no end")

    def test_dual_gives_the_same_bits_on_any_numbers_of_ranks(self):
        options = (*DUAL, "--gap", "none", "--epochs", "1000")
        self.train(1, *options, name="whole")
        stops = self.until_done((2, 1, 3), *options)
        assert stops, "the run was never broken"
        assert stops == sorted(stops) and stops[0] < stops[-1], "each part goes on"
        assert self.weights() == self.weights("whole")
        whole, broken = self.result("whole"), self.result()
        for key in ("train_objective", "validation_micro_f1", "samples", "epoch"):
            # sums over documents are rounded in an order that depends on the ranks
            assert abs(broken[key] - whole[key]) <= 1e-9 * whole[key], key

    @pytest.mark.parametrize("strategy", ("synchronous", "locked", "asynchronous"))
    def test_one_category_after_another(self, strategy):
        options = (*ONE_BY_ONE, "--strategy", strategy)
        self.train(2, *options, name="whole")
        stops = self.until_done((2,), *options)
        assert stops, "the run was never broken"
        whole, broken = self.result("whole"), self.result()
        assert broken["samples"] == whole["samples"]
        assert abs(broken["train_objective"] / whole["train_objective"] - 1.0) < 0.1
        if strategy == "synchronous":
            assert self.weights() == self.weights("whole")

    @pytest.mark.parametrize("more", (("--precision", "float", "--split", "documents"),
                                      ("--precision", "float", "--split", "categories"),
                                      ("--precision", "bfloat16", "--split", "auto")))
    def test_weight_matrix(self, more):
        self.train(2, *MATRIX, *more, name="whole")
        stops = self.until_done((2, 2, 1), *MATRIX, *more)
        assert stops, "the run was never broken"
        assert stops == sorted(stops)
        whole, broken = self.result("whole"), self.result()
        assert broken["epoch"] == whole["epoch"]
        assert abs(broken["train_objective"] / whole["train_objective"] - 1.0) < 0.1

    def test_early_stopping_goes_on(self):
        options = (*SGD, "--epochs", "2000", "--evaluate-every", "12000", "--precision", "float",
                   "--patience", "3", "--learning-rate", "0.01")
        self.train(1, *options, name="whole")
        self.until_done((1,), *options)
        assert self.result()["stop_reason"] == self.result("whole")["stop_reason"]

    def test_a_run_that_is_done_ends_at_once_and_a_smaller_gap_goes_on(self):
        coarse = (*DUAL, "--gap", "1e-2")
        checkpoint = ("--checkpoint", self.file)
        self.train(2, *coarse, *checkpoint, name="first")
        first = self.result("first")
        self.train(1, *coarse, *checkpoint, "--resume", name="again")
        again = self.result("again")
        assert self.weights("again") == self.weights("first")
        assert again["samples"] == first["samples"]
        assert again["duality_gap"] == first["duality_gap"] <= 1e-2
        self.train(2, *DUAL, "--gap", "1e-3", *checkpoint, "--resume", name="finer")
        self.train(2, *DUAL, "--gap", "1e-3", name="alone")
        assert self.result("finer")["duality_gap"] <= 1e-3
        assert self.weights("finer") == self.weights("alone")

    def test_chosen_lambdas_are_kept(self):
        options = ("--strategy", "dual", "--lambda", "auto", "--precision", "float")
        self.train(2, *options, "--checkpoint", self.file, name="first")
        self.train(1, *options, "--checkpoint", self.file, "--resume", name="again")
        assert self.weights("again") == self.weights("first")
        assert self.result("again")["category_results"]["lambda"] \
            == self.result("first")["category_results"]["lambda"]

    def test_what_does_not_fit_is_refused(self):
        checkpoint = ("--checkpoint", self.file)
        outcome = self.train(1, *DUAL, *checkpoint, "--evaluate-every", "100", code=2)
        assert "--checkpoint and --evaluate-every exclude each other" in outcome.err
        short = (*SGD, "--epochs", "5", "--learning-rate", "0.5", "--precision", "float")
        self.train(1, *short, *checkpoint)
        outcome = self.train(1, *short, *checkpoint, "--resume", "--regularization", "exact",
                             code=2)
        assert "is of a run that trained all categories at the same time" in outcome.err
        settings = command.write_text(self.dir / "settings.csv", "category,lambda\nT03,1e-5\n")
        outcome = self.train(1, *short, *checkpoint, "--resume", "--category-settings", settings,
                             code=2)
        assert "with other lambdas or class weights by category" in outcome.err
        outcome = self.train(1, *short, *checkpoint, "--resume", category="T*", code=2)
        assert "--category all, not T*" in outcome.err
