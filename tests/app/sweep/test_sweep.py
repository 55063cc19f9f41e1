"""`hogwild sweep`: the grid, and which point is selected."""
import itertools
import json
import shlex
import shutil
import statistics

import pytest

import command
from sweep_case import CCAT, GRID, SHORT, SweepTest

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

TEST = ("test_objective", "test_accuracy", "test_accuracy_positive", "test_accuracy_negative")


class TestGrid(SweepTest):
    def test_every_point_is_what_train_makes_of_it(self):
        """One rank is deterministic, in groups as alone."""
        options = (*GRID, "--strategy", "sequential", "--repetitions", "2", "--test", self.test_set)
        self.sweep(3, *options, "--csv", "sweep.csv", "--seed", "5")
        rows = self.csv()
        assert [(row["lambda"], row["learning-rate"], row["seed"]) for row in rows] == list(
            itertools.product(("1e-5", "1e-2"), ("0.01", "0.05", "0.2"), ("5", "6"))
        )
        assert [int(row["point"]) for row in rows] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
        assert [int(row["repetition"]) for row in rows] == [1, 2] * 6
        for row in rows[::3]:
            self.check(command.hogwild(
                None, "train", "--train", self.train_set, *CCAT, *SHORT, "--strategy", "sequential",
                "--lambda", row["lambda"], "--learning-rate", row["learning-rate"], "--seed",
                row["seed"], "--test", self.test_set, "--log", "run.jsonl", cwd=self.dir))
            result = command.read_json_lines(self.dir / "run.jsonl")[-1]
            for key in ("validation_objective", "validation_accuracy", "epoch", *TEST):
                assert float(row[key]) == result[key], key
            for key in ("stop_reason", "verdict"):
                assert row[key] == result[key]
            assert int(row["samples"]) == result["samples"]

    @pytest.mark.parametrize(
        "ranks, each, idle",
        [(None, 1, 0), (2, 1, 0), (2, 2, 0), (3, 2, 1), (4, 1, 0), (4, 2, 0), (4, 3, 1)],
    )
    def test_ranks_and_groups(self, ranks, each, idle):
        outcome = self.sweep(ranks, *GRID, "--ranks-per-point", str(each), "--csv",
                             "sweep.csv", "--state", f"{ranks}-{each}.jsonl")
        assert [row["verdict"] for row in self.csv()] == ["VALID"] * 6
        assert {int(row["samples"]) for row in self.csv()} == {20 * 20 * each}
        lines = self.state(f"{ranks}-{each}.jsonl")
        assert [line["ranks"] for line in lines] == [each] * 6
        assert ("idle" in outcome.err) == (idle > 0)

    def test_groups_share_memory_among_themselves_only(self):
        """Two ranks in turns give the same bits again: unless another group writes there too."""
        options = (*GRID, "--strategy", "round-robin", "--ranks-per-point", "2", "--csv")
        self.sweep(2, *options, "alone.csv")
        self.sweep(6, *options, "sweep.csv")
        assert self.validation("alone.csv") == self.validation()

    def test_any_option_can_be_a_dimension(self):
        self.sweep(2, *SHORT, "--strategy", "lock-free,locked, sequential", "--precision",
                   "double,float", "--validation-fraction", "0.1,0.2", "--csv", "sweep.csv")
        rows = self.csv()
        assert {
            (row["validation-fraction"], row["precision"], row["strategy"]) for row in rows
        } == set(
            itertools.product(
                ("0.1", "0.2"), ("double", "float"), ("lock-free", "locked", "sequential")
            )
        )
        assert list(rows[0])[:5] == [
            "point",
            "validation-fraction",
            "precision",
            "strategy",
            "repetition",
        ]

    def test_a_grid_of_one_point(self):
        outcome = self.sweep(2, *SHORT, "--repetitions", "3", "--csv", "sweep.csv")
        assert [row["seed"] for row in self.csv()] == ["1", "2", "3"]
        assert len({row["validation_objective"] for row in self.csv()}) == 3
        assert "3/3" in outcome.out

    def test_config(self):
        (self.dir / "grid.ini").write_text(
            "learning-rate = 0.01, 0.05\nlambda = 1e-5,1e-2\niterations = 20\nbatch-size = 20\n"
            "repetitions = 2\nevaluate-train = true\nquiet = false\n")
        self.sweep(2, "--config", "grid.ini", "--csv", "sweep.csv", "--state", "state.jsonl")
        assert len(self.csv()) == 8
        assert self.state()[0]["key"]["options"]["evaluate-train"] == "true"
        self.sweep(2, "--config", "grid.ini", "--csv", "sweep.csv", "--lambda", "0.5", "--epochs",
                   "1,2", "--repetitions", "1")  # replaces the file's iterations
        assert [(row["learning-rate"], row["epochs"], row["epoch"]) for row in self.csv()] == [
            ("0.01", "1", "1"),
            ("0.01", "2", "2"),
            ("0.05", "1", "1"),
            ("0.05", "2", "2"),
        ]

    def test_names_with_commas(self):
        train = command.convert(command.make_documents(200), self.dir / "a, b.h5")
        self.sweep(None, "--train", train, *CCAT, *SHORT, "--csv", "a, b.csv")
        assert "a, b.csv" in self.names()

    def test_the_papers_grid(self):
        outcome = self.sweep(
            2,
            "--config",
            command.SOURCE / "jobs/settings/paper_grid.ini",
            "--repetitions",
            "1",
            "--iterations",
            "1",
        )
        assert "\ntraining 40 of 40: " in outcome.err
        lines = [line for line in outcome.err.splitlines() if line.startswith("training ")]
        assert 15 <= len(lines) <= 25, "a few dozen lines in a file"


class TestSelection(SweepTest):
    def test_table(self):
        outcome = self.sweep(2, *GRID, "--repetitions", "3", "--csv", "sweep.csv", "--strategy",
                             "sequential")
        lines = outcome.out.splitlines()
        assert lines[0].split() == ["lambda", "learning-rate", "objective", "accuracy",
                                    "train", "s", "valid"]
        points = {}
        for row in self.csv():
            points.setdefault((row["lambda"], row["learning-rate"]), []).append(row)
        expected = []
        for point, rows in points.items():
            cells = []
            for key, digits in (("validation_objective", 5), ("validation_accuracy", 4)):
                values = [float(row[key]) for row in rows]
                cells += [f"{statistics.mean(values):.{digits}f}", "±",
                          f"{statistics.stdev(values):.{digits}f}"]
            expected.append([*point, *cells])
        expected.sort(key=lambda cells: float(cells[2]))
        shown = [line.replace("*", " ").split() for line in lines[1:7]]
        assert [cells[:-2] for cells in shown] == expected
        assert {cells[-1] for cells in shown} == {"3/3"}
        assert [line[0] for line in lines[1:7]] == ["*"] + [" "] * 5

    def test_the_best_can_be_pasted(self):
        outcome = self.sweep(2, *GRID, "--strategy", "sequential", "--csv", "sweep.csv", "--seed",
                             "3", "--evaluate-train")
        best = self.best(outcome)
        words = shlex.split(outcome.out.splitlines()[-1])
        assert words[:5] == ["mpirun", "-np", "1", "hogwild", "train"]
        assert "--evaluate-train" in words
        self.check(command.hogwild(None, *words[4:], "--log", "run.jsonl", cwd=self.dir))
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        assert f"{result['validation_objective']:.5f}" == best[2]

    def test_the_best_as_settings(self):
        best = self.best(self.sweep(2, *GRID, "--strategy", "sequential", "--best", "best.ini"))
        self.check(command.hogwild(None, "train", "--config", "best.ini", "--log", "run.jsonl",
                                   cwd=self.dir))
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        assert f"{result['validation_objective']:.5f}" == best[2]
        assert self.names() == ["best.ini", "run.jsonl"]

    def test_select(self):
        """A regularizer that weighs much has a large objective, however accurate the model."""
        grid = ("--learning-rate", "0.001,0.5", "--lambda", "0,5", *SHORT, "--strategy",
                "sequential", "--csv", "sweep.csv")
        for select, better in (("objective", min), ("accuracy", max)):
            best = self.best(self.sweep(2, *grid, "--select", select))
            rows = {(row["lambda"], row["learning-rate"]): float(row["validation_" + select])
                    for row in self.csv()}
            assert rows[tuple(best[:2])] == better(rows.values()), select

    def test_select_by_any_measure(self):
        grid = ("--learning-rate", "0.0001,0.02", "--lambda", "0,0.5", *SHORT, "--strategy",
                "sequential", "--csv", "sweep.csv")
        for select in ("loss", "f1", "auc", "average-precision"):
            outcome = self.sweep(2, *grid, "--select", select)
            best = self.best(outcome)
            rows = {(row["lambda"], row["learning-rate"]):
                    float(row["validation_" + select.replace("-", "_")]) for row in self.csv()}
            better = min if select == "loss" else max
            assert rows[tuple(best[:2])] == better(rows.values()), select
            assert select in outcome.out.splitlines()[0].split()

    def test_test_results_have_no_say(self):
        """The test labels are upside down: what validates best tests worst."""
        documents = [d._replace(topics=("ECAT",) if "CCAT" in d.topics else ("CCAT",))
                     for d in command.make_documents(200, seed=2, first_id=50_000)]
        upside_down = command.convert(documents, self.dir / "test.h5")
        for select in ("objective", "accuracy"):
            options = (*GRID, "--strategy", "sequential", "--select", select, "--csv", "sweep.csv")
            best = self.best(self.sweep(2, *options))
            assert [name for name in self.csv()[0] if name.startswith("test")] == []
            outcome = self.sweep(2, *options, "--test", upside_down)
            assert self.best(outcome)[:-2] == best[:-2]  # all but the seconds
            tests = {(row["lambda"], row["learning-rate"]): float(row["test_accuracy"])
                     for row in self.csv()}
            assert tests[tuple(best[:2])] < max(tests.values())
            assert "test" not in outcome.out.splitlines()[0]

    def test_a_point_that_diverges(self):
        outcome = self.sweep(2, "--learning-rate", "1e200,0.05", *SHORT, "--repetitions", "2",
                             "--csv", "sweep.csv", "--state", "state.jsonl")
        assert self.best(outcome)[0] == "0.05"
        assert "0/2" in outcome.out
        bad = [row for row in self.csv() if row["learning-rate"] == "1e200"]
        for row in bad:
            assert row["verdict"].startswith("INVALID: the weights are not finite")
            assert row["validation_objective"] == ""
        assert outcome.err.count("INVALID") == 2
        again = self.sweep(2, "--learning-rate", "1e200,0.05", *SHORT, "--repetitions", "2",
                           "--state", "state.jsonl")
        assert "training 1 of" not in again.err
        assert len(self.state()) == 4

    def test_another_initial_model_is_another_training(self):
        models = [self.dir / name for name in ("a.h5", "b.h5")]
        for model, epochs in zip(models, ("1", "3")):
            self.check(command.hogwild(None, "train", "--train", self.train_set, *CCAT, "--epochs",
                                       epochs, "--model", model, "--quiet", cwd=self.dir))
        options = ("--learning-rate", "0.01", *SHORT, "--initial-model", "m.h5", "--state",
                   "state.jsonl")
        trained = []
        for model in (models[0], models[0], models[1]):
            shutil.copy(model, self.dir / "m.h5")
            self.sweep(None, *options)
            trained.append(len(self.state()))
        assert trained == [1, 1, 2]

    def test_a_point_that_diverges_once_is_not_selected(self):
        options = (*GRID, "--repetitions", "3", "--strategy", "sequential", "--state",
                   "state.jsonl")
        best = self.best(self.sweep(None, *options))
        lines = command.read_json_lines(self.dir / "state.jsonl")
        chosen = [line for line in lines
                  if all(float(line["key"]["options"][name]) == float(value)
                         for name, value in zip(("lambda", "learning-rate"), best))]
        assert len(chosen) == 3
        worst = max(chosen, key=lambda line: line["validation_objective"])
        worst.update(verdict="INVALID: diverged", exit_code=1)  # the others do even better
        (self.dir / "state.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        again = self.sweep(None, *options)
        assert self.best(again)[:2] != best[:2]
        assert "2/3" in again.out

    def test_no_point_is_valid(self):
        outcome = self.sweep(2, "--learning-rate", "1e200,1e250", *SHORT, "--csv", "sweep.csv",
                             code=1)
        assert "no point is VALID" in outcome.own_lines()[-1]
        assert len(self.csv()) == 2
        assert "mpirun" not in outcome.out

    def test_a_training_that_fails_for_itself(self):
        """With so much held out some splits leave one class only: that is these trainings' end."""
        options = ("--validation-fraction", "0.99,0.1", *SHORT, "--repetitions", "4")
        self.sweep(2, *options, "--csv", "sweep.csv", "--state", "state.jsonl",
                   "--train", self.lopsided(), *CCAT)
        verdicts = [row["verdict"] for row in self.csv() if row["validation-fraction"] == "0.99"]
        failed = [v for v in verdicts if v.startswith("FAILED: ") and "nothing to tell apart" in v]
        assert len(failed) > 0
        assert {line["exit_code"] for line in self.state()} == {0, 65}

    def lopsided(self):
        documents = command.make_documents(300)
        few = [d for d in documents if "CCAT" in d.topics][:8]
        rest = [d for d in documents if "CCAT" not in d.topics]
        return command.convert(sorted(few + rest), self.dir / "lopsided.h5")
