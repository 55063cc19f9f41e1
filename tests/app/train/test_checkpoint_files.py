"""What becomes of checkpoint files: damaged in content, of earlier runs, in use, and how large."""
import os
import time

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]


class FilesTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.data = command.convert(command.make_documents(200, seed=3), cls.shared / "train.h5")

    def setup_method(self):
        self.file = self.dir / "run.h5"
        self.previous = self.dir / "run.prev.h5"
        self.log = self.dir / "run.jsonl"

    def words(self, *options, data=None):
        return ("train", "--train", data or self.data, "--category", "CCAT", "--patience", 0,
                "--evaluate-every", 0, "--checkpoint", self.file, *options)

    def train(self, ranks, *options, **more):
        return command.hogwild(ranks, *self.words("--quiet", *options, **more))


class TestDamage(FilesTest):
    """Most is in test_checkpoint_store.cpp; here is that ranks agree and end."""
    SETTINGS = (
        (1, "sequential", ("--precision", "float")),
        (2, "synchronous", ("--precision", "float", "--regularization", "exact", "--average")),
        (2, "round-robin", ("--regularizer", "l2")),
        (2, "downpour", ("--server-update", "adagrad", "--average")),
        (2, "lock-free", ()),
    )

    def damages(self, h5py):
        """Changes of an open checkpoint, each with a name."""
        numpy = command.need("numpy")

        def replace(group, name, values):
            del group[name]
            group.create_dataset(name, data=values, maxshape=(None,), chunks=True)

        def remove(group, name):
            del group[name]
            names = [n for n in group.attrs["arrays"] if n.decode() != name]
            del group.attrs["arrays"]
            group.attrs["arrays"] = numpy.array(names, dtype="S32")

        def fact(file, value):
            file.attrs["fact_nodes"] = numpy.bytes_(value)

        return {
            "no iteration": lambda f: remove(f["state"], "iteration"),
            "samples NaN": lambda f: replace(f["state"], "samples", [float("nan")]),
            "iteration -1": lambda f: replace(f["state"], "iteration", [-1.0]),
            "iteration 1e300": lambda f: replace(f["state"], "iteration", [1e300]),
            "workers 0.5": lambda f: replace(f["state"], "workers", [0.5]),
            "few weights": lambda f: replace(f["state"], "weights", f["state/weights"][:-1]),
            "text": lambda f: replace(f["state"], "learning_rate",
                                      numpy.array([b"fast"], dtype="S8")),
            "two lines": lambda f: fact(f, "1\n2"),
            "many ranks": lambda f: f.attrs.modify("ranks", 1 << 40),
            "three ranks": lambda f: f.attrs.modify("ranks", 3),
            "many names": lambda f: f["state"].attrs.__setitem__(
                "arrays", numpy.array([f"a{k}" for k in range(4000)], dtype="S8")),
        }

    def test_taken_from_the_one_before_or_refused(self):
        h5py = command.need("h5py")
        damages = self.damages(h5py)
        for k, (ranks, strategy, more) in enumerate(self.SETTINGS):
            options = ("--strategy", strategy, "--batch-size", 10, "--checkpoint-every", "1e",
                       *more)
            self.check(self.train(ranks, *options, "--epochs", 3))
            whole, before = self.file.read_bytes(), self.previous.read_bytes()
            # all of them once, and each setting with some
            for name in list(damages)[k::len(self.SETTINGS)]:
                with self.subtests.test(strategy=strategy, damage=name):
                    self.file.write_bytes(whole)
                    self.previous.unlink(missing_ok=True)
                    with h5py.File(self.file, "r+") as file:
                        damages[name](file)
                    damaged = self.file.read_bytes()
                    self.check_refused(self.train(ranks, *options, "--epochs", 4, "--resume"), 65,
                                       "hogwild", "run.h5", "start anew")
                    assert self.file.read_bytes() == damaged
                    self.previous.write_bytes(before)
                    self.check(self.train(ranks, *options, "--epochs", 4, "--resume", "--log",
                                          self.log))
                    rows = command.read_json_lines(self.log)
                    assert "resuming from " + str(self.previous) in str(rows)
                    assert rows[-1]["epoch"] == 4
            for path in (self.file, self.previous, self.log):
                path.unlink()

    def test_what_a_rank_alone_can_find_out_is_agreed(self):
        """How many groups of weights shrink together is known only after loading."""
        h5py = command.need("h5py")
        options = ("--strategy", "round-robin", "--regularizer", "l2")
        self.check(self.train(2, *options, "--epochs", 1))
        with h5py.File(self.file, "r+") as file:
            ranks = file["ranks"]
            values, lengths = ranks["values/decay_applied"][:], ranks["lengths/decay_applied"][:]
            ranks["values/decay_applied"].resize((len(values) + 1,))
            ranks["lengths/decay_applied"][:] = lengths + [0, 1]
        self.check_refused(self.train(2, *options, "--epochs", 2, "--resume"), 65, "hogwild",
                           "decay_applied")

    def test_odd_lines_of_a_log(self):
        self.check(self.train(2, "--epochs", 2))
        kept = self.file.read_bytes()
        for line in ("5", "[]", '{"event":5}', '{"event":"evaluation","iteration":"x"}', "a = 1"):
            with self.subtests.test(line=line):
                self.file.write_bytes(kept)
                self.log.write_text('{"event":"start"}\n' + line + "\n")
                self.check_refused(self.train(2, "--epochs", 4, "--resume", "--log", self.log), 65,
                                   "hogwild", "run.jsonl:2: ")
                assert line in self.log.read_text()


class TestEarlierRuns(FilesTest):
    def test_a_longer_run_is_kept_through_all_saves_of_a_shorter_one(self):
        self.check(self.train(1, "--epochs", 40, "--checkpoint-every", "10e"))
        old = self.file.read_bytes()
        outcome = self.check(command.hogwild(2, *self.words(
            "--epochs", 5, "--checkpoint-every", "1e", "--log", self.log)))
        assert self.previous.read_bytes() == old
        said = [line for line in outcome.own_lines() if "run.prev.h5" in line]
        assert len(said) == 1, str(outcome)
        assert "--resume" in said[0]
        assert command.read_json_lines(self.log)[0]["checkpoint"] in said[0]
        self.check(self.train(2, "--epochs", 9, "--checkpoint-every", "1e", "--resume"))
        self.check(self.train(2, "--epochs", 5, "--checkpoint-every", "1e"))
        assert self.previous.read_bytes() == old

    def test_a_killed_second_rename_loses_nothing(self):
        self.check(self.train(2, "--epochs", 3))
        self.file.rename(self.previous)
        outcome = self.check(command.hogwild(2, *self.words("--epochs", 4, "--resume")))
        assert "resuming from " + str(self.previous) in outcome.err
        assert command.inspect(self.previous)[0]["samples"] == 3 * 180
        assert command.inspect(self.file)[0]["samples"] == 4 * 180

    def test_a_run_that_is_done_is_not_saved_again(self):
        """Fewer epochs than are done already: the counters stay those of the weights."""
        self.check(self.train(1, "--epochs", 4))
        saved = self.file.read_bytes()
        self.check(self.train(1, "--epochs", 2, "--resume"))
        assert self.file.read_bytes() == saved

    def test_files_of_other_kinds(self):
        for foreign in (self.data.read_bytes(), b"notes\n"):
            for path in (self.file, self.previous):
                for resume in (), ("--resume",):
                    with self.subtests.test(path=path.name, resume=resume):
                        path.write_bytes(foreign)
                        reads = resume and path == self.previous  # the newest is not there
                        ranks = 2 if resume else None
                        self.check_refused(self.train(ranks, "--epochs", 1, *resume),
                                           65 if reads else 73, "hogwild", path.name,
                                           "is not a hogwild checkpoint")
                        assert path.read_bytes() == foreign
                        path.unlink()

    def test_the_one_before_is_in_use_too(self):
        process = command.start(command.hogwild_command(1, *self.words(
            "--quiet", "--iterations", 10**9, "--checkpoint-every", "0.05")))
        self.at_end(command.end_group, process)
        deadline = time.monotonic() + 30
        while not self.previous.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for option in ("--checkpoint", "--model"):
            self.check_refused(command.hogwild(1, "train", "--train", self.data, "--category",
                                               "CCAT", "--epochs", 1, "--quiet", option,
                                               self.previous), 73, "hogwild", "run.prev.h5")


class TestSize(FilesTest):
    FEATURES = 50_000
    SETTINGS = {
        "lock-free": (), "locked": (), "atomic": (), "striped": (), "asynchronous": (),
        "synchronous": ("--precision", "float", "--regularization", "exact"),
        "round-robin": ("--precision", "float", "--regularization", "exact", "--average"),
        "downpour": ("--server-update", "adagrad", "--average"),
    }

    def test_does_not_depend_on_the_ranks(self):
        documents = command.make_documents(400, seed=5, features=self.FEATURES)
        wide = command.convert(documents, self.dir / "wide.h5")
        for strategy, more in self.SETTINGS.items():
            with self.subtests.test(strategy=strategy):
                sizes = []
                for ranks in (1, 8):
                    self.check(self.train(ranks, "--strategy", strategy, "--epochs", 2,
                                          "--batch-size", 10, *more, data=wide))
                    sizes.append(os.path.getsize(self.file))
                    for path in self.dir.glob("run*"):
                        path.unlink()
                assert max(sizes) < 1.02 * min(sizes), str(sizes)
