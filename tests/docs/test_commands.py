"""The shell commands of the documents work: each fence is run, in the document's order and in a
folder like a fresh clone with small data, or is marked as not run by a line directly before it:

    <!-- not run: REASON -->
"""
import gzip
import re
import shutil
import unittest
from typing import NamedTuple

import command
import programs
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.mpi]

SHELL = {"bash", "sh", "shell", "console"}
OTHER = {"", "python", "cpp", "cmake"}  # "": what a command prints
NOT_RUN = re.compile(r"<!-- not run: (\S.*) -->")
COMMAND = re.compile(r"(\$ |(?:mpirun|bash|source|export|cmake|sbatch|hogwild|hdf5_\w+|\w+_hdf5) )")


DOCUMENTS = [path for path in (command.SOURCE / "README.md",
                               *sorted((command.SOURCE / "docs").glob("*.md")))
             if "```" in path.read_text()]


class Fence(NamedTuple):
    line: int  # of its first command
    language: str
    text: str
    not_run: str  # the reason, or ""


def fences_of(text):
    """@raises AssertionError when the last fence has no end"""
    fences, opened, last = [], None, ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = re.fullmatch(r" *```(\S*)(.*)", line)
        if opened is not None and mark:
            fences.append(opened)
            opened = None
        elif opened is not None:
            opened = opened._replace(text=opened.text + line + "\n")
        elif mark:
            reason = NOT_RUN.fullmatch(last.strip())
            opened = Fence(number + 1, mark[1], "", reason[1] if reason else "")
        last = line
    assert opened is None, f"the fence at line {opened.line} has no end"
    return fences


def neither_run_nor_known(text):
    """What would escape the test: commands in a fence of another kind, marks beside no fence."""
    fences = fences_of(text)
    escaped = [f"line {fence.line}: a fence of '{fence.language}'"
               for fence in fences if fence.language not in SHELL | OTHER]
    escaped += [f"line {fence.line}: commands in a fence that is not of 'bash'"
                for fence in fences if fence.language == "" and COMMAND.match(fence.text)]
    marks = len(re.findall(r"(?m)^ *<!-- *not run", text))
    if marks != sum(fence.not_run != "" and fence.language in SHELL for fence in fences):
        escaped.append("a 'not run:' that does not stand directly before commands")
    return escaped


class TestFences:
    def test_found_in_order_with_their_marks(self):
        text = "a\n```bash\none \\\n  two\n```\n<!-- not run: no Slurm -->\n```bash\nthree\n```\n"
        assert fences_of(text) == [Fence(3, "bash", "one \\\n  two\n", ""),
                                   Fence(8, "bash", "three\n", "no Slurm")]
        assert neither_run_nor_known(text) == []

    def test_nothing_escapes(self):
        assert neither_run_nor_known("```zsh\nls\n```\n")
        assert neither_run_nor_known("```\nmpirun -np 2 hogwild\n```\n")
        assert neither_run_nor_known("<!-- not run: far away -->\n\n```bash\nls\n```\n")
        assert neither_run_nor_known("<!-- not run: -->\n```bash\nls\n```\n")


class TestCommands(command.Case):
    @classmethod
    def setup_class(cls):
        """Text in the shape of RCV1, packed as the real files are, and what the documents take as
        the reader's own data."""
        rcv1 = cls.shared / "data/rcv1/text"
        for words in (
            ["rcv1_synthesize", "--output-dir", rcv1, "--train-documents", 1500,
             "--test-documents", 800, "--quiet"],
            ["rcv1_to_hdf5", "--vectors", rcv1 / "lyrl2004_vectors_train.dat",
             "--topics", rcv1 / "rcv1-v2.topics.qrels", "--output", cls.shared / "train.h5"],
            ["rcv1_to_hdf5", "--vectors", rcv1 / "lyrl2004_vectors_test_pt0.dat",
             "--topics", rcv1 / "rcv1-v2.topics.qrels", "--output", cls.shared / "test.h5"],
            ["hdf5_to_svmlight", "--input", cls.shared / "train.h5", "--category", "CCAT",
             "--output", cls.shared / "train.svm"],
        ):
            outcome = command.tool(*words)
            assert outcome.code == 0, str(outcome)
        for file in [*rcv1.iterdir(), cls.shared / "train.svm"]:
            file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 1))
            file.unlink()
        for name in ("classes", "classes_test"):  # of four classes
            command.write_text(cls.shared / f"{name}.svm", "".join(
                f"{k % 4 + 1} {k % 4 + 1}:1 {5 + k % 7}:0.5\n" for k in range(80)))
        sums = command.run(["bash", "-c", 'cd "$1" && sha256sum -- *', "bash", rcv1]).out
        (cls.shared / "sums").write_text(sums)

    def clone(self):
        """A folder like a clone that was built. Without CMakeLists.txt, scripts take the programs
        that are there instead of building anew."""
        folder = self.dir / "clone"
        shutil.copytree(self.shared, folder)
        for name in ("jobs", "examples"):
            shutil.copytree(command.SOURCE / name, folder / name)
        (folder / "build/release").mkdir(parents=True)
        (folder / "build/release/bin").symlink_to(command.BIN)
        return folder

    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
    def test_commands_work(self, document):
        text = document.read_text()
        assert neither_run_nor_known(text) == [], document
        run = [fence for fence in fences_of(text) if fence.language in SHELL and not fence.not_run]
        ranks = [int(n) for fence in run for n in re.findall(r"-np (\d+)", fence.text)]
        if any("jobs/plot_" in fence.text for fence in run):
            command.need("matplotlib")
        if max(ranks, default=1) > command.MOST_RANKS:
            raise unittest.SkipTest(f"{max(ranks)} ranks, at most {command.MOST_RANKS} here")
        env = {**programs.environment(self.dir / "programs"),
               "HOGWILD_RCV1_SHA256": str(self.shared / "sums"),
               # all files are there: nothing is fetched
               "HOGWILD_RCV1_URL_FIGSHARE": "http://127.0.0.1:1",
               "HOGWILD_RCV1_URL_JMLR": "http://127.0.0.1:1"}
        clone = self.clone()
        for fence in run:
            words = ["bash", "-euo", "pipefail", "-c", fence.text]
            outcome = command.run(words, env=env, timeout=100, cwd=clone)
            assert outcome.code == 0, f"{document}, commands from line {fence.line} on: {outcome}"
