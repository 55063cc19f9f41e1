"""Where ranks run: in the log, on the terminal, and what is said when it costs speed."""
import os
import platform
import re

import pytest

import command

pytestmark = [pytest.mark.mpi]

CORES = sorted(os.sched_getaffinity(0))
NOT_BOUND = "not bound to cores"
SHARED = "ranks share"


def cores_of(text):
    numbers = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


class TestPlacement(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(300), cls.shared / "train.h5")

    def train(self, ranks, *options, launcher=(), wrapper=(), env=None):
        log = self.dir / "run.jsonl"
        words = command.hogwild_command(ranks, "train", "--train", self.data, "--category", "CCAT",
                                        "--iterations", "50", "--log", log, *options)
        at = words.index("train") - 1
        words[at:at] = wrapper
        at = 1 if ranks else 0
        words[at:at] = launcher
        outcome = self.check(command.run(words, env={**os.environ, **(env or {})}))
        return outcome, command.read_json_lines(log)[0]

    def advice(self, outcome):
        return [line for line in outcome.own_lines() if line.startswith("hogwild: ")]

    def test_log(self):
        _, start = self.train(3, "--quiet")
        assert [p["rank"] for p in start["placement"]] == [0, 1, 2]
        for p in start["placement"]:
            assert p["host"] == start["host"]
            assert set(cores_of(p["cores"])) <= set(CORES)
            assert p["numa_domains"]

    @pytest.mark.skipif(not {0, 1} <= set(CORES), reason="needs cores 0 and 1")
    def test_numa_domains_have_weights_of_their_own(self):
        """hwloc is told that each core is a NUMA domain, and ranks are bound to one core each."""
        bind = 'exec taskset --cpu-list "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" "$0" "$@"'
        _, start = self.train(2, "--quiet", "--replicas-per-node", "numa", wrapper=(
            "env", "HWLOC_SYNTHETIC=numa:2 pu:1", "HWLOC_THISSYSTEM=1", "sh", "-c", bind))
        where = [(p["cores"], p["numa_domains"]) for p in start["placement"]]
        assert where == [("0", [0]), ("1", [1])]
        assert (start["nodes"], start["replicas"]) == (1, 2)

    def test_a_rank_that_is_alone_may_use_what_it_is_bound_to(self):
        _, start = self.train(None, "--quiet", wrapper=("taskset", "--cpu-list", str(CORES[-1])))
        assert start["placement"][0]["cores"] == str(CORES[-1])

    def test_quiet_says_nothing(self):
        for ranks in (2, len(CORES) + 1):
            outcome, _ = self.train(ranks, "--quiet")
            assert outcome.own_lines() == []

    def test_one_rank_is_never_told(self):
        for ranks in (None, 1):
            assert self.advice(self.train(ranks)[0]) == []

    def test_ranks_that_share_cores(self):
        outcome, _ = self.train(len(CORES) + 1)
        lines = self.advice(outcome)
        assert len(lines) == 1, str(outcome)
        assert f"{len(CORES) + 1} {SHARED} {len(CORES)} core" in lines[0]
        assert "no more ranks than cores" in lines[0]
        outcome, _ = self.train(len(CORES) + 1, env={"OMPI_MCA_mpi_yield_when_idle": "0"})
        assert "unset OMPI_MCA_mpi_yield_when_idle" in self.advice(outcome)[-1]

    @pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")
    def test_ranks_that_are_not_bound(self):
        outcome, _ = self.train(2)
        lines = self.advice(outcome)
        assert len(lines) == 1, str(outcome)
        assert NOT_BOUND in lines[0]
        assert "--bind-to core" in lines[0]

    @pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")
    def test_bound_ranks(self):
        """As the advice says."""
        outcome, start = self.train(2, launcher=("--bind-to", "core"))
        if len({p["cores"] for p in start["placement"]}) < 2:
            pytest.skip("mpirun cannot bind here")
        assert self.advice(outcome) == []

    def test_verbose(self):
        outcome, start = self.train(2, "--verbose", "--stage", self.dir / "node")
        lines = outcome.own_lines()
        assert lines[0].split() == ["ranks", "host", "cores", "NUMA"]
        assert platform.node() in lines[1]
        assert start["placement"][0]["cores"] in lines[1]
        assert re.search(r"staged on .*: 1 file .* 1 copied now", outcome.err)
        assert "NUMA" not in self.train(2)[0].err

    def test_quiet_and_verbose(self):
        outcome = command.hogwild(None, "train", "--train", self.data, "--quiet", "--verbose")
        self.check_refused(outcome, 2, "hogwild", "--verbose")
