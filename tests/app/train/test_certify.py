"""`train --certify`: how far a model is from the optimum that was not trained by its dual."""
import pytest

import command
from train_case import TrainTest

pytestmark = [pytest.mark.mpi]

L2 = ("--regularizer", "l2", "--lambda", "0.05", "--epochs", "5", "--learning-rate", "auto")


class TestCertify(TrainTest):
    bounds = {}  # of the optimum: by loss, by the dual strategy

    def optimum(self, loss):
        if loss not in self.bounds:
            result = self.run_train(1, "--strategy", "dual", "--lambda", "0.05", "--loss", loss,
                                    "--gap", "1e-6", name="optimum").result
            self.bounds[loss] = result["dual_objective"], result["primal_objective"]
        return self.bounds[loss]

    @pytest.mark.parametrize("ranks, loss, strategy", [
        (1, "hinge", "lock-free"), (2, "squared-hinge", "lock-free"), (1, "logistic", "sequential"),
        (2, "modified-huber", "synchronous"), (3, "hinge", "downpour")])
    def test_the_bound_holds_and_everything_says_it(self, ranks, loss, strategy):
        run = self.run_train(ranks, *L2, "--strategy", strategy, "--loss", loss, "--certify",
                             "--model", "m.h5")
        result = run.result
        low, high = self.optimum(loss)
        assert result["dual_objective"] <= high
        assert result["primal_objective"] >= low
        assert result["primal_objective"] == pytest.approx(result["train_objective"], rel=1e-9)
        gap = result["primal_objective"] - result["dual_objective"]
        assert gap == pytest.approx(result["duality_gap"] * result["primal_objective"], rel=1e-6)
        assert 0.0 < result["duality_gap"] < 1.0
        assert f"VALID, within {100 * result['duality_gap']:.2g} % of the optimum (certified)" \
            in run.outcome.out
        assert all(row["duality_gap"] is None for row in run.evaluations), "of the last model"
        with command.need("h5py").File(self.dir / "m.h5", "r") as model:
            assert model.attrs["metric_duality_gap"] == result["duality_gap"]

    @pytest.mark.parametrize("options", [
        ("--average",), ("--feature-scaling", "rms"), ("--class-weight", "balanced"),
        ("--strategy", "lock-free", "--batch-size", "1", "--precision", "float"),
        ("--bias", "off"), ("--evaluate-later",)])
    def test_of_the_model_that_is_written(self, options):
        result = self.run_train(2, *L2, "--certify", *options).result
        assert result["primal_objective"] == pytest.approx(result["train_objective"], rel=1e-6)
        assert 0.0 < result["duality_gap"] < 1.0

    def test_more_training_less_gap(self):
        gaps = [self.run_train(1, "--regularizer", "l2", "--lambda", "0.05", "--batch-size", "1",
                               "--schedule", "inverse", "--epochs", epochs, "--certify",
                               name=epochs).result["duality_gap"] for epochs in ("1", "60")]
        assert gaps[1] < 0.02
        assert gaps[1] < 0.5 * gaps[0]

    def test_changes_nothing_else(self):
        self.run_train(1, *L2, "--certify", "--model", "with.h5", name="with")
        self.run_train(1, *L2, "--model", "without.h5", name="without")
        assert self.model("with.h5") == self.model("without.h5")

    @pytest.mark.parametrize("options", [
        ("--regularizer", "seed"), ("--regularizer", "none"),
        ("--regularizer", "l2", "--lambda", "0")])
    def test_refused(self, options):
        run = self.run_train(1, *options, "--certify", code=2)
        assert "--certify is for --regularizer l2 with --lambda above 0" in run.outcome.err
