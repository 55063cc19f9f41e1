"""No command or tool writes over its own inputs and outputs, or over files that are not its own.

Whatever is refused is refused before anything is opened for writing: every file is there afterwards
with the bytes that it had, and there is no other.
"""
import os
import shutil

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
SHORT = ("--iterations", "2", "--quiet")
TRAIN = ("train", "--train", "t.h5", *SHORT)
SWEEP = ("sweep", "--train", "t.h5", "--lambda", "1e-4,1e-5", *SHORT)
PREDICT = ("predict", "--quiet")
BENCH = ("bench", "--train", "t.h5", "--replicate", "1", "--repeats", "1", "--min-seconds",
         "0", "--quiet")


class FilesTest(command.Case):
    """In a folder with one file of every kind."""

    @classmethod
    def setup_class(cls):
        cls.kinds = cls.shared / "kinds"
        cls.kinds.mkdir()
        documents = command.make_documents(80)
        (cls.kinds / "t.svm").write_text("".join(d.svmlight_line("CCAT") for d in documents))
        command.write_vectors(cls.kinds / "vectors.dat", documents)
        command.write_topics(cls.kinds / "topics.qrels", documents)
        (cls.kinds / "t.ini").write_text("lambda = 1e-4\n")
        (cls.kinds / "notes.txt").write_text("remember the milk\n")
        for words in (
                ("svmlight_to_hdf5", "--input", "t.svm", "--output", "t.h5", "--quiet"),
                ("svmlight_to_hdf5", "--input", "t.svm", "--output", "s.h5", "--shards", "2",
                 "--quiet")):
            cls.must(command.tool(*words, cwd=cls.kinds))
        cls.must(command.hogwild(None, *TRAIN, "--model", "m.h5", "--log", "run.jsonl",
                                 "--checkpoint", "c.h5", cwd=cls.kinds))
        cls.must(command.hogwild(None, *SWEEP, "--csv", "s.csv", "--best", "best.ini", "--state",
                                 "s.jsonl", cwd=cls.kinds))
        cls.must(command.hogwild(None, *PREDICT, "--model", "m.h5", "--data", "t.h5", "--output",
                                 "scores.txt", cwd=cls.kinds))

    @staticmethod
    def must(outcome):
        if outcome.code != 0:
            raise AssertionError(str(outcome))

    def setup_method(self):
        self.work = self.dir / "work"
        shutil.copytree(self.kinds, self.work)

    def content(self):
        return {path.relative_to(self.work): path.read_bytes() if path.is_file() else None
                for path in self.work.rglob("*")}

    def execute(self, words):
        """A command of hogwild, or a tool by its name."""
        if (command.BIN / words[0]).exists():
            return command.tool(*words, cwd=self.work)
        return command.hogwild(None, *words, cwd=self.work)

    def refused(self, code, words, *says):
        program = words[0] if (command.BIN / words[0]).exists() else "hogwild"
        before = self.content()
        outcome = self.execute(words)
        self.check_refused(outcome, code, program, *says)
        assert self.content() == before, f"files have changed\n{outcome}"

    def collide(self, words, *says):
        with self.subtests.test(words=words):
            self.refused(2, words, *says)


class TestCollisions(FilesTest):
    def test_train(self):
        for one, other in (("--log", "--model"), ("--log", "--checkpoint"),
                           ("--model", "--checkpoint")):
            for name in ("new", "./new"):
                self.collide((*TRAIN, one, "new", other, name), one + " new", f"{other} {name}")
        for output in ("--log", "--model", "--checkpoint"):
            for option, name in (("--config", "t.ini"), ("--test", "m.h5"), ("--train", "t.h5")):
                words = [*TRAIN, option, name] if option != "--train" else [*TRAIN]
                self.collide((*words, output, name), f"{output} {name}", f"{option} {name}")
            self.collide(("train", "--train", "s.h5", *SHORT, output,
                          "s.shard-00001-of-00002.h5"), output, "--train s.h5")
            self.collide(("train", "--train", "s.h5", *SHORT, output, "s.h5"), output,
                         "--train s.h5")
        for output in ("--log", "--model"):
            self.collide((*TRAIN, "--checkpoint", "new.h5", output, "new.prev.h5"),
                         f"{output} new.prev.h5", "--checkpoint new.h5")
        self.collide(("train", "--train", "c.prev.h5", *SHORT, "--checkpoint", "c.h5"),
                     "--train c.prev.h5", "--checkpoint c.h5")

    def test_train_by_other_names(self):
        (self.work / "sub").mkdir()
        os.link(self.work / "t.h5", self.work / "twin.h5")
        os.symlink("t.h5", self.work / "link.h5")
        os.symlink("new", self.work / "to_new")
        os.symlink("sub", self.work / "folder")
        for name in ("twin.h5", "link.h5", "sub/../t.h5", str(self.work / "t.h5")):
            self.collide((*TRAIN, "--model", name), f"--model {name}", "--train t.h5")
        for one, other in (("new", "to_new"), ("sub/new", "folder/new"),
                           ("new", str(self.work / "sub/../new"))):
            self.collide((*TRAIN, "--log", one, "--model", other), f"--log {one}",
                         f"--model {other}")

    def test_train_names_in_a_configuration_file(self):
        (self.work / "t.ini").write_text("train = t.h5\nlog = new\nmodel = ./new\n")
        self.collide(("train", "--config", "t.ini"), "--log new", "--model ./new")
        (self.work / "t.ini").write_text("train = t.h5\nlog = t.ini\n")
        self.collide(("train", "--config", "t.ini"), "--log t.ini", "--config t.ini")

    def test_stage_folder(self):
        self.collide((*TRAIN, "--stage", "new", "--model", "new"), "--stage new", "--model new")
        copies = self.dir / "copies"
        self.must(command.hogwild(None, *TRAIN, "--stage", copies, cwd=self.work))
        (copy,) = copies.iterdir()
        self.collide((*TRAIN, "--stage", copies, "--model", copy), f"--model {copy}", "--stage")

    def test_sweep(self):
        for one, other in (("--csv", "--best"), ("--csv", "--state"), ("--best", "--state")):
            self.collide((*SWEEP, one, "new", other, "./new"), one + " new", other + " ./new")
        for output in ("--csv", "--best", "--state"):
            self.collide((*SWEEP, output, "t.h5"), output + " t.h5", "--train t.h5")
            self.collide((*SWEEP, "--config", "t.ini", output, "t.ini"), output, "--config t.ini")
        for output in ("--csv", "--best"):
            self.collide((*SWEEP, "--merge", "s.jsonl", output, "s.jsonl"), output,
                         "--merge s.jsonl")
        self.must(command.hogwild(None, *SWEEP, "--merge", "s.jsonl", "--state", "s.jsonl",
                                  cwd=self.work))

    def test_predict(self):
        self.collide((*PREDICT, "--model", "m.h5", "--data", "t.h5", "--output", "./m.h5"),
                     "--output ./m.h5", "--model m.h5")
        self.collide((*PREDICT, "--model", "m.h5", "--data", "t.h5", "--output", "./t.h5"),
                     "--output ./t.h5", "--data t.h5")
        self.collide((*PREDICT, "--model", "m.h5", "--data", "s.h5", "--output",
                      "s.shard-00000-of-00002.h5"), "--output", "--data s.h5")

    def test_bench(self):
        for option, name in (("--train", "t.h5"), ("--config", "t.ini"), ("--test", "m.h5"),
                             ("--checkpoint", "new")):
            words = (option, name) if option != "--train" else ()
            self.collide((*BENCH, *words, "--json", name), f"--json {name}", f"{option} {name}")

    def test_converters(self):
        text = ("svmlight_to_hdf5", "--quiet", "--input", "t.svm")
        self.collide((*text, "--output", "./t.svm"), "--output ./t.svm", "--input t.svm")
        shutil.copy(self.work / "t.svm", self.work / "t.shard-00001-of-00003.h5")
        for shards in ("1", "2", "3"):
            self.collide(("svmlight_to_hdf5", "--input", "t.shard-00001-of-00003.h5", "--output",
                          "t.h5", "--shards", shards), "--output t.h5", "--input")
        for option, name in (("--vectors", "vectors.dat"), ("--topics", "topics.qrels")):
            self.collide(("rcv1_to_hdf5", "--vectors", "vectors.dat", "--topics", "topics.qrels",
                          "--output", name), "--output", f"{option} {name}")
        self.collide(("hdf5_to_svmlight", "--input", "t.h5", "--output", "t.h5"), "--output t.h5",
                     "--input t.h5")
        self.collide(("hdf5_to_svmlight", "--input", "s.h5", "--output",
                      "s.shard-00000-of-00002.h5"), "--output", "--input s.h5")


class TestForeign(FilesTest):
    """By option: what the file is to be, and a file that it may replace."""
    OUTPUTS = (
        ((*TRAIN, "--log"), "run log", "run.jsonl"),
        ((*TRAIN, "--model"), "model", "m.h5"),
        ((*TRAIN, "--checkpoint"), "checkpoint", "c.h5"),
        ((*SWEEP, "--csv"), "CSV", "s.csv"),
        ((*SWEEP, "--best"), "settings", "best.ini"),
        (("predict", "--model", "m.h5", "--data", "t.h5", "--output"), "scores", "scores.txt"),
        ((*BENCH, "--json"), "figures", None),
        (("svmlight_to_hdf5", "--input", "t.svm", "--output"), "dataset", "t.h5"),
        (("rcv1_to_hdf5", "--vectors", "vectors.dat", "--topics", "topics.qrels", "--output"),
         "dataset", "t.h5"),
        (("hdf5_to_svmlight", "--input", "t.h5", "--output"), "svmlight", "t.svm"),
    )
    FILES = ("run.jsonl", "m.h5", "c.h5", "s.csv", "best.ini", "scores.txt", "t.h5", "t.svm",
             "t.ini", "notes.txt", "s.jsonl")

    def test_files_of_other_kinds_stay(self):
        """Every third kind for every option, each beginning with another one."""
        for first, (words, what, own) in enumerate(self.OUTPUTS):
            for name in self.FILES[first % 3::3]:
                if name == own or name in words:
                    continue
                with self.subtests.test(words=words, name=name):
                    self.refused(73, (*words, name), name, what, "--force")

    def test_files_of_the_same_kind_are_replaced(self):
        for words, _, own in self.OUTPUTS:
            if own is None or own in words:
                continue
            with self.subtests.test(words=words):
                self.check(self.execute((*words, own)))
                shutil.copy(self.kinds / own, self.work / own)

    def test_force(self):
        for words, *_ in self.OUTPUTS:
            with self.subtests.test(words=words):
                (self.work / "victim").write_text("remember the milk\n")
                self.check(self.execute((*words, "victim", "--force")))
                assert b"milk" not in (self.work / "victim").read_bytes()

    @pytest.mark.parametrize("name, code", (("run.jsonl", 65), ("notes.txt", 65), ("s.csv", 65)))
    def test_a_state_is_left_as_it_is(self, name, code):
        self.refused(code, (*SWEEP, "--state", name), name)

    def test_force_does_not_help_against_collisions(self):
        self.collide((*TRAIN, "--force", "--model", "t.h5"), "--model t.h5", "--train t.h5")

    def test_checkpoints(self):
        """The previous one is an output as well, and a damaged one is no reason to stop."""
        shutil.copy(self.work / "notes.txt", self.work / "new.prev.h5")
        for options in ((), ("--resume",)):
            shutil.copy(self.work / "c.h5", self.work / "new.h5")
            self.refused(73, (*TRAIN, *options, "--checkpoint", "new.h5"), "new.prev.h5",
                         "some other text")
            self.refused(73, (*TRAIN, *options, "--checkpoint", "m.h5"), "m.h5", "a hogwild model")
        shutil.copy(self.work / "c.h5", self.work / "new.prev.h5")
        os.truncate(self.work / "new.h5", 1000)
        self.check(self.execute((*TRAIN, "--resume", "--checkpoint", "new.h5")))

    def test_shards_of_an_earlier_conversion(self):
        words = ("svmlight_to_hdf5", "--input", "t.svm", "--output", "s.h5", "--shards", "3")
        shutil.copy(self.work / "notes.txt", self.work / "s.shard-00004-of-00009.h5")
        self.refused(73, words, "s.shard-00004-of-00009.h5", "some other text")
        (self.work / "s.shard-00004-of-00009.h5").unlink()
        self.check(self.execute(words))
        assert len(list(self.work.glob("s.shard-*"))) == 3

    def test_synthesize(self):
        words = ("rcv1_synthesize", "--output-dir", "new", "--train-documents", "5",
                 "--test-documents", "8", "--quiet")
        self.check(self.execute(words))
        self.check(self.execute(words))
        published = self.work / "new/lyrl2004_vectors_train.dat"
        published.write_text("2286  864:0.0497399253756197 1523:0.044664135988103\n")
        self.refused(73, words, "lyrl2004_vectors_train.dat")
        self.check(self.execute((*words, "--force")))

    def test_a_pipe_is_not_opened(self):
        os.mkfifo(self.work / "pipe")
        for option in ("--model", "--checkpoint"):
            self.refused(73, (*TRAIN, option, "pipe"), "pipe")


class TestEmptyNames(FilesTest):
    def test_all_options(self):
        for words, options in (
                (TRAIN, ("--train", "--test", "--config", "--stage", "--log", "--model",
                         "--checkpoint")),
                (SWEEP, ("--train", "--test", "--config", "--stage", "--csv", "--best", "--state",
                         "--merge")),
                (PREDICT, ("--model", "--data", "--output", "--stage")),
                (BENCH, ("--train", "--test", "--config", "--json", "--checkpoint", "--stage")),
                (("svmlight_to_hdf5",), ("--input", "--output")),
                (("rcv1_to_hdf5",), ("--vectors", "--topics", "--output")),
                (("hdf5_to_svmlight",), ("--input", "--output")),
                (("hdf5_inspect",), ("--file",)),
                (("rcv1_synthesize",), ("--output-dir",))):
            for option in options:
                kept = list(words)
                if option in kept:
                    del kept[kept.index(option):kept.index(option) + 2]
                with self.subtests.test(words=words, option=option):
                    self.refused(2, (*kept, option, ""), option, "the name is empty")
        outcome = command.hogwild(2, "bench-exchange", "--json", "", cwd=self.work)
        self.check_refused(outcome, 2, "hogwild", "--json", "the name is empty")

    def test_one_of_several(self):
        self.refused(2, (*TRAIN, "--test", "t.h5", ""), "--test", "the name is empty")
        self.refused(2, ("svmlight_to_hdf5", "--input", "t.svm", "", "--output", "new.h5"),
                     "--input", "the name is empty")

    def test_in_a_configuration_file(self):
        for option in ("log", "model", "checkpoint", "stage", "train"):
            (self.work / "t.ini").write_text(f"{option} =\n")
            words = TRAIN if option != "train" else ("train", *SHORT)
            with self.subtests.test(option=option):
                self.refused(2, (*words, "--config", "t.ini"), option, "the name is empty")
        for option in ("csv", "state", "best", "stage"):
            (self.work / "t.ini").write_text(f"{option} =\n")
            with self.subtests.test(sweep=option):
                self.refused(2, (*SWEEP, "--config", "t.ini"), option, "the name is empty")


class TestStreams(FilesTest):
    def test_two_outputs_to_standard_output(self):
        self.collide((*SWEEP, "--csv", "/dev/stdout", "--best", "/dev/fd/1"), "--csv /dev/stdout",
                     "--best /dev/fd/1")
        self.collide((*SWEEP, "--csv", "-", "--best", "/dev/stdout"), "--csv -",
                     "--best /dev/stdout")
