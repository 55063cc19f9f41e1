"""`svmlight_to_hdf5` reads Vowpal Wabbit's text as well."""
import gzip

import pytest

import command
from converter_case import ConverterTest, read_csr


class TestVowpalWabbit(ConverterTest):
    program = "svmlight_to_hdf5"

    def convert_text(self, text, *options):
        (self.dir / "a.vw").write_text(text)
        return self.convert("--input", "a.vw", "--output", "a.h5", *options).out

    def test_is_the_same_as_svmlight(self):
        documents = command.make_documents(100)
        lines = [d.svmlight_line("CCAT") for d in documents]
        (self.dir / "same.svm").write_text("".join(lines))
        self.convert("--input", "same.svm", "--output", "same.h5")
        bars = "".join("{} 1 'd{}|words {}".format(label, k, terms) for k, (label, terms) in
                       enumerate(line.split(" ", 1) for line in lines))
        assert "the text was read as Vowpal Wabbit's" in self.convert_text(bars)
        assert self.digest("a.h5") == self.digest("same.h5")
        assert self.convert_text("\n" + bars, "--quiet") == ""
        (self.dir / "a.gz").write_bytes(gzip.compress(bars.encode()))
        self.convert("--input", "a.gz", "--output", "a.h5")
        assert self.digest("a.h5") == self.digest("same.h5")
        assert self.check(command.tool("svmlight_to_hdf5", "--input", "same.svm", "--output",
                                       "b.h5", cwd=self.dir)).out.count("Vowpal") == 0

    def test_labels_and_ids(self):
        out = self.convert_text("2 | 0 3:0.5\n1 | 1\n| 2\n", "--zero-based=auto", "--no-shuffle")
        assert "label 2 (1 document) is positive" in out
        assert "1 document without a label" in out
        assert read_csr(self.dir / "a.h5").toarray().tolist() == [[1, 0, 0, 0.5], [0, 1, 0, 0],
                                                                  [0, 0, 1, 0]]

    def test_importances_are_weights(self):
        out = self.convert_text("1 2.0 |f 1:1\n-1 |f 2:1\n-1 0 |f 2:1\n+1 0.5 0 'tag|f 3:1\n",
                                "--no-shuffle")
        assert "with weights; left out: 1 of weight 0" in out
        digest = self.digest("a.h5")
        h5py = command.need("h5py")
        with h5py.File(self.dir / "a.h5", "r") as file:
            assert list(file["sample_weight"][:]) == [2.0, 1.0, 0.5]
        (self.dir / "same.svm").write_text("+1:2 1:1\n-1:1 2:1\n-1:0 2:1\n+1:0.5 3:1\n")
        self.convert("--input", "same.svm", "--output", "same.h5", "--no-shuffle")
        assert self.digest("same.h5") == digest

    @pytest.mark.parametrize("line, says", [
        ("1 -2 |f 4", "a.txt:2:3: the importance is negative"),
        ("1 |f price:2", "a.txt:2:6: the feature 'price' is no number: names are not hashed"),
        ("1 |g 4", "a.txt:2:4: there is a second namespace 'g' beside 'f'"),
        ("1 |f 0", "a.txt:2:6: ids begin at 1, unless --zero-based"),
        ("1:0.5 2:1 |f 4", "a.txt:2:1: expected label"),
        ("1 4:1", "a.txt:2:1: there is no '|'")])
    def test_refusals(self, line, says):
        (self.dir / "a.txt").write_text("1 |f 3:1\n" + line + "\n")
        self.refuse(65, "--input", "a.txt", "--output", "a.h5", says=(says,))
