"""Files that want to harm their readers: pipes, false claims, numbers at the end of their
range, control characters in names."""
import os
import shutil
import zlib
from pathlib import Path

import pytest

import command

pytestmark = [pytest.mark.mpi]
PROMPT = 20  # s; what would wait for a pipe never ends
ADDRESS_SPACE = 4_000_000  # KiB; less than the claims need
ESCAPES = "\x1b]0;title\x07\x1b[31mred"
SHOWN = r"\x1b]0;title\x07\x1b[31mred"


def limited(ulimit, *words):
    """A command under a limit of the shell's."""
    return command.run(["bash", "-c", f'ulimit {ulimit}; exec "$@"', "bash", *words],
                       timeout=PROMPT)


CHUNK = 1 << 20  # numbers


def fill(file, name, length, first, packed):
    """Puts a longer array in the place of an array. @param first  its first numbers
    @param packed  the number that all others are, in a thousandth of the bytes; None: not stored"""
    numpy = command.need("numpy")
    attributes, kind = dict(file[name].attrs), file[name].dtype
    del file[name]
    array = file.create_dataset(name, shape=(length,), dtype=kind, chunks=(CHUNK,),
                                compression=None if packed is None else "gzip")
    array[:len(first)] = first
    same = zlib.compress(numpy.full(CHUNK, packed or 0, kind).tobytes())
    for begin in range(CHUNK, length if packed is not None else 0, CHUNK):
        array.id.write_direct_chunk((begin,), same)
    for attribute, value in attributes.items():
        array.attrs[attribute] = value


def claim_features(path, features, packed):
    """Makes a dataset claim so many columns, most of which do not occur. `packed`: see fill()."""
    h5py, numpy = command.need("h5py", "numpy")
    with h5py.File(path, "r+") as file:
        fill(file, "feature_counts", features, file["feature_counts"][()], packed)
        file.attrs["features"] = features
        file["X"].attrs["shape"] = numpy.array([file.attrs["rows"], features])


def claim_entries(path, entries):
    """Makes a dataset hold so many entries, each of a column of its own."""
    h5py, numpy = command.need("h5py", "numpy")
    with h5py.File(path, "r+") as file:
        fill(file, "feature_counts", entries, numpy.ones(CHUNK), 1)
        for name in ("X/indices", "X/data"):
            fill(file, name, entries, file[name][()], 0)
        file["X/indptr"][-1] = entries
        file.attrs["features"] = file.attrs["nonzeros"] = entries
        file["X"].attrs["shape"] = numpy.array([file.attrs["rows"], entries])


class TestHostileFiles(command.Case):
    @classmethod
    def setup_class(cls):
        documents = command.make_documents(200)
        cls.data = command.convert(documents, cls.shared / "data.h5")
        cls.own = cls.shared / "own.h5"
        text = command.write_text(cls.shared / "own.txt", "".join(
            d.svmlight_line("CCAT") for d in documents))
        for outcome in (
                command.tool("svmlight_to_hdf5", "--input", text, "--output", cls.own, "--quiet",
                             "--no-shuffle"),
                command.hogwild(None, "train", "--train", cls.data, "--category", "CCAT",
                                "--iterations", "3", "--quiet", "--model", cls.shared / "m.h5")):
            if outcome.code != 0:
                raise AssertionError(str(outcome))
        cls.model = cls.shared / "m.h5"

    def copy(self, path, name):
        return Path(shutil.copy(path, self.dir / name))

    def assert_harmless(self, outcome):
        """Nothing but lines of printable text."""
        text = outcome.out + outcome.err
        assert [c for c in text if c != "\n" and not c.isprintable()] == [], str(outcome)

    def test_a_pipe_is_no_input(self):
        pipe = self.dir / "pipe"
        os.mkfifo(pipe)
        train = ("train", "--train", self.data, "--category", "CCAT")
        sweep = ("sweep", *train[1:], "--learning-rate", "0.1,0.2")
        output = ("--output", self.dir / "out.txt")
        for program, *arguments in [
                ("hogwild", "train", "--train", pipe, "--category", "CCAT"),
                ("hogwild", *train, "--test", pipe), ("hogwild", *train, "--config", pipe),
                ("hogwild", *sweep, "--merge", pipe),
                ("hogwild", "predict", "--model", pipe, "--data", self.data, *output),
                ("hogwild", "predict", "--model", self.model, "--data", pipe, *output),
                ("hdf5_inspect", pipe), ("hdf5_to_svmlight", "--input", pipe, *output)]:
            with self.subtests.test(arguments=arguments):
                self.check_refused(command.tool(program, *arguments, timeout=PROMPT), 66, program,
                                   "is a pipe, not a regular file")
        assert self.names() == ["pipe"]

    def test_text_may_come_by_a_pipe(self):
        text = (self.shared / "own.txt").read_text()
        with open(self.dir / "text", "w") as file:
            file.write(text)
        self.check(command.run(["bash", "-c", '"$1" --input <(cat text) --output p.h5 --quiet '
                                '--no-shuffle', "bash", command.BIN / "svmlight_to_hdf5"],
                               cwd=self.dir))
        assert (
            command.inspect(self.dir / "p.h5")[0]["digest"]
            == command.inspect(self.own)[0]["digest"]
        )

    def test_a_filter_that_is_not_ours_is_named(self):
        """Such a file is whole, so nothing is called damaged."""
        h5py = command.need("h5py")
        packed = self.dir / "lzf.h5"
        packed.write_bytes(self.data.read_bytes())
        with h5py.File(packed, "r+") as file:
            values, attributes = file["X/data"][:], dict(file["X/data"].attrs)
            del file["X/data"]
            anew = file.create_dataset("X/data", data=values, chunks=True, compression="lzf")
            for name, value in attributes.items():
                anew.attrs[name] = value
        outcome = command.hogwild(2, "train", "--train", packed, "--category", "CCAT", "--quiet")
        self.check_refused(outcome, 65, "hogwild",
                           "lzf.h5: /X/data is stored with the filter 'lzf'")
        assert "damaged" not in outcome.err

    def test_claims_are_refused_before_memory_is_asked_for(self):
        h5py = command.need("h5py")
        claims = self.copy(self.own, "claims.h5")
        claim_features(claims, 2**31 - 1, packed=None)
        model = self.copy(self.model, "model.h5")
        with h5py.File(model, "r+") as file:
            del file["weights"]
            file.create_dataset("weights", shape=(2**40,), dtype="f8", chunks=(65536,))
        output = ("--output", self.dir / "out.txt")
        for name, program, *arguments in [
                ("feature_counts", "hogwild", "train", "--train", claims),
                ("feature_counts", "hdf5_inspect", claims),
                ("feature_counts", "hdf5_to_svmlight", "--input", claims, *output),
                ("weights", "hdf5_inspect", model),
                ("weights", "hogwild", "predict", "--model", model, "--data", self.own, *output)]:
            with self.subtests.test(program=program, name=name):
                self.check_refused(limited(f"-v {ADDRESS_SPACE}", command.BIN / program,
                                           *arguments), 65, program, name, "claims")

    def test_what_is_honest_but_too_large(self):
        """Sixty million features that occur, in half a megabyte."""
        large = self.copy(self.own, "large.h5")
        claim_entries(large, 60_000_000)
        for ranks in (1, 2):
            with self.subtests.test(ranks=ranks):
                outcome = limited(f"-v {2 * ADDRESS_SPACE // 5}", *command.hogwild_command(
                    ranks, "train", "--train", large, "--quiet"))
                self.check_refused(outcome, 71, "hogwild",
                                   "large.h5: 60000000 features and 60000000 entries",
                                   "need at least 1.", "ulimit -v")

    def test_columns_that_do_not_occur_take_no_memory(self):
        """Sixty million, stored in full."""
        large = self.copy(self.own, "large.h5")
        claim_features(large, 60_000_000, packed=0)
        outcome = limited(f"-v {ADDRESS_SPACE // 4}", *command.hogwild_command(
            None, "train", "--train", large, "--quiet", "--model", self.dir / "m.h5"))
        self.check(outcome)
        assert (self.dir / "m.h5").stat().st_size < 2**18

    def test_numbers_at_the_end_of_their_range(self):
        """Whatever a number says: the right result, or refused."""
        h5py, numpy = command.need("h5py", "numpy")
        names = ("rows", "nonzeros", "features", "feature_id_base", "total_rows", "first_row",
                 "shard_index", "shard_count", "shuffle_seed")
        values = (-1, -2**63, 2**63 - 1, 2**31, 2**32, 2**53 + 1, 0)
        for name in names:
            for value in values:
                path = self.copy(self.own, "number.h5")
                with h5py.File(path, "r+") as file:
                    file.attrs[name] = numpy.int64(value)
                runs = [command.tool("hdf5_inspect", "--verify", path),
                        command.tool("hdf5_to_svmlight", "--input", path, "--output",
                                     self.dir / "out.txt")]
                if value in (-2**63, 2**63 - 1):
                    runs.append(command.hogwild(None, "train", "--train", path, "--iterations",
                                                "2", "--quiet"))
                sound = value == 0 and name in ("feature_id_base", "first_row", "shard_index")
                sound = sound or (name == "shuffle_seed" and value != -2**63)
                for outcome in runs:
                    with self.subtests.test(name=name, value=value):
                        # hdf5_inspect is for one shard too, in which these are not compared
                        part = name in ("total_rows",
                                        "shard_count") and "inspect" in outcome.command
                        assert outcome.code in ((0, 65) if part else (0,) if sound else (65,)), str(
                            outcome
                        )
                        assert "runtime error" not in outcome.err, str(outcome)

    def test_numbers_of_models_at_the_end_of_their_range(self):
        h5py, numpy = command.need("h5py", "numpy")
        for name in ("version", "complete", "ranks", "seed"):
            for value in (-1, -2**63, 2**63 - 1):
                path = self.copy(self.model, "model.h5")
                with h5py.File(path, "r+") as file:
                    file.attrs[name] = numpy.int64(value)
                outcome = command.tool("hdf5_inspect", path)
                with self.subtests.test(name=name, value=value):
                    assert outcome.code == (65 if name == "version" else 0), str(outcome)
                    assert "runtime error" not in outcome.err, str(outcome)

    def test_control_characters_in_names(self):
        h5py, numpy = command.need("h5py", "numpy")
        model = self.copy(self.model, "model.h5")
        with h5py.File(model, "r+") as file:
            file.attrs["category"] = numpy.bytes_(ESCAPES)
            file.attrs["options"] = numpy.bytes_("seed = 1\ncategory = " + ESCAPES + "\n")
            file.attrs["dataset_digests"] = numpy.array([ESCAPES.encode(), "\x7f\u009b".encode()])
        outcome = self.check(command.tool("hdf5_inspect", model))
        self.assert_harmless(outcome)
        assert f"category          {SHOWN}\n" in outcome.out
        assert f"seed = 1\ncategory = {SHOWN}\n" in outcome.out
        self.assert_harmless(self.check(command.tool("hdf5_inspect", "--json", model)))
        assert command.inspect(model)[0]["category"] == ESCAPES

        data = command.convert([d._replace(topics=(ESCAPES,)) for d in command.make_documents(20)],
                               self.dir / "topics.h5")
        outcome = self.check(command.tool("hdf5_inspect", data))
        self.assert_harmless(outcome)
        assert f" {SHOWN}:20\n" in outcome.out

        config = command.write_text(self.dir / "bad.ini", "bad\x1b[31mline\n")
        missing = self.dir / f"a\n{ESCAPES}.h5"
        for program, *arguments in [
                ("hogwild", "train", "--train", self.own, "--config", config),
                ("hogwild", "train", "--train", missing),
                ("hogwild", "train", "--train", self.own, "--strategy", ESCAPES),
                ("hogwild", ESCAPES), ("hdf5_inspect", missing), ("hdf5_inspect", "--" + ESCAPES),
                ("hogwild", "train", "--train", self.data, "--category", "\x1b[31mred\nC"),
                ("svmlight_to_hdf5", "--input", missing, "--output", self.dir / "x.h5")]:
            with self.subtests.test(arguments=arguments):
                outcome = command.tool(program, *arguments)
                assert len(outcome.own_lines()) == 1, str(outcome)
                self.assert_harmless(outcome)
                assert r"\x1b" in outcome.err

    def test_control_characters_in_a_sweep(self):
        """Its table, its progress and the command that it proposes."""
        stage = f"{self.dir}/{ESCAPES}"
        outcome = self.check(command.hogwild(
            None, "sweep", "--train", self.own, "--iterations", "2", "--stage",
            f"{stage},{stage}'2"))
        self.assert_harmless(outcome)
        assert SHOWN in outcome.out
        assert f"--stage $'{self.dir}/{SHOWN}" in outcome.out

    def test_names_that_are_not_utf8(self):
        name = os.fsdecode(b"donn\xe9es.svm")
        shutil.copy(self.shared / "own.txt", self.dir / name)
        self.check(command.tool("svmlight_to_hdf5", "--input", name, "--output", "d.h5", "--quiet",
                                cwd=self.dir))
        outcome = self.check(command.tool("hdf5_inspect", "d.h5", cwd=self.dir))
        assert "donn\ufffdes.svm" in outcome.out
        assert command.inspect(self.dir / "d.h5")[0]["sources"] == ["donn\ufffdes.svm"]

    def test_too_many_open_files(self):
        """Of a set of shards: the fault of the limit, not of the file at which it is reached."""
        shards = self.dir / "set.h5"
        command.convert(command.make_documents(40), shards, "--shards", "12")
        outcome = limited("-n 10", command.BIN / "hdf5_to_svmlight", "--input", shards,
                          "--category", "CCAT", "--output", self.dir / "out.txt")
        self.check_refused(outcome, 71, "hdf5_to_svmlight", "shard-000",
                           "Too many open files; raise the limit (ulimit -n)")
