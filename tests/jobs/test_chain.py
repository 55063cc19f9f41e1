"""jobs/slurm/chain.sh: what it submits, to an sbatch that only writes down its words."""
import os

import pytest

import command

CHAIN = command.SOURCE / "jobs/slurm/chain.sh"
SBATCH = """#!/bin/sh
printf '%s\\n' "$HOGWILD_SHARES $HOGWILD_CONFIG|$*" >> jobs.txt
[ "$(wc -l < jobs.txt)" != "$REFUSES" ] || exit 1
echo "$(wc -l < jobs.txt);cluster"
"""


class TestChain(command.Case):
    def chain(self, *words, refuses=0):
        programs = self.dir / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "sbatch").write_text(SBATCH)
        (programs / "sbatch").chmod(0o755)
        path = f"{programs}:{os.environ['PATH']}"
        return command.run(["bash", CHAIN, *words], cwd=self.dir,
                           env={**os.environ, "PATH": path, "REFUSES": str(refuses)})

    def submitted(self):
        text = (self.dir / "jobs.txt").read_text().replace(f"{CHAIN.parent}/", "")
        return text.splitlines()

    def test_each_job_waits_for_the_one_before(self):
        outcome = self.check(self.chain(
            "--shares", "2", "--sweep-on", "--ntasks=2", "--train-on", "--nodes=2 --ntasks=3",
            "--train=--strategy locked", "--learning-rate", "0.1,0.2", "--config", "a grid.ini"))
        assert outcome.out.splitlines() == ["preprocess: job 1", "sweep: job 2, after 1",
                                            "merge: job 3, after 2", "train: job 4, after 3"]
        grid = "--learning-rate 0.1,0.2 --config a grid.ini"
        after = "--dependency=afterok:{} --kill-on-invalid-dep=yes"
        assert self.submitted() == [
            "2 |--parsable preprocess.sbatch",
            f"2 |--parsable {after.format(1)} --ntasks=2 --array=1-2 sweep.sbatch {grid}",
            f"2 |--parsable {after.format(2)} sweep_merge.sbatch {grid}",
            f"2 sweep.best.ini|--parsable {after.format(3)} --nodes=2 --ntasks=3 "
            "train_nodes.sbatch --strategy locked"]

    def test_without_preprocessing(self):
        self.check(self.chain("--skip-preprocess", "--lambda", "1e-4,1e-5"))
        assert [line.count("preprocess") for line in self.submitted()] == [0, 0, 0]

    def test_a_refused_job_ends_the_chain(self):
        self.check_refused(self.chain("--lambda", "1e-4", refuses=2), 1, "chain",
                           "sbatch refused: sweep (after job 1)")
        assert len(self.submitted()) == 2

    @pytest.mark.parametrize("says, words", (("which grid?", ()),
                                             ("--shares", ("--shares", "0", "--lambda", "1")),
                                             ("--train-on", ("--lambda", "1", "--train-on"))))
    def test_wrong_words(self, says, words):
        self.check_refused(self.chain(*words), 2, "chain", says)
