"""`--strategy dual`: what it reaches, what it says of it, and that LIBLINEAR agrees."""
import math
import random

import pytest

import command
from train_case import CCAT, TrainTest

pytestmark = [pytest.mark.mpi]

LAMBDA = "0.05"
DUAL = ("--strategy", "dual", "--lambda", LAMBDA)


class TestDual(TrainTest):
    def solve(self, ranks, *options, **more):
        return self.run_train(ranks, *DUAL, *options, **more)

    @pytest.mark.parametrize("ranks", [1, 2, 5])
    @pytest.mark.parametrize("loss", ["hinge", "squared-hinge", "logistic", "modified-huber"])
    def test_reaches_the_gap_and_says_so(self, ranks, loss):
        run = self.solve(ranks, "--loss", loss, "--gap", "1e-4", "--model", "m.h5",
                         "--precision", "float")
        result = run.result
        assert result["stop_reason"] == "gap"
        assert 0.0 <= result["duality_gap"] <= 1e-4
        assert result["primal_objective"] == pytest.approx(result["train_objective"], rel=1e-9)
        gap = result["primal_objective"] - result["dual_objective"]
        assert gap == pytest.approx(result["duality_gap"] * result["primal_objective"], rel=1e-6)
        assert "VALID, within " in run.outcome.out
        assert "% of the optimum (certified)" in run.outcome.out
        last = run.evaluations[-1]
        assert last["primal_objective"] == result["primal_objective"]
        with command.need("h5py").File(self.dir / "m.h5", "r") as model:
            assert model.attrs["metric_duality_gap"] == result["duality_gap"]

    def test_without_a_gap_it_makes_all_epochs_and_certifies_the_end(self):
        run = self.solve(2, "--epochs", "5")
        assert run.result["stop_reason"] == "epochs"
        assert run.result["epoch"] == 5.0
        assert run.result["duality_gap"] > 0.0
        assert [row["duality_gap"] is None for row in run.evaluations] == [True] * 4 + [False]

    def test_how_often_it_is_evaluated_changes_nothing(self):
        often = self.solve(1, "--gap", "1e-3", name="often")
        once = self.solve(1, "--gap", "1e-3", "--evaluate-every", "0", name="once")
        assert len(once.evaluations) == 1 < len(often.evaluations)
        for key in ("epoch", "primal_objective", "dual_objective", "test_accuracy"):
            assert once.result[key] == often.result[key]

    @pytest.mark.parametrize("loss", ["hinge", "squared-hinge", "logistic", "modified-huber"])
    def test_starts_from_what_a_model_knows(self, loss):
        """With all but the hinge the dual variables at the optimum follow from the margins."""
        goal = ("--gap", "1e-4", "--loss", loss)
        cold = self.solve(1, *goal, "--model", "m.h5", name="cold")
        with command.need("h5py").File(self.dir / "m.h5", "r+") as model:
            del model["dual"]
        for ranks, options in ((1, ()), (3, ()), (4, ("--replicas-per-node", "2"))):
            warm = self.solve(ranks, *goal, *options, "--initial-model", "m.h5", name="warm")
            assert warm.result["duality_gap"] <= 1e-4
            assert warm.result["epoch"] <= (cold.result["epoch"] if loss == "hinge" else 1)
            assert warm.result["primal_objective"] == pytest.approx(
                cold.result["primal_objective"], rel=2e-4)

    @pytest.mark.parametrize("factor", [100.0, -1000.0, -1e30])
    def test_a_bad_model_to_start_from_does_no_harm(self, factor):
        """Too large, or for other labels: only a part of the way, or none."""
        h5py = command.need("h5py")
        goal = ("--gap", "1e-4", "--loss", "squared-hinge", "--precision", "float")
        cold = self.solve(1, *goal, "--model", "m.h5", name="cold")
        with h5py.File(self.dir / "m.h5", "r+") as model:
            model["weights"][:] *= factor
        warm = self.solve(2, *goal, "--initial-model", "m.h5", name="warm")
        assert warm.result["duality_gap"] <= 1e-4
        assert warm.result["epoch"] <= 2 * cold.result["epoch"]

    def test_same_run_twice(self):
        runs = [self.solve(1, "--gap", "1e-3", "--precision", precision, "--model", f"{k}.h5",
                           name=str(k))
                for k, precision in enumerate(("float", "float"))]
        assert runs[0].result["epoch"] == runs[1].result["epoch"]
        assert self.model("0.h5") == self.model("1.h5")

    @pytest.mark.parametrize("options, complaint", [
        (("--regularizer", "seed"), "--strategy dual minimises --regularizer l2"),
        (("--iterations", "10"), "counts --epochs"),
        (("--lambda", "0"), "needs --lambda above 0"),
        (("--average",), "--average"),
        (("--evaluate-later",), "--evaluate-every 0"),
        (("--gap", "2"), "--gap must lie between 0 and 1"),
        (("--bias-share", "1.5"), "--bias-share must lie in (0, 1]"),
        (("--combine", "sum"), "leave out --combine"),
        (("--replicas-per-node", "2", "--workers", "1"), "--workers is for ranks that share"),
    ])
    def test_what_it_refuses(self, options, complaint):
        options = ("--lambda", LAMBDA, *options) if "--lambda" not in options else options
        run = self.run_train(2, "--strategy", "dual", *options, code=2)
        assert complaint in run.outcome.err

    def test_bench_refuses_it(self):
        outcome = command.hogwild(1, "bench", "--train", self.train_set, *CCAT, *DUAL,
                                  cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "says nothing of --strategy dual")

    def test_stopped_early_it_is_certified_too(self):
        result = self.solve(2, "--epochs", "400", "--patience", "1").result
        assert result["stop_reason"] == "early-stopping" and result["epoch"] < 400
        assert result["duality_gap"] >= 0.0
        assert result["primal_objective"] == pytest.approx(result["train_objective"], rel=1e-9)

    @pytest.mark.parametrize("bias", ["on", "off"])
    def test_ranks_without_documents_change_nothing(self, bias):
        options = ("--workers", "1", "--epochs", "60", "--hot-features", "100", "--bias", bias,
                   "--bias-share", "0.1", "--back-off", "off")
        for ranks in (1, 3, 8):
            run = self.solve(ranks, *options, "--model", f"{ranks}.h5", name=str(ranks))
            assert run.result["epoch"] == 60.0
        assert self.model("1.h5") == self.model("3.h5") == self.model("8.h5")

    def test_few_documents_are_for_one_rank(self):
        alone = self.solve(1, "--gap", "1e-5", "--model", "a.h5", name="a")
        four = self.solve(4, "--gap", "1e-5", "--model", "b.h5", name="b")
        assert self.model("a.h5") == self.model("b.h5")
        assert alone.result["epoch"] == four.result["epoch"]
        apart = self.solve(4, "--gap", "1e-5", "--workers", "4", "--model", "c.h5", name="c")
        assert self.model("a.h5") != self.model("c.h5")
        assert apart.result["primal_objective"] == \
            pytest.approx(alone.result["primal_objective"], rel=2e-5)

    def test_a_sweep_of_it(self):
        self.check(command.hogwild(2, "sweep", "--train", self.train_set, *CCAT, "--strategy",
                                   "dual", "--lambda", "0.02,0.2", "--gap", "1e-2", "--state",
                                   "s.jsonl", "--best", "b.ini", cwd=self.dir))
        best = (self.dir / "b.ini").read_text()
        assert "strategy = dual" in best
        assert self.run_train(1, "--config", "b.ini").result["stop_reason"] == "gap"

    def test_gap_is_for_dual_alone(self):
        run = self.run_train(1, "--gap", "1e-3", "--iterations", "5", code=2)
        assert "--gap is for --strategy dual" in run.outcome.err
        run = self.run_train(1, "--combine", "dual", "--iterations", "5", code=2)
        assert "--combine dual is for --strategy dual" in run.outcome.err

    @pytest.mark.parametrize("ranks, replicas", ((2, 2), (4, 2), (8, 8)))
    def test_on_several_nodes(self, ranks, replicas):
        """As ranks that share no weights; the optimum is the same."""
        alone = self.solve(1, "--gap", "1e-5", name="alone").result
        run = self.solve(ranks, "--gap", "1e-5", "--replicas-per-node", replicas, "--model", "m.h5",
                         "--precision", "float")
        result = run.result
        assert result["stop_reason"] == "gap" and 0 <= result["duality_gap"] <= 1e-5
        assert (result["replicas"], run.start["workers"]) == (replicas, ranks)
        assert result["primal_objective"] == pytest.approx(alone["primal_objective"], rel=2e-5)
        assert result["primal_objective"] == pytest.approx(result["train_objective"], rel=1e-9)
        # less often where they wait long for each other
        assert result["epoch"] <= result["exchange"]["exchanges"] <= 20 * result["epoch"]
        assert result["exchange"]["bytes"] > 0


class TestAgainstLiblinear(command.Case):
    LOSSES = {"hinge": ("hinge", 1.0), "squared-hinge": ("squared_hinge", 1.0),
              "logistic": (None, 1.0)}

    def documents(self, weighted):
        draw = random.Random(7)
        lines, rows, labels, weights = [], [], [], []
        for _ in range(400):
            label = draw.choice((-1, 1))
            ids = sorted(draw.sample(range(1, 40), 6))
            values = [round(draw.uniform(-1, 1) + 0.2 * label * (j % 3 == 0), 3) for j in ids]
            weight = draw.choice((0.5, 1, 2)) if weighted else 1
            head = f"{label}:{weight}" if weighted else str(label)
            lines.append(head + "".join(f" {j}:{v}" for j, v in zip(ids, values)) + "\n")
            rows.append(dict(zip(ids, values)))
            labels.append(label)
            weights.append(weight)
        return "".join(lines), rows, labels, weights

    @pytest.mark.parametrize("loss", list(LOSSES))
    @pytest.mark.parametrize("weighted", [False, True])
    def test_same_objective(self, loss, weighted):
        np, svm, linear = command.need("numpy", "sklearn.svm", "sklearn.linear_model")
        text, rows, labels, weights = self.documents(weighted)
        command.write_text(self.dir / "t.svm", text)
        extra = ("--class-weight", "3:1") if weighted else ()
        log = self.dir / "run.jsonl"
        self.check(command.hogwild(1, "train", "--train", "t.svm", "--strategy", "dual",
                                   "--lambda", "0.003", "--loss", loss, "--gap", "1e-6",
                                   "--validation-fraction", "0", "--log", log, "--epochs",
                                   "100000", "--evaluate-every", "0", *extra, cwd=self.dir))
        result = command.read_json_lines(log)[-1]
        assert result["duality_gap"] <= 1e-6

        x = np.zeros((400, 40))
        for i, row in enumerate(rows):
            for j, v in row.items():
                x[i, j] = np.float32(v)
        y = np.array(labels)
        c = np.array(weights, float) * np.where((y > 0) & bool(weighted), 3.0, 1.0)
        each = c / c.mean()
        if loss == "logistic":
            peer = linear.LogisticRegression(C=1 / (0.003 * 400), solver="liblinear", tol=1e-9,
                                             max_iter=100_000)
        else:
            peer = svm.LinearSVC(C=1 / (0.003 * 400), loss=loss.replace("-", "_"), dual=True,
                                 tol=1e-9, max_iter=1_000_000)
        peer.fit(x, y, sample_weight=each)
        w, b = peer.coef_[0], peer.intercept_[0]
        margin = y * (x @ w + b)
        value = {"hinge": np.maximum(0, 1 - margin), "logistic": np.log1p(np.exp(-margin)),
                 "squared-hinge": np.maximum(0, 1 - margin) ** 2}[loss]
        theirs = (each * value).mean() + 0.0015 * (w @ w + b * b)
        assert math.isclose(result["primal_objective"], theirs, rel_tol=2e-6)
