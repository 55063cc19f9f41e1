"""Wide data: time, memory and files grow with the features that occur, not with the largest id."""
import random

import pytest

import command

pytestmark = [pytest.mark.mpi]

FEATURES = 120
WIDE = 2**24
LEARN = ("--iterations", "60", "--batch-size", "10")
RATE = ("--learning-rate", "0.05")
PROMPT = 10  # seconds


def spread(feature):
    """Far apart, in the same order."""
    return feature * (WIDE // FEATURES) - 5


def lines(count, seed, number=lambda feature: feature, features=FEATURES):
    rng = random.Random(seed)
    text = []
    for _ in range(count):
        ids = sorted(rng.sample(range(1, features + 1), 8))
        label = 1 if sum(k % 5 for k in ids) > 16 else -1
        text.append(f"{label} " + " ".join(f"{number(k)}:{rng.random():.3f}" for k in ids))
    return "\n".join(text) + "\n"


class TestWide(command.Case):
    @classmethod
    def setup_class(cls):
        for kind, number in (("narrow", lambda k: k), ("wide", spread)):
            for part, count, seed in (("train", 300, 1), ("test", 100, 2)):
                cls.write(f"{kind}.{part}", lines(count, seed, number))

    @classmethod
    def write(cls, name, text):
        path = cls.shared / f"{name}.txt"
        path.write_text(text)
        outcome = command.tool("svmlight_to_hdf5", "--input", path, "--output",
                               cls.shared / f"{name}.h5", "--no-shuffle", "--force")
        assert outcome.code == 0, outcome.err

    def train(self, ranks, kind, *options, code=0, data=None):
        model = self.dir / f"{kind}.model.h5"
        learn = () if "--iterations" in options else LEARN
        learn += () if "--learning-rate" in options else RATE
        outcome = command.hogwild(
            ranks, "train", "--train", data or self.shared / f"{kind}.train.h5", "--test",
            self.shared / f"{kind}.test.h5", *learn, "--log", self.dir / f"{kind}.jsonl",
            "--model", model, "--force", *options, cwd=self.dir)
        self.check(outcome, code)
        rows = command.read_json_lines(self.dir / f"{kind}.jsonl")
        h5py = command.need("h5py")
        with h5py.File(model, "r") as file:
            columns = list(file["columns"][:]) if "columns" in file else None
            weights = file["weights"][:].tolist() + file["bias"][()].tolist()
        return rows, columns, weights

    @pytest.mark.parametrize("ranks, options", [
        (None, ("--strategy", strategy)) for strategy in (
            "lock-free", "locked", "atomic", "striped", "round-robin", "sequential",
            "synchronous", "asynchronous", "downpour")] + [
        (None, ("--regularization", "aggregated", "--hot-features", "9", "--regularizer",
                "hogwild", "--average")),
        (None, ("--regularizer", "l2", "--precision", "float")),
        (2, ("--strategy", "synchronous", "--regularizer", "l2", "--evaluate-train")),
        (3, ("--strategy", "round-robin", "--regularizer", "scalar")),
        (2, ("--strategy", "synchronous", "--learning-rate", "auto"))])
    def test_learns_what_it_learns_of_the_same_data_with_small_ids(self, ranks, options):
        narrow, no_list, weights = self.train(ranks, "narrow", *options)
        wide, columns, wide_weights = self.train(ranks, "wide", *options)
        assert no_list is None
        assert columns == [spread(k) - 1 for k in range(1, FEATURES + 1)]
        assert wide_weights == weights
        for measure in ("train_objective", "validation_objective", "test_objective"):
            assert wide[-1][measure] == narrow[-1][measure]
        assert wide[0]["features"] == spread(FEATURES)
        assert wide[0]["occurring_features"] == FEATURES

    @pytest.mark.parametrize("ranks", (None, 2))
    def test_dual_with_ids_up_to_the_largest(self, ranks):
        """It costs what the features cost that occur, and the optimum is the same."""
        step = (2**31 - 2) // FEATURES
        self.write("largest", lines(300, 1, lambda feature: feature * step))
        results = {}
        for name in ("narrow.train", "largest"):
            log, model = self.dir / f"{name}.jsonl", self.dir / f"{name}.model.h5"
            outcome = command.hogwild(
                ranks, "train", "--train", self.shared / f"{name}.h5", "--strategy", "dual",
                "--regularizer", "l2", "--lambda", "1e-2", "--gap", "1e-3", "--epochs", "1000",
                "--validation-fraction", "0", "--log", log, "--model", model, cwd=self.dir)
            self.check(outcome)
            assert outcome.seconds < PROMPT, str(outcome)
            results[name] = command.read_json_lines(log)[-1]
        narrow, wide = results["narrow.train"], results["largest"]
        assert wide["stop_reason"] == narrow["stop_reason"] == "gap"
        assert wide["dual_objective"] == pytest.approx(narrow["dual_objective"], rel=2e-3)
        if ranks is None:
            assert wide["dual_objective"] == narrow["dual_objective"]
        assert wide["peak_rss_bytes"] < narrow["peak_rss_bytes"] + 2**23
        with command.need("h5py").File(self.dir / "largest.model.h5", "r") as file:
            assert file.attrs["features"] == FEATURES * step
            assert list(file["columns"][:]) == [k * step - 1 for k in range(1, FEATURES + 1)]
        assert (self.dir / "largest.model.h5").stat().st_size < 2**18

    def test_takes_no_more_memory_than_the_same_data_with_small_ids(self):
        (narrow, _, _), (wide, _, _) = self.train(2, "narrow"), self.train(2, "wide")
        assert wide[-1]["peak_rss_bytes"] < narrow[-1]["peak_rss_bytes"] + 2**23
        assert (self.dir / "wide.model.h5").stat().st_size < 2**18

    def test_features_of_test_documents_that_training_has_not_seen_weigh_nothing(self):
        self.train(None, "wide")
        model = self.dir / "wide.model.h5"
        first, second = spread(1), spread(2)
        self.write("known", f"1 {first}:0.5\n-1 {second}:1\n")
        self.write("foreign", f"1 {first}:0.5 {first + 1}:3\n-1 {second - 1}:2 {second}:1 "
                              f"{2**30}:1\n")
        scores = []
        for name in ("known", "foreign"):
            outcome = command.hogwild(None, "predict", "--model", model, "--data",
                                      self.shared / f"{name}.h5", "--output", "-", "--quiet")
            self.check(outcome, 0)
            scores.append(outcome.out)
        assert scores[0] == scores[1] and scores[0]

    def test_goes_on_from_checkpoints_and_models(self):
        _, columns, whole = self.train(None, "wide")
        saved = ("--checkpoint", self.dir / "run.ckpt.h5")
        self.train(None, "wide", *saved, "--iterations", "30", "--batch-size", "10")
        _, _, resumed = self.train(None, "wide", *saved, "--resume")
        assert resumed == whole
        first = (self.dir / "wide.model.h5").rename(self.dir / "first.h5")
        narrow = self.shared / "narrow.train.h5"  # other features: both are kept
        _, union, _ = self.train(2, "wide", "--initial-model", first, "--iterations", "0",
                                 data=narrow)
        assert union == sorted(set(columns) | set(range(FEATURES)))

    def test_a_checkpoint_of_other_features_is_refused(self):
        h5py = command.need("h5py")
        saved = ("--checkpoint", self.dir / "run.ckpt.h5")
        self.train(None, "wide", *saved)
        with h5py.File(self.dir / "run.ckpt.h5", "r+") as file:
            file.attrs["fact_feature_list"] = command.need("numpy").bytes_("0" * 16)
        refused = command.hogwild(2, "train", "--train", self.shared / "wide.train.h5", *LEARN,
                                  *RATE, *saved, "--resume", cwd=self.dir)
        self.check(refused, 65)
        assert "other features" in refused.err

    def test_exports_what_is_listed(self):
        self.train(None, "wide")
        model = self.dir / "wide.model.h5"
        tsv = command.hogwild(None, "export", "--model", model, "--output", "-")
        assert tsv.out.splitlines()[2].startswith(f"{spread(1)}\t")
        numpy = command.need("numpy")
        npz = self.dir / "wide.npz"
        self.check(command.hogwild(None, "export", "--model", model, "--format", "npz",
                                   "--output", npz), 0)
        assert numpy.count_nonzero(numpy.load(npz)["coef_"]) == len(tsv.out.splitlines()) - 2
