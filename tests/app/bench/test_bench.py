"""`hogwild bench`: its table and JSON, what it measures, and that waiting ranks neither hang nor
stand in the way."""
import json
import os
import platform
import re
import subprocess

import pytest

import command

pytestmark = [pytest.mark.mpi]
ROWS = 600
CCAT = ("--category", "CCAT")


def quick(repeats=2, copies=2):
    """A bench of moments."""
    return ("--repeats", repeats, "--min-seconds", "0", "--replicate", copies)


def lscpu(*options):
    return subprocess.run(["lscpu", *options], stdout=subprocess.PIPE, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


ROW = {"ranks": int, "oversubscribed": bool, "documents_per_second": float,
       "ns_per_document": float, "bytes_per_document": float, "bytes_per_second": float,
       "roof_bytes_per_second": float, "roof_share": float,
       "sequential_bytes_per_second": float, "speedup": float,
       "train_seconds": float, "train_objective": float, "test_objective": float,
       "test_accuracy": float, "samples": dict}


class BenchTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.train_set = command.convert(command.make_documents(ROWS), cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(command.make_documents(200, seed=2, first_id=50_000),
                                       cls.shared / "test.h5")

    def words(self, *options):
        return ("bench", "--train", self.train_set, *CCAT, *options)

    def bench(self, ranks, *options, code=0):
        return self.check(command.hogwild(ranks, *self.words(*options), cwd=self.dir), code)

    def report(self, ranks, *options, repeats=2, copies=2):
        self.bench(ranks, *quick(repeats, copies), *options, "--quiet", "--json", "bench.json")
        return json.loads((self.dir / "bench.json").read_text())


class TestReport(BenchTest):
    def test_rows(self):
        report = self.report(2, "--test", self.test_set)
        assert (report["schema"], report["version"]) == ("hogwild.bench", 1)
        assert [row["ranks"] for row in report["rows"]] == [1, 2]
        for row in report["rows"]:
            for key, kind in ROW.items():
                assert isinstance(row[key], kind), key
            for key in ("train_seconds", "roof_bytes_per_second", "test_accuracy"):
                assert len(row["samples"][key]) == 2, key
            assert (
                abs(row["ns_per_document"] * row["documents_per_second"] - 1e9 * row["ranks"]) < 1
            )
            assert (
                abs(row["roof_share"] * row["roof_bytes_per_second"] - row["bytes_per_second"]) < 1
            )
            assert (
                abs(
                    row["bytes_per_second"]
                    - row["bytes_per_document"] * row["documents_per_second"]
                )
                < 1
            )
            assert row["test_accuracy"] > 0.8
        assert report["rows"][0]["speedup"] == 1

    def test_bytes_are_those_in_memory(self):
        # 12 entries a document: index and value; then row pointer and label, or a record's header
        for strategy, each, end in (("sequential", 12 * (4 + 4) + 8 + 1, 8),
                                    ("lock-free", 12 * (2 + 4) + 8 + 12, 0)):
            data = self.report(1, "--strategy", strategy)["data"]
            assert (data["documents"], data["copies"]) == (ROWS, 2)
            assert data["bytes"] == ROWS * each + end
            assert data["bytes_in_memory"] == 2 * data["bytes"]
            assert not data["exceeds_caches"]

    def test_machine_is_what_lscpu_finds(self):
        machine = self.report(1)["machine"]
        facts = {name: value.strip() for name, _, value in
                 (line.partition(":") for line in lscpu().splitlines())}
        if platform.machine() == "x86_64":  # elsewhere the kernel names no model, and lscpu guesses
            assert machine["cpu"] == facts["Model name"]
        own = len(os.sched_getaffinity(0))
        assert own <= machine["cores"] <= int(facts["CPU(s)"])
        caches = [c for c in json.loads(lscpu("--json", "--bytes", "--caches"))["caches"]
                  if c["type"] != "Instruction"]
        if caches and own == int(facts["CPU(s)"]):  # lscpu counts what a container may not use
            last = max(caches, key=lambda cache: cache["level"])
            size = int(last["one-size"])
            assert machine["last_level_cache_bytes"] == size
            assert machine["last_level_caches"] == int(last["all-size"]) // size

    def test_settings(self):
        report = self.report(1)
        options = report["options"]
        for key, value in {"strategy": "lock-free", "batch-size": "1", "epochs": "10",
                           "precision": "float", "learning-rate": "0.5", "schedule": "decay",
                           "decay": "0.5", "regularizer": "l2", "regularization": "aggregated",
                           "evaluate-every": "0", "validation-fraction": "0"}.items():
            assert options[key] == value, key

    def test_train_options_replace_the_setting(self):
        (self.dir / "bench.ini").write_text("iterations = 30\ndecay = 0.9\n")
        options = self.report(1, "--config", "bench.ini", "--batch-size", "20", "--precision",
                              "double", "--decay", "0.8")["options"]
        assert (options["iterations"], options["batch-size"], options["precision"],
                options["decay"]) == ("30", "20", "double", "0.8")
        assert "epochs" not in options

    def test_table(self):
        outcome = self.bench(2, *quick(copies=1), "--test", self.test_set)
        assert "600 training documents" in outcome.out
        assert "the roof is not the memory's" in outcome.out  # that is too few of them
        assert "medians of 2 repeats" in outcome.out
        rows = re.findall(r"^ +(\d+)\*? +\d+ .* % +\d\.\d\d +0\.\d{5} +[01]\.\d{4}$", outcome.out,
                          re.MULTILINE)
        assert rows == ["1", "2"], str(outcome)
        assert len(outcome.own_lines()) == 4, str(outcome)  # one per measurement

    def test_without_test_set(self):
        report = self.report(1)
        assert report["rows"][0]["test_accuracy"] is None
        assert report["rows"][0]["train_objective"] > 0

    def test_ranks_beyond_the_cores_are_marked(self):
        ranks = 8  # most wait most of the time
        report = self.report(ranks, repeats=1)
        assert [row["ranks"] for row in report["rows"]] == list(range(1, ranks + 1))
        cores = report["machine"]["cores"]
        for row in report["rows"]:
            if row["ranks"] > cores:
                assert row["oversubscribed"]
        if ranks > cores:
            outcome = self.bench(ranks, *quick(1, 1))
            assert "* more ranks than cores" in outcome.out
            assert re.search(r"(?m)^ +8\* ", outcome.out)


class TestCopies(BenchTest):
    """The same documents from more memory."""

    def run_once(self, copies, *options):
        """The objective, and how many documents were processed."""
        report = self.report(1, "--strategy", "sequential", *options, repeats=1, copies=copies)
        row = report["rows"][0]
        return row["train_objective"], row["train_seconds"] * row["documents_per_second"]

    @pytest.mark.parametrize(
        "options, documents",
        (
            (("--sampling", "permutation"), 6000),
            (("--sampling", "uniform"), 6000),
            (("--regularizer", "seed", "--lambda", "0.1"), 6000),
            (("--iterations", "40", "--batch-size", "600", "--learning-rate", "1e-3"), 24000),
        ),
    )
    def test_training_is_that_of_one_copy(self, options, documents):
        one, processed = self.run_once(1, *options)
        assert abs(processed - documents) < 1e-3
        many, processed = self.run_once(5, *options)
        assert abs(processed - documents) < 1e-3
        assert abs(one - many) < 0.2 * one  # another order

    def test_auto_exceeds_the_caches(self):
        report = self.report(1, repeats=1, copies="auto")
        data, machine = report["data"], report["machine"]
        assert data["exceeds_caches"]
        wanted = 4 * machine["last_level_cache_bytes"]
        assert data["bytes_in_memory"] >= wanted
        assert data["bytes_in_memory"] < wanted + data["bytes"]


class TestRefusals(BenchTest):
    def refused(self, code, *options, says=(), ranks=None):
        outcome = command.hogwild(ranks, *self.words(*options), cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)

    def test_usage(self):
        for options, says in (
                (("--repeats", "0"), "--repeats"), (("--min-seconds", "-1"), "--min-seconds"),
                (("--min-seconds", "nan"), "--min-seconds"),
                (("--replicate", "0"), "--replicate"), (("--replicate", "2x"), "--replicate"),
                (("--repeat", "3"), "--repeat"), (("--json",), "--json"),
                (("--log", "run.jsonl"), "--log"), (("--model", "m.h5"), "--model"),
                (("--dump-config",), "--dump-config"), (("--certify",), "--certify"),
                (("--lambda", "x"), "lambda"),
                (("--iterations", "5", "--epochs", "5"), "exclude each other"),
                (("--json", self.train_set), "train.h5")):
            with self.subtests.test(options=options):
                self.refused(2, *options, says=(says,))
        assert self.names() == []

    def test_all_ranks_are_asked_before_any_of_them_trains(self):
        self.refused(2, "--strategy", "sequential", says=("sequential",), ranks=2)
        self.refused(66, "--test", "missing.h5", says=("missing.h5",), ranks=3)

    def test_a_handful_of_documents_tells_nothing(self):
        command.write_text(self.dir / "t.svm", "+1 1:1\n-1 2:1\n")
        self.check(command.tool("svmlight_to_hdf5", "--input", "t.svm", "--output", "t.h5",
                                "--quiet", cwd=self.dir))
        outcome = command.hogwild(2, "bench", "--train", "t.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "t.h5", "2 training documents", "--replicate")
        self.check(command.hogwild(None, "bench", "--train", "t.h5", "--replicate", "1",
                                   "--repeats", "1", "--min-seconds", "0", cwd=self.dir))

    def test_train_is_required(self):
        outcome = command.hogwild(None, "bench", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "--train")

    def test_files(self):
        self.refused(66, "--test", "missing.h5", says=("missing.h5",))
        self.refused(73, "--json", "no/such/folder.json", says=("no/such",))

    def test_a_diverging_run_is_no_figure(self):
        outcome = self.bench(2, *quick(), "--learning-rate", "1e308", "--batch-size", "100",
                             "--precision", "double", "--json", "bench.json", code=1)
        assert "INVALID" in outcome.err
        assert self.names() == []
