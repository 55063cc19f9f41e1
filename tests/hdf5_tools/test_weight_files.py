"""Weights of documents: behind the labels or in a file of their own, in the dataset and back."""
import gzip

import pytest

import command
from converter_case import ConverterTest, read_csr, read_ids

TEXT = "1:0.5 1:1 3:2\n-1:2 2:1\n+1:1 1:3\n"


class TestWeights(ConverterTest):
    program = "svmlight_to_hdf5"

    def write(self, text, name="a.txt"):
        (self.dir / name).write_text(text)

    def weights(self, name="a.h5"):
        h5py = command.need("h5py")
        with h5py.File(self.dir / name, "r") as file:
            if "sample_weight" not in file:
                return None
            assert file["sample_weight"].dtype.str == "<f4"
            return [float(weight) for weight in file["sample_weight"][:]]

    def convert_text(self, text, *options, output="a.h5"):
        self.write(text)
        return self.convert("--input", "a.txt", "--output", output, "--no-shuffle", *options).out

    def test_behind_the_labels(self):
        assert "with weights" in self.convert_text(TEXT)
        assert self.weights() == [0.5, 2.0, 1.0]
        assert read_csr(self.dir / "a.h5").toarray().tolist() == [[1, 0, 2], [0, 1, 0], [3, 0, 0]]
        shown = command.inspect(self.dir / "a.h5")[0]["sample_weight"]
        assert shown == {"smallest": 0.5, "largest": 2.0, "mean": 3.5 / 3}

    def test_a_text_without_labels_is_not_taken_for_one_with_weights(self):
        self.write("1:0.5 3:2\n2:1.5 4:1\n1:0.25 5:1\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("no labels", "+1:0.5"))
        self.convert_text("+1:0.5 3:2\n-1:1.5 4:1\n")  # these can only be labels
        self.convert_text("2:0.5 3:2\n1:1.5 1:1\n", "--force")

    def test_vowpal_wabbit_text_with_a_file_of_weights(self):
        self.write("0.5\n2\n1\n", "w.txt")
        self.convert_text("1 | 1:1 3:2\n-1 | 2:1\n1 | 1:3\n", "--weights", "w.txt")
        assert self.weights() == [0.5, 2.0, 1.0]

    def test_a_shard_that_lost_its_weights(self):
        h5py = command.need("h5py")
        self.write("".join(f"{1 if k % 2 else -1}:{k + 1} {k + 1}:1\n" for k in range(50)))
        self.convert("--input", "a.txt", "--output", "a.h5", "--shards", "2")
        with h5py.File(command.shards_of(self.dir / "a.h5", 2)[1], "a") as file:
            del file["sample_weight"]
            del file.attrs["weighted"]  # which would contradict
        outcome = command.tool("hdf5_to_svmlight", "--input", "a.h5", "--output", "b.txt",
                               cwd=self.dir)
        assert outcome.code == 65 and "another conversion" in outcome.err

    def test_round_trip(self):
        self.convert_text(TEXT)
        self.check(command.tool("hdf5_to_svmlight", "--input", "a.h5", "--output", "b.txt",
                                cwd=self.dir))
        assert (self.dir / "b.txt").read_text() == "+1:0.5 1:1 3:2\n-1:2 2:1\n+1:1 1:3\n"
        self.convert("--input", "b.txt", "--output", "b.h5", "--no-shuffle")
        assert self.digest("a.h5") == self.digest("b.h5")

    def test_shuffled_and_in_shards(self):
        self.write("".join(f"{1 if k % 2 else -1}:{k + 1} {k + 1}:1\n" for k in range(50)))
        self.convert("--input", "a.txt", "--output", "a.h5", "--shards", "3")
        paths = command.shards_of(self.dir / "a.h5", 3)
        weights = [w for path in paths for w in self.weights(path.name)]
        assert weights == [float(i) for i in read_ids(*paths)]
        assert weights != sorted(weights)

    def test_file(self):
        plain = "1 1:1 3:2\n# comment\n-1 2:1\n+1 1:3\n"
        self.write("0.5\n 2 \n1\n", "w.txt")
        self.convert_text(plain, "--weights", "w.txt")
        digest = self.digest("a.h5")
        assert self.weights() == [0.5, 2.0, 1.0]
        self.convert_text(TEXT)
        assert self.digest("a.h5") == digest

    def test_file_for_rcv1(self):
        documents = command.make_documents(20)
        self.write("".join(f"{k % 4}\n" for k in range(20)), "w.txt")
        self.program = "rcv1_to_hdf5"
        out = self.convert(*self.text(documents), "--weights", "w.txt", "--output", "a.h5",
                           "--no-shuffle").out
        assert "left out: 5 of weight 0" in out
        assert self.weights() == [1.0, 2.0, 3.0] * 5
        assert read_ids(self.dir / "a.h5") == [d.id for k, d in enumerate(documents) if k % 4]

    def test_weight_zero_leaves_out(self):
        out = self.convert_text("1:0 1:1\n-1:2 2:1\n+1:3 1:3\n2:0 1:1\n")
        assert "2 documents" in out and "left out: 2 of weight 0" in out
        assert self.weights() == [2.0, 3.0]
        assert read_ids(self.dir / "a.h5") == [2, 3]
        self.refuse(65, "--input", "a.txt", "--output", "b.h5", "--weights", "a.txt",
                    says=("the label has a weight",))
        self.write("1:0 1:1\n")
        self.refuse(65, "--input", "a.txt", "--output", "b.h5", says=("all documents", "weight 0"))

    def test_datasets_say_whether_they_have_weights(self):
        h5py = command.need("h5py")
        for text, weighted in ((TEXT, True), ("1 1:1\n-1 2:1\n", False)):
            self.convert_text(text)
            assert command.inspect(self.dir / "a.h5")[0]["weighted"] is weighted
            with h5py.File(self.dir / "a.h5", "r+") as file:
                assert file.attrs["weighted"] == weighted
                file.attrs.modify("weighted", 0 if weighted else 1)
            outcome = command.tool("hdf5_inspect", self.dir / "a.h5")
            self.check_refused(outcome, 65, "hdf5_inspect", "attribute weighted contradicts")
            with h5py.File(self.dir / "a.h5", "r+") as file:  # as an older program wrote it
                del file.attrs["weighted"]
            assert command.inspect(self.dir / "a.h5")[0]["weighted"] is weighted

    def test_shards_without_documents(self):
        self.convert_text("+1:2 1:1\n-1:3 2:1\n", "--shards", "4")
        shards = command.inspect(*command.shards_of(self.dir / "a.h5", 4))
        assert [shard["rows"] for shard in shards] == [0, 1, 0, 1]
        assert [shard["weighted"] for shard in shards] == [True] * 4
        assert shards[0]["sample_weight"] is shards[2]["sample_weight"] is None
        assert {shards[k]["sample_weight"]["mean"] for k in (1, 3)} == {2.0, 3.0}
        told = self.check(command.tool("hdf5_inspect", *command.shards_of(self.dir / "a.h5", 4)))
        assert "nan" not in told.out and "inf" not in told.out

    def test_the_file_is_a_source(self):
        self.write("2\n3\n", "w.txt")
        self.convert_text("1 1:1\n-1 2:1\n", "--weights", "w.txt")
        facts = command.inspect(self.dir / "a.h5")[0]
        assert facts["sources"] == ["a.txt", "w.txt"]
        digest = facts["source_digests"][1]
        (self.dir / "w.gz").write_bytes(gzip.compress(b"2\n3\n"))
        self.convert_text("1 1:1\n-1 2:1\n", "--weights", "w.gz")
        facts = command.inspect(self.dir / "a.h5")[0]
        assert (facts["sources"][1], facts["source_digests"][1]) == ("w.gz", digest)
        self.write("2\n3.5\n", "w.txt")
        self.convert_text("1 1:1\n-1 2:1\n", "--weights", "w.txt")
        assert command.inspect(self.dir / "a.h5")[0]["source_digests"][1] != digest

    def test_weights_of_one_are_none(self):
        self.convert_text("1:1 1:1\n-1:1 2:1\n")
        assert self.weights() is None
        digest = self.digest("a.h5")
        self.convert_text("1 1:1\n-1 2:1\n", output="b.h5")
        assert self.digest("b.h5") == digest

    def test_digests_tell_weights_apart(self):
        digests = set()
        for weight in ("1", "2", "3"):
            self.convert_text(f"1:1 1:1\n-1:{weight} 2:1\n")
            digests.add(self.digest("a.h5"))
        assert len(digests) == 3

    @pytest.mark.parametrize("line", ["1:-1 1:1", "1:x 1:1", "1: 1:1", "1:nan 1:1", "1:inf 1:1",
                                      "1 1:1"])
    def test_bad_lines(self, line):
        self.write("+1:1 1:1\n" + line + "\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=("a.txt:2:",))

    @pytest.mark.parametrize("weights, says", [
        ("1\n", ("w.txt", "1 weights", "more documents")),
        ("1\n2\n3\n", ("w.txt", "more weights", "2")),
        ("1\n-2\n", ("w.txt", "line 2", "negative")),
        ("1\n2 3\n", ("w.txt", "line 2", "one weight a line")),
        ("1\n\n", ("w.txt", "line 2"))])
    def test_bad_files(self, weights, says):
        self.write("1 1:1\n-1 2:1\n")
        self.write(weights, "w.txt")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", "--weights", "w.txt", says=says)

    def test_damaged_weights_are_found(self):
        self.convert_text(TEXT)
        np, h5py = command.need("numpy", "h5py")
        for wrong in (0.0, -1.0, np.nan, np.inf):
            with h5py.File(self.dir / "a.h5", "r+") as file:
                file["sample_weight"][1] = wrong
            outcome = command.tool("hdf5_inspect", "--verify", self.dir / "a.h5")
            assert outcome.code == 65, str(outcome)
            outcome = command.tool("hdf5_to_svmlight", "--input", self.dir / "a.h5", "--output",
                                   self.dir / "b.txt")
            self.check_refused(outcome, 65, "hdf5_to_svmlight", "row 1", "weight")
