"""`hogwild sweep` of several categories: lambdas as columns of one weight matrix."""
import json

import pytest

import command
from sweep_case import SweepTest

pytestmark = [pytest.mark.mpi]
LAMBDAS = "1e-2,1e-4,0.3,1e-3"
MATRIX = ("--strategy", "lock-free", "--batch-size", "1", "--regularizer", "l2",
          "--regularization", "aggregated", "--learning-rate", "0.1", "--epochs", "6",
          "--sampling", "permutation")
FLOAT = (*MATRIX, "--precision", "float")
GRID = (*FLOAT, "--lambda", LAMBDAS)
TOGETHER = "trainings that differ in lambda alone go together"
#: Times, and what is counted of all columns.
COSTS = {"train_seconds", "load_seconds", "evaluation_seconds", "elapsed_seconds", "total_seconds",
         "samples_per_second", "active_fraction", "peak_rss_bytes", "program"}


def with_caches(size, number=1):
    """The environment of a machine with these last-level caches, of `size` bytes each."""
    return {"HWLOC_SYNTHETIC": f"numa:1 l3:{number}(size={size}) pu:{2 // number}",
            "HWLOC_THISSYSTEM": "1"}


def grid(**changed):
    """GRID with other values of its options."""
    given = {**dict(zip(GRID[::2], GRID[1::2])),
             **{"--" + name.replace("_", "-"): value for name, value in changed.items()}}
    return tuple(word for option in given.items() for word in option)


class TestLambdaColumns(SweepTest):
    def all(self, ranks, *options, code=0):
        return self.sweep(ranks, "--train", self.train_set, "--test", self.test_set, "--category",
                          "all", *options, code=code)

    def outputs(self, ranks, *options, name):
        """What a sweep writes, without what it costs; and the number of runs that it made."""
        names = {kind: f"{name}.{kind}" for kind in ("csv", "ini", "jsonl", "by-category")}
        self.all(ranks, *options, "--csv", names["csv"], "--best", names["ini"], "--state",
                 names["jsonl"], "--best-by-category", names["by-category"])
        lines = [{key: value for key, value in line.items() if key not in COSTS}
                 for line in self.state(names["jsonl"])]
        rows = [{**row, "train_seconds": None} for row in self.csv(names["csv"])]
        # trainings that go together have equal shares of the time
        runs = len({line["train_seconds"] for line in self.state(names["jsonl"])})
        return (sorted(lines, key=json.dumps), rows, (self.dir / names["ini"]).read_text(),
                (self.dir / names["by-category"]).read_text()), runs

    def expect_same(self, ranks, *options, runs):
        together, n = self.outputs(ranks, *options, name="together")
        assert n == runs
        alone, n = self.outputs(ranks, *options, "--lambda-columns", "off", name="alone")
        assert n == len(alone[1])
        assert together == alone
        assert {row["verdict"] for row in alone[1]} == {"VALID"}
        return alone[1]

    @pytest.mark.parametrize("precision", ["float", "bfloat16"])
    def test_to_the_last_bit_as_one_after_another(self, precision):
        """Also where large lambdas are materialized several times during an epoch."""
        self.expect_same(1, *MATRIX, "--precision", precision, "--lambda", LAMBDAS,
                         "--evaluate-train", "--threshold", "f1", "--schedule", "decay",
                         "--repetitions", "2", "--evaluate-every", "2000", runs=2)

    def test_groups_divide_the_columns(self):
        """The groups of two ranks train two lambdas each; three repetitions are four runs."""
        self.expect_same(2, *GRID, runs=2)
        self.expect_same(2, *GRID, "--repetitions", "3", runs=4)

    def test_ranks_that_divide_the_categories(self):
        self.expect_same(2, *GRID, "--ranks-per-point", "2", "--split", "categories", runs=1)

    def test_ranks_that_divide_the_documents(self):
        options = (*grid(**{"lambda": "1e-2,1e-4"}), "--ranks-per-point", "2", "--split",
                   "documents", "--csv", "sweep.csv", "--force")
        self.all(2, *options)
        together = self.csv()
        self.all(2, *options, "--lambda-columns", "off")
        for row, alone in zip(together, self.csv()):
            assert row["samples"] == alone["samples"]
            assert float(row["validation_objective"]) == pytest.approx(
                float(alone["validation_objective"]), rel=0.25)

    def test_each_lambda_stops_when_it_would_alone(self):
        rows = self.expect_same(1, *grid(epochs="30"), "--patience", "1", runs=2)
        assert len({row["epoch"] for row in rows}) == 2, "one has a shorter share of the time"
        assert "early-stopping" in {row["stop_reason"] for row in rows}

    def test_columns_of_each_point_of_the_other_options(self):
        options = (*grid(learning_rate="0.1,0.02"), "--loss", "hinge,logistic", "--csv",
                   "sweep.csv")
        self.all(1, *options, "--state", "state.jsonl")
        together = self.csv()
        assert len({line["train_seconds"] for line in self.state()}) == 4
        self.all(1, *options, "--lambda-columns", "off", "--force")
        assert [{**row, "train_seconds": 0} for row in together] == [
            {**row, "train_seconds": 0} for row in self.csv()]

    def test_no_decay_is_a_lambda_too(self):
        rows = self.expect_same(1, *grid(**{"lambda": "0,1e-2"}), runs=1)
        assert rows[0]["validation_objective"] != rows[1]["validation_objective"]

    def test_categories_with_settings_of_their_own(self):
        (self.dir / "s.csv").write_text("category,lambda,learning_rate,positive_weight,threshold\n"
                                        "ECAT,0.05,0.03,,\nMCAT,,,3,-0.1\n")
        results = []
        for mode in ("on", "off"):
            self.all(1, *GRID, "--category-settings", "s.csv", "--state", mode + ".jsonl",
                     "--lambda-columns", mode)
            results.append({line["key"]["options"]["lambda"]: line["category_results"]
                            for line in self.state(mode + ".jsonl")})
        assert results[0] == results[1]
        assert {of_one["lambda"][1] for of_one in results[0].values()} == {0.05}
        assert {of_one["lambda"][0] for of_one in results[0].values()} == {1e-2, 1e-4, 0.3, 1e-3}

    def test_classes(self):
        """Of documents with one label each."""
        train = command.convert([d._replace(topics=d.topics[:1])
                                 for d in command.make_documents(400)], self.dir / "classes.h5")
        rows = []
        for mode in ("on", "off"):
            self.sweep(1, "--train", train, "--multiclass", "ovr", *GRID, "--select", "f1",
                       "--csv", "sweep.csv", "--lambda-columns", mode, "--force")
            rows.append([{**row, "train_seconds": 0} for row in self.csv()])
        assert rows[0] == rows[1]

    def test_what_fails_fails_alone(self):
        """Steps that are too large: weights beyond the range of a float, unless they decay."""
        options = (*grid(learning_rate="2", **{"lambda": "10,1e-9"}), "--loss", "squared-hinge",
                   "--csv", "sweep.csv", "--force")
        verdicts = []
        for mode in ("on", "off"):
            self.all(1, *options, "--lambda-columns", mode)
            verdicts.append([row["verdict"] for row in self.csv()])
        assert verdicts[0] == verdicts[1]
        assert verdicts[0][0] == "VALID"
        assert verdicts[0][1].startswith("INVALID: the weights are not finite")

    def test_what_is_done_is_not_trained_again(self):
        whole, _ = self.outputs(1, *GRID, name="whole")
        self.all(1, *FLOAT, "--lambda", "1e-4,1e-3", "--state", "rest.jsonl")
        before = (self.dir / "rest.jsonl").read_text()
        rest, runs = self.outputs(1, *GRID, name="rest")
        assert rest == whole
        assert runs == 2
        assert (self.dir / "rest.jsonl").read_text().startswith(before)

    def test_the_user_is_told(self):
        assert TOGETHER in self.all(1, *GRID).err
        assert TOGETHER not in self.all(1, *GRID, "--lambda-columns", "off").err
        assert TOGETHER not in self.all(1, *FLOAT, "--lambda", "1e-4").err
        assert TOGETHER not in self.sweep(1, *GRID).err

    @pytest.mark.parametrize("options", [
        ("--schedule", "inverse"), ("--learning-rate", "auto"), ("--strategy", "atomic"),
        ("--precision", "double"), ("--regularizer", "none")],
        ids=lambda options: options[1])
    def test_what_differs_in_more_than_lambda_does_not_go_together(self, options):
        """A rate that depends on lambda, or no weight matrix."""
        name, value = options
        outcome = self.all(1, *grid(epochs="2", **{name[2:]: value}), "--state", "state.jsonl")
        assert TOGETHER not in outcome.err
        lines = self.state()
        assert len({line["train_seconds"] for line in lines}) == len(lines)


class TestCaches(SweepTest):
    @pytest.mark.parametrize(("precision", "ranks", "caches", "runs"), [
        ("float", 1, (40_000,), 1), ("float", 1, (20_000,), 2), ("float", 1, (10_000,), 7),
        ("bfloat16", 1, (20_000,), 1), ("float", 2, (20_000,), 7), ("float", 2, (20_000, 2), 2)])
    def test_as_many_together_as_fit(self, precision, ranks, caches, runs):
        """A row of 3 categories and up to 5 lambdas has 16 weights, otherwise 32; 300 rows of 16
        floats are 19,200 bytes. Of two ranks each has a matrix."""
        lambdas = "1e-1,3e-2,1e-2,3e-3,1e-3,3e-4,1e-4"
        outcome = command.hogwild(
            ranks, "sweep", "--train", self.train_set, "--category", "all",
            *grid(epochs="1", precision=precision, **{"lambda": lambdas}), "--state",
            "state.jsonl", cwd=self.dir, rank_env=with_caches(*caches))
        self.check(outcome)
        lines = self.state()
        assert len({line["key"]["options"]["lambda"] for line in lines}) == 7
        assert len({line["train_seconds"] for line in lines}) == runs


class TestMemory(SweepTest):
    @pytest.mark.sample
    def test_as_many_together_as_fit(self):
        """Of 101 categories; a run takes some 100 MB, a program as it is some 300. In a cache all
        of them would fit."""
        rows = []
        for mebibytes in (4000, 550):
            outcome = command.run(
                [*command.with_variables(with_caches(1 << 30)), "bash", "-c",
                 f'ulimit -v {1024 * mebibytes}; exec "$@"', "bash", command.BIN / "hogwild",
                 "sweep", "--train", command.SAMPLE / "train.h5",
                 "--category", "all", *grid(epochs="1", **{"lambda": "1e-3,3e-4,1e-4,1e-5"}),
                 "--csv", "sweep.csv", "--quiet", "--force"], cwd=self.dir)
            self.check(outcome)
            rows.append(self.csv())
        runs = [len({row["train_seconds"] for row in of_one}) for of_one in rows]
        assert runs[0] == 1
        assert runs[1] > 1
        assert [{**row, "train_seconds": 0} for row in rows[0]] == [
            {**row, "train_seconds": 0} for row in rows[1]]
