"""`hogwild sweep --strategy dual`: falling lambdas, each from the model of the one before."""
import pytest

import command
from sweep_case import SweepTest

pytestmark = [pytest.mark.mpi]
LAMBDAS = "0.045,0.06,0.05,0.055"
PATH = ("--strategy", "dual", "--gap", "1e-4", "--lambda", LAMBDAS)


class TestLambdaPath(SweepTest):
    def train(self, ranks, *options):
        """By lambda, the rows of the CSV."""
        self.sweep(ranks, *PATH, *options, "--csv", "sweep.csv", "--force")
        return {row["lambda"]: row for row in self.csv()}

    @pytest.mark.parametrize("ranks", [1, 2])
    @pytest.mark.parametrize("loss", ["hinge", "logistic"])
    def test_less_work_for_the_same_optima(self, ranks, loss):
        cold = self.train(ranks, "--loss", loss, "--lambda-path", "off")
        warm = self.train(ranks, "--loss", loss)
        assert list(warm) == LAMBDAS.split(",")  # the table keeps the order of the grid
        epochs = [sum(float(row["epoch"]) for row in rows.values()) for rows in (warm, cold)]
        assert epochs[0] < epochs[1]
        assert warm["0.06"] == {**cold["0.06"], "train_seconds": warm["0.06"]["train_seconds"]}
        for value, row in warm.items():
            assert row["stop_reason"] == "gap"
            assert float(row["validation_objective"]) == pytest.approx(
                float(cold[value]["validation_objective"]), rel=0.02)

    def test_groups_take_whole_paths(self):
        """As far as there are enough of them: then rows do not depend on the number of groups."""
        epochs = []
        for ranks in (1, 2):
            self.train(ranks, "--loss", "hinge,logistic")
            epochs.append([row["epoch"] for row in self.csv()])
        assert epochs[0] == epochs[1]

    def test_every_path_has_a_lambda_to_begin_with(self):
        """Another loss or seed is another path; so is a point without a gap."""
        rows = self.train(1, "--loss", "hinge,logistic", "--repetitions", "2")
        assert len(self.csv()) == 16
        assert {row["verdict"] for row in self.csv()} == {"VALID"}
        assert len(rows) == 4
        begun = [row for row in self.csv() if row["lambda"] == "0.06"]
        off = ("--lambda-path", "off")
        self.train(1, "--loss", "hinge,logistic", "--repetitions", "2", *off)
        for row, alone in zip(begun, [row for row in self.csv() if row["lambda"] == "0.06"]):
            assert row["epoch"] == alone["epoch"]

    def test_the_user_is_told(self):
        outcome = self.sweep(1, *PATH)
        assert "lambdas of a path fall, a group starts each from the model before" in outcome.err
        outcome = self.sweep(1, *PATH, "--lambda-path", "off")
        assert "path" not in outcome.err
        outcome = self.sweep(1, *PATH[:-1], "0.05", "--loss", "hinge,logistic")
        assert "path" not in outcome.err

    def test_what_is_done_is_not_walked_again(self):
        self.sweep(1, *PATH, "--state", "state.jsonl")
        outcome = self.sweep(1, "--strategy", "dual", "--gap", "1e-4", "--lambda",
                             LAMBDAS + ",0.04", "--state", "state.jsonl", "--csv", "sweep.csv")
        assert "4 of them done before" in outcome.err
        assert {row["verdict"] for row in self.csv()} == {"VALID"}
        assert len(command.read_json_lines(self.dir / "state.jsonl")) == 5
