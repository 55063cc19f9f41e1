"""What `hogwild train` does untuned: --preset auto, --lambda auto, --feature-scaling."""
import json
import math
import random

import pytest

import command
from train_case import CCAT, TrainTest

pytestmark = [pytest.mark.mpi]

FEATURES = 12
DUAL = ("--strategy", "dual", "--loss", "squared-hinge", "--gap", "1e-7", "--validation-fraction",
        "0")


def measured(count, seed, units):
    """Lines of documents whose label follows from the values, which are in some units."""
    draw = random.Random(seed)
    signs = [random.Random(1).choice((-1, 1)) for _ in range(FEATURES)]
    lines = []
    for _ in range(count):
        x = [draw.gauss(0.5, 1.0) for _ in range(FEATURES)]
        label = sum(s * (v - 0.5) for s, v in zip(signs, x)) + draw.gauss(0, 1) > 0
        lines.append(("+1 " if label else "-1 ") +
                     " ".join(f"{u + 1}:{v * units[u]!r}" for u, v in enumerate(x)))
    return "\n".join(lines) + "\n"


class TestPreset(TrainTest):
    UNITS = [4.0 ** (k - 6) for k in range(FEATURES)]

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return name

    def data(self, units, name="raw"):
        return ("--train", self.write(f"{name}.svm", measured(1500, 2, units)),
                "--test", self.write(f"{name}.t.svm", measured(1000, 3, units)))

    def test_is_in_effect_where_nothing_is_said(self):
        run = self.run_train(1, "--test", self.test_set)
        assert run.start["options"]["preset"] == "auto"
        assert run.start["options"]["strategy"] == "dual"
        assert run.start["options"]["validation-fraction"] == 0
        assert "settings: --preset auto (or paper), lambda " in run.outcome.out
        assert run.result["duality_gap"] <= 1e-3
        paper = self.run_train(1, "--preset", "paper", "--iterations", "50", name="paper")
        assert paper.start["options"]["strategy"] == "lock-free"
        assert paper.start["options"]["regularizer"] == "seed"
        assert "settings:" not in paper.outcome.out
        assert run.result["train_accuracy"] > paper.result["train_accuracy"]

    @pytest.mark.parametrize("said", [("--iterations", "5"), ("--strategy", "locked"),
                                      ("--regularizer", "seed"), ("--checkpoint", "c.h5"),
                                      ("--learning-rate", "0.01")])
    def test_whoever_says_how_gets_the_rest_from_the_paper(self, said):
        run = self.run_train(1, *said, *(("--iterations", "5") if "5" not in said else ()))
        assert run.start["options"]["preset"] == "paper"
        assert run.start["options"]["validation-fraction"] == 0.1

    def test_without_a_test_set_documents_are_held_out(self):
        assert self.run_train(1).result["validation_f1"] is not None

    def test_what_is_said_of_the_model_is_kept(self):
        run = self.run_train(1, "--loss", "logistic", "--lambda", "0.01", "--precision", "double")
        options = run.start["options"]
        assert (options["preset"], options["strategy"], options["loss"]) == \
            ("auto", "dual", "logistic")
        assert options["precision"] == "double"
        assert run.start["lambda"] == options["lambda"] == 0.01

    def test_with_another_strategy(self):
        run = self.run_train(2, "--preset", "auto", "--strategy", "lock-free", "--epochs", "5")
        assert run.start["options"]["learning-rate"] == "auto"
        assert run.start["options"]["regularizer"] == "l2"
        assert run.result["train_accuracy"] > 0.8

    def test_a_settings_file_decides_too(self):
        (self.dir / "a.ini").write_text("preset = auto\nepochs = 3\n")
        assert self.run_train(1, "--config", "a.ini").result["epoch"] == 3
        (self.dir / "b.ini").write_text("strategy = locked\niterations = 3\n")
        assert self.run_train(1, "--config", "b.ini").start["options"]["preset"] == "paper"

    def test_what_it_dumps_is_what_it_does(self):
        self.run_train(1, "--seed", "4", "--model", "a.h5", name="a")
        dump = command.hogwild(1, "train", "--seed", "4", "--train", self.train_set, *CCAT,
                               "--model", "b.h5", "--dump-config", cwd=self.dir)
        self.check(dump)
        (self.dir / "dump.ini").write_text(dump.out)
        self.check(command.hogwild(1, "train", "--config", "dump.ini", cwd=self.dir))
        assert self.model("a.h5") == self.model("b.h5")

    def test_a_command_of_a_sweep_repeats_its_point(self):
        outcome = command.hogwild(1, "sweep", "--train", self.train_set, *CCAT, "--lambda",
                                  "0.001,0.01", "--state", "s.jsonl", cwd=self.dir)
        self.check(outcome)
        assert "--preset paper" in outcome.out

    # --- lambda

    def test_the_number_of_ranks_makes_no_difference_to_lambda(self):
        chosen = {self.run_train(ranks, name=str(ranks)).start["lambda"] for ranks in (1, 2, 3)}
        assert len(chosen) == 1

    def test_lambda_as_chosen_gives_the_same_model(self):
        run = self.run_train(1, "--model", "a.h5", name="a")
        again = self.run_train(1, "--lambda", repr(run.start["lambda"]), "--model", "b.h5",
                               name="b")
        assert self.model("a.h5") == self.model("b.h5")
        assert again.result["train_objective"] == run.result["train_objective"]
        with command.need("h5py").File(self.dir / "a.h5", "r") as model:
            assert model.attrs["lambda"] == run.start["lambda"]

    def test_lambda_auto_of_lock_free_survives_a_checkpoint(self):
        options = ("--strategy", "lock-free", "--regularizer", "l2", "--lambda", "auto",
                   "--feature-scaling", "rms", "--batch-size", "10", "--learning-rate", "0.02",
                   "--seed", "3", "--precision", "double", "--patience", "0")
        whole = self.run_train(1, *options, "--iterations", "60", "--model", "a.h5", name="a")
        self.run_train(1, *options, "--iterations", "30", "--checkpoint", "c.h5", name="b")
        rest = self.run_train(1, *options, "--iterations", "60", "--checkpoint", "c.h5",
                              "--resume", "--model", "b.h5", name="b")
        assert rest.start["lambda"] == whole.start["lambda"]
        assert rest.result["train_objective"] == \
            pytest.approx(whole.result["train_objective"], rel=1e-12)

    def test_lambda_auto_is_for_l2(self):
        run = self.run_train(1, "--regularizer", "seed", "--lambda", "auto", code=2)
        assert "--lambda auto is for --regularizer l2" in run.outcome.err

    # --- features of different sizes

    def test_units_make_no_difference(self):
        plain = self.run_train(1, *self.data([1.0] * FEATURES, "plain"), name="plain")
        raw = self.run_train(1, *self.data(self.UNITS), name="raw")
        assert plain.start["feature_scaling"] == "none"
        assert raw.start["feature_scaling"] == "rms"
        assert "features divided by their root mean squares" in raw.outcome.out
        assert raw.result["test_accuracy"] > 0.88
        assert raw.result["test_accuracy"] == \
            pytest.approx(plain.result["test_accuracy"], abs=0.004)
        unscaled = self.run_train(1, *self.data(self.UNITS), "--feature-scaling", "none",
                                  name="none")
        assert unscaled.result["test_accuracy"] < raw.result["test_accuracy"] - 0.01

    @pytest.mark.parametrize("ranks", [1, 3])
    def test_powers_of_two_are_divided_out(self, ranks):
        runs = [self.run_train(ranks, *DUAL, *self.data(units, name), "--lambda", "1e-3",
                               "--feature-scaling", "rms", "--precision", "double", name=name)
                for name, units in (("one", [1.0] * FEATURES), ("units", self.UNITS))]
        for key, near in (("train_objective", 1e-6), ("test_objective", 1e-3), ("test_auc", 1e-3)):
            assert runs[1].result[key] == pytest.approx(runs[0].result[key], rel=near)

    def test_held_out_documents_and_those_of_trials_are_scaled_too(self):
        runs = [self.run_train(2, *self.data(units, name)[:2], "--feature-scaling", "rms",
                               "--validation-fraction", "0.3", name=name)
                for name, units in (("one", [1.0] * FEATURES), ("units", self.UNITS))]
        assert runs[0].start["lambda"] == runs[1].start["lambda"]
        for key in ("validation_objective", "validation_accuracy"):
            assert runs[1].result[key] == pytest.approx(runs[0].result[key], rel=1e-2)
        assert runs[1].result["validation_accuracy"] > 0.85

    def test_equals_training_on_values_that_were_divided_before(self):
        lines = measured(400, 2, self.UNITS).splitlines()
        squares = [0.0] * FEATURES
        for line in lines:
            for entry in line.split()[1:]:
                squares[int(entry.split(":")[0]) - 1] += float(entry.split(":")[1]) ** 2
        rms = [math.sqrt(s / len(lines)) for s in squares]

        def divided(line):
            label, *entries = line.split()
            pairs = [entry.split(":") for entry in entries]
            return " ".join([label, *(f"{u}:{float(v) / rms[int(u) - 1]!r}" for u, v in pairs)])

        self.write("raw.svm", "\n".join(lines) + "\n")
        self.write("divided.svm", "\n".join(map(divided, lines)) + "\n")
        scaled = self.run_train(2, *DUAL, "--train", "raw.svm", "--feature-scaling", "rms",
                                "--lambda", "0.01", "--precision", "double", "--model", "s.h5",
                                name="s")
        before = self.run_train(2, *DUAL, "--train", "divided.svm", "--lambda", "0.01",
                                "--precision", "double", "--model", "d.h5", name="d")
        assert scaled.result["train_objective"] == \
            pytest.approx(before.result["train_objective"], rel=1e-6)
        h5py, numpy = command.need("h5py", "numpy")
        weights = []
        for name in ("s.h5", "d.h5"):
            with h5py.File(self.dir / name, "r") as model:
                weights.append(model["weights"][:])
        assert numpy.allclose(weights[0] * rms, weights[1], rtol=1e-2, atol=1e-3)

    @pytest.mark.parametrize("strategy", [
        ("--strategy", "dual"),
        ("--strategy", "lock-free", "--learning-rate", "auto", "--epochs", "20", "--batch-size",
         "1", "--precision", "float"),
        ("--strategy", "synchronous", "--learning-rate", "auto", "--epochs", "20")])
    def test_table_log_model_and_predict_agree(self, strategy):
        data = self.data(self.UNITS)
        run = self.run_train(2, *strategy, "--regularizer", "l2", "--lambda", "1e-3",
                             "--feature-scaling", "rms", "--validation-fraction", "0",
                             *data[:2], "--test", data[1], "--model", "m.h5")
        result = run.result
        assert result["test_objective"] == pytest.approx(result["train_objective"], rel=1e-6)
        assert result["test_accuracy"] == result["train_accuracy"] > 0.85
        self.check(command.hogwild(1, "predict", "--input", data[1], "--model", "m.h5",
                                   "--output", "s.txt", cwd=self.dir))
        right = [(float(line.split()[1]) > 0) == label.startswith("+1")
                 for line, label in zip((self.dir / "s.txt").read_text().splitlines(),
                                        (self.dir / data[1]).read_text().splitlines())]
        assert sum(right) / len(right) == pytest.approx(result["test_accuracy"], abs=1e-12)

    def test_is_for_norms_of_features(self):
        run = self.run_train(1, "--regularizer", "seed", "--feature-scaling", "rms", code=2)
        assert "--feature-scaling is for --regularizer l2 and none" in run.outcome.err

    def test_an_initial_model_of_scaled_features_goes_on(self):
        options = ("--strategy", "lock-free", "--regularizer", "l2", "--lambda", "1e-3",
                   "--feature-scaling", "rms", "--learning-rate", "0.01", "--batch-size", "10")
        data = self.data(self.UNITS)
        first = self.run_train(1, *options, *data, "--iterations", "200", "--model", "m.h5",
                               name="first")
        same = self.run_train(1, *options, *data, "--iterations", "0", "--initial-model", "m.h5",
                              name="same")
        assert same.result["test_objective"] == \
            pytest.approx(first.result["test_objective"], rel=1e-9)
        assert same.result["train_objective"] == \
            pytest.approx(first.result["train_objective"], rel=1e-9)
        assert json.dumps(same.start["feature_scaling"]) == '"rms"'
