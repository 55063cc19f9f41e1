"""`--stage`: copies of the data on the node, whole or not at all; and who opens which file."""
import ctypes
import os
import re
import struct

import pytest

import command

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

SHARDS = 3
IN_OPEN = 0x20
IN_CLOSE_NOWRITE = 0x10


class Opens:
    """Counts how often each file of a folder is opened, by anybody (inotify).

    Events that follow each other and are the same count once. HDF5 opens a file twice, so closing
    is watched too: what one process does is then counted exactly, of several at most what they
    do."""

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(
                self.fd, os.fsencode(folder), IN_OPEN | IN_CLOSE_NOWRITE) < 0:
            pytest.skip("no inotify")

    def count(self):
        names = {}
        try:
            while data := os.read(self.fd, 1 << 16):
                while data:
                    _, mask, _, length = struct.unpack_from("iIII", data)
                    name = data[16:16 + length].rstrip(b"\0").decode()
                    if mask & IN_OPEN and name:
                        names[name] = names.get(name, 0) + 1
                    data = data[16 + length:]
        except BlockingIOError:
            pass
        os.close(self.fd)
        return names


class StageTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(600)
        cls.test_documents = command.make_documents(200, seed=2, first_id=50_000)

    def setup_method(self):
        self.data = self.dir / "data"
        self.data.mkdir()
        self.train_set = command.convert(self.documents, self.data / "train.h5", "--shards",
                                         str(SHARDS), "--shuffle-seed", "1")
        self.test_set = command.convert(self.test_documents, self.data / "test.h5")
        self.place = self.dir / "node" / "local"

    def words(self, *options):
        if "--strategy" not in options:
            options += ("--strategy", "synchronous")  # the same bits every time
        return ("train", "--train", self.train_set, "--test", self.test_set, "--category", "CCAT",
                "--batch-size", "20", "--learning-rate", "0.05", *options)

    def train(self, *options, ranks=2, stage=True, code=0):
        """Returns the start row of the log and the model as bytes."""
        log, model = self.dir / "run.jsonl", self.dir / "model.h5"
        for path in (log, model):
            path.unlink(missing_ok=True)
        place = ("--stage", self.place) if stage else ()
        outcome = command.hogwild(ranks, *self.words("--log", log, "--model", model, "--quiet",
                                                     *place, *options))
        if code != 0:
            return outcome
        self.check(outcome)
        h5py = command.need("h5py")
        with h5py.File(model, "r") as file:
            weights = file["weights"][:].tobytes() + file["bias"][()].tobytes()
        return command.read_json_lines(log)[0], weights

    def copies(self):
        return sorted(self.place.iterdir())

    def copy_of(self, path):
        return next(c for c in self.copies() if c.name.startswith(path.stem + "."))

    def shards(self):
        return command.shards_of(self.train_set, SHARDS)


class TestCopies(StageTest):
    def test_the_same_result_from_copies(self):
        plain_start, plain = self.train(stage=False)
        start, staged = self.train()
        assert plain == staged
        assert plain_start["stage"] is None
        assert len(start["stage"]) == 1
        node = start["stage"][0]
        assert node["directory"] == str(self.place)
        assert node["host"] == start["host"]
        assert (node["files"], node["copied"]) == (SHARDS + 1, SHARDS + 1)
        originals = [*self.shards(), self.test_set]
        assert node["bytes"] == sum(p.stat().st_size for p in originals)
        assert len(self.copies()) == SHARDS + 1
        for path in originals:
            assert self.copy_of(path).read_bytes() == path.read_bytes()

        assert start["dataset_digests"] == plain_start["dataset_digests"]
        assert start["options"]["train"] == str(self.train_set)
        assert start["options"]["stage"] == str(self.place)
        facts = command.inspect(self.dir / "model.h5")[0]
        assert facts["dataset_digests"] == plain_start["dataset_digests"]
        assert f"train = {self.train_set}\n" in facts["options"]

    def test_copies_are_used_again(self):
        _, first = self.train()
        before = [(c.stat().st_ino, c.stat().st_mtime_ns) for c in self.copies()]
        start, second = self.train(ranks=2)
        assert (start["stage"][0]["files"], start["stage"][0]["copied"]) == (SHARDS + 1, 0)
        assert [(c.stat().st_ino, c.stat().st_mtime_ns) for c in self.copies()] == before
        assert first == second

    def test_documents_are_read_from_the_copies(self):
        self.train()
        h5py = command.need("h5py")
        for path in (*self.shards(), self.test_set):
            with h5py.File(path, "r") as file:
                offset = file["X/data"].id.get_chunk_info(0).byte_offset
            command.flip_byte(path, offset + 5)
        assert self.train(stage=False, code=65).code == 65
        start, _ = self.train()
        assert start["stage"][0]["copied"] == 0

    def test_damaged_and_half_copies_are_replaced(self):
        _, first = self.train()
        h5py = command.need("h5py")

        def flip_entry(copy):
            with h5py.File(copy, "r") as file:
                offset = file["X/indices"].id.get_chunk_info(0).byte_offset
            command.flip_byte(copy, offset + 9)

        def flip_label(copy):
            with h5py.File(copy, "r") as file:
                offset = file["topics/indices"].id.get_chunk_info(0).byte_offset
            command.flip_byte(copy, offset)

        def truncate(copy):
            os.truncate(copy, copy.stat().st_size // 2)

        def empty(copy):
            os.truncate(copy, 0)

        def other_shard(copy):
            copy.write_bytes(self.shards()[2].read_bytes())

        copy = self.copy_of(self.shards()[1])
        for damage in (flip_entry, flip_label, truncate, empty, other_shard):
            with self.subtests.test(damage=damage.__name__):
                damage(copy)
                start, again = self.train()
                assert start["stage"][0]["copied"] == 1
                assert again == first
                assert copy.read_bytes() == self.shards()[1].read_bytes()
                assert len(self.copies()) == SHARDS + 1

    def test_every_byte_of_a_small_copy_counts(self):
        """Whatever byte is flipped: the run is the same, or the copy is replaced."""
        small = command.convert(self.documents[:40], self.data / "small.h5")
        words = ("train", "--train", small, "--category", "CCAT", "--iterations", "3", "--quiet",
                 "--strategy", "sequential", "--stage", self.place, "--log", self.dir / "run.jsonl")
        self.check(command.hogwild(None, *words))
        copy = self.copy_of(small)
        whole = copy.read_bytes()
        objective = command.read_json_lines(self.dir / "run.jsonl")[-1]["train_objective"]
        replaced = 0
        for offset in range(0, len(whole), max(1, len(whole) // 60)):
            command.flip_byte(copy, offset)
            self.check(command.hogwild(None, *words))
            rows = command.read_json_lines(self.dir / "run.jsonl")
            assert rows[-1]["train_objective"] == objective
            replaced += rows[0]["stage"][0]["copied"]
            copy.write_bytes(whole)
        assert replaced > 0

    def test_two_jobs_at_the_same_time(self):
        logs = [self.dir / f"job{k}.jsonl" for k in range(4)]
        jobs = [command.start(command.hogwild_command(1, *self.words(
            "--stage", self.place, "--log", log, "--quiet")), env={
                **os.environ, "TMPDIR": str(self.dir)}) for log in logs]
        try:
            for job in jobs:
                assert job.wait(120) == 0
        finally:
            for job in jobs:
                command.end_group(job)
        nodes = [command.read_json_lines(log)[0]["stage"][0] for log in logs]
        assert sum(node["copied"] for node in nodes) == SHARDS + 1
        assert len(self.copies()) == SHARDS + 1, "no lock and no half file is left"

    def test_datasets_of_one_name(self):
        """Copies of different content never share a name."""
        self.train()
        for path in (*self.shards(), self.test_set):
            path.unlink()
        command.convert(self.documents[:500], self.data / "train.h5", "--shards", str(SHARDS))
        command.convert(self.test_documents, self.data / "test.h5")
        start, _ = self.train()
        assert (start["stage"][0]["copied"], start["training_documents"]) == (SHARDS, 450)
        assert len(self.copies()) == 2 * SHARDS + 1

    def test_resuming_with_another_folder(self):
        checkpoint = ("--checkpoint", self.dir / "run.ckpt.h5", "--resume")
        self.train(*checkpoint, "--iterations", "100")
        self.place = self.dir / "elsewhere"
        start, _ = self.train(*checkpoint, "--iterations", "150")
        assert start["stage"][0]["copied"] == SHARDS + 1

    def test_sweep(self):
        words = ("sweep", "--train", self.train_set, "--category", "CCAT", "--iterations", "20",
                 "--learning-rate", "0.02,0.05", "--state", self.dir / "state.jsonl", "--quiet")
        self.check(command.hogwild(2, *words, "--stage", self.place))
        assert len(self.copies()) == SHARDS
        outcome = self.check(command.hogwild(2, *[w for w in words if w != "--quiet"]))
        assert "2 of them done before" in outcome.err, "where it was read from is no setting"

    def test_predict(self):
        self.train(stage=False)
        scores = []
        for place in ((), ("--stage", self.place), ("--stage", self.place)):
            self.check(command.hogwild(3, "predict", "--model", self.dir / "model.h5", "--data",
                                       self.train_set, "--output", self.dir / "scores.tsv",
                                       *place))
            scores.append((self.dir / "scores.tsv").read_bytes())
        assert scores[0] == scores[1]
        assert scores[0] == scores[2]
        assert len(self.copies()) == SHARDS


class TestRefused(StageTest):
    def test_full_disk(self):
        self.place.mkdir(parents=True)
        size = sum(p.stat().st_size for p in (*self.shards(), self.test_set))
        for room in (4096, size // 2):
            with self.subtests.test(room=room):
                log = self.dir / "run.jsonl"
                outcome, left = command.on_small_disk(self.place, room, command.prompt_command(
                    2, *self.words("--stage", self.place, "--log", log, "--quiet")))
                self.check_refused(outcome, 74, "hogwild", str(self.place), "No space left",
                                   "--stage")
                assert not log.exists()
                for name in left:  # those that were whole before the disk was full
                    assert re.search(r"^(train\.shard-\d+-of-\d+|test)\.[0-9a-f]{16}\.h5$", name)
                assert len(left) < SHARDS + 1

    def test_a_place_that_cannot_be(self):
        (self.dir / "file").write_text("")
        for place in (self.dir / "file", self.dir / "file" / "below"):
            self.place = place
            self.check_refused(self.train(code=73), 73, "hogwild", str(self.dir / "file"))

    def test_a_damaged_original(self):
        h5py = command.need("h5py")
        shard = self.shards()[1]
        with h5py.File(shard, "r") as file:
            offset = file["X/data"].id.get_chunk_info(0).byte_offset
        command.flip_byte(shard, offset + 5)
        self.check_refused(
            self.train(code=65), 65, "hogwild", str(shard), "is not what was written"
        )
        assert not [c for c in self.copies() if c.name.startswith(shard.stem)]


class TestWhoOpensWhat(StageTest):
    def opened(self, ranks, *options):
        opens = Opens(self.data)
        self.train(*options, ranks=ranks, stage=False)
        return opens.count()

    def test_ranks_open_the_shards_they_own(self):
        """Rank 0 looks at every file; two ranks own rows of each of the three shards."""
        ranks = 2 * SHARDS
        alone = self.opened(1)
        for options in ((), ("--strategy", "lock-free", "--regularization", "aggregated"),
                        ("--strategy", "locked", "--regularizer", "hogwild"),
                        ("--balance", "nonzeros")):
            with self.subtests.test(options=options):
                counts = self.opened(ranks, *options)
                for shard in self.shards():
                    # the cuts need not be exactly at the ends of the shards
                    assert counts[shard.name] <= 4 * alone[shard.name], shard.name

    def check_opened(self, most, words, code=0):
        """Six ranks open each shard at most `most` times as often as one rank does."""
        counts = []
        for ranks in (1, 2 * SHARDS):
            opens = Opens(self.data)
            self.check(command.hogwild(ranks, *words), code)
            counts.append(opens.count())
        for shard in self.shards():
            assert counts[1][shard.name] <= most * counts[0][shard.name], shard.name

    def test_predict_opens_the_shards_of_its_rows(self):
        self.train(stage=False)
        self.check_opened(4, ("predict", "--model", self.dir / "model.h5", "--data",
                              self.train_set, "--output", self.dir / "scores.tsv"))

    def test_rank_0_looks_at_the_data_for_a_sweep(self):
        words = ("sweep", "--train", self.train_set, "--category", "CCAT", "--iterations", "20",
                 "--learning-rate", "0.02,0.05", "--state", self.dir / "state.jsonl", "--quiet")
        self.check(command.hogwild(1, *words))
        self.check_opened(1, words)  # all of it is done

    def test_rank_0_looks_at_the_data_for_a_bench(self):
        # refused when the data has been looked at
        self.check_opened(1, ("bench", "--train", self.train_set, "--category", "NONE"), code=65)
