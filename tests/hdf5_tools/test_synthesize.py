"""`rcv1_synthesize`."""
import collections
import hashlib
import math
import re
import signal
import subprocess
import time

import pytest

import command
from converter_case import ConverterTest


class TestSynthesize(ConverterTest):
    program = "rcv1_synthesize"
    FILES = ["lyrl2004_vectors_test_pt0.dat", "lyrl2004_vectors_test_pt1.dat",
             "lyrl2004_vectors_test_pt2.dat", "lyrl2004_vectors_test_pt3.dat",
             "lyrl2004_vectors_train.dat", "rcv1-v2.topics.qrels"]

    def synthesize(self, folder, *options):
        self.convert("--output-dir", folder, "--train-documents", "3000", "--test-documents", "403",
                     "--quiet", *options)
        return {path.name: path.read_bytes() for path in (self.dir / folder).iterdir()}

    def test_the_seed_decides(self):
        first = self.synthesize("a/new/folder", "--seed", "4")
        assert sorted(first) == self.FILES
        assert first == self.synthesize("b", "--seed", "4")
        other = self.synthesize("b", "--seed", "5")  # replaces
        for name in self.FILES:
            assert first[name] != other[name], name
        assert self.synthesize("c") == self.synthesize("c", "--seed", "1")

    def test_shape(self):
        files = self.synthesize("a")
        topics = collections.defaultdict(set)
        for line in files["rcv1-v2.topics.qrels"].decode().splitlines():
            topic, document_id, relevance = line.split(" ")
            assert relevance == "1"
            topics[int(document_id)].add(topic)
        last_id = 0
        largest = 0
        labels = []
        counts = []
        for name in [self.FILES[4], *self.FILES[:4]]:
            lines = files[name].decode().splitlines()
            counts.append(len(lines))
            for line in lines:
                match = re.fullmatch(r"(\d+)  (\d+:0\.\d{1,6}|\d+:1)( \d+:[01](\.\d{1,6})?)*", line)
                assert match, line[:100]
                document_id = int(match.group(1))
                assert document_id > last_id
                last_id = document_id
                terms = [(int(t), float(w)) for t, w in
                         (pair.split(":") for pair in line.split()[1:])]
                assert all(a[0] < b[0] for a, b in zip(terms, terms[1:])), line[:100]
                assert 4 <= len(terms) <= 800, len(terms)
                assert all(w > 0 for _, w in terms)
                assert abs(math.fsum(w * w for _, w in terms) - 1.0) < 1e-3
                largest = max(largest, terms[-1][0])
                assert topics[document_id]
                labels.append("CCAT" in topics[document_id])
        assert counts[0] == 3000
        assert sum(counts[1:]) == 403
        assert largest == 47236
        assert abs(sum(labels[:3000]) / 3000 - 0.47) < 0.04
        assert set().union(*topics.values()) >= {"CCAT", "ECAT", "GCAT", "MCAT"}

    def test_mean_terms(self):
        def mean_terms(files):
            lines = files["lyrl2004_vectors_train.dat"].decode().splitlines()
            return sum(line.count(":") for line in lines) / len(lines)
        plain = self.synthesize("a")
        assert plain == self.synthesize("b", "--mean-terms", "75.7")
        assert abs(mean_terms(plain) - 75.7) < 4
        assert abs(mean_terms(self.synthesize("c", "--mean-terms", "20")) - 20) < 2
        assert abs(mean_terms(self.synthesize("d", "--mean-terms=200")) - 200) < 15

    def test_the_default_does_not_change(self):
        # Results that were published with synthetic data must stay repeatable.
        digest = hashlib.sha256(b"".join(self.synthesize("a")[name] for name in self.FILES))
        assert digest.hexdigest() == \
            "cba7ba63a6720c55da46ff2a5cd873a1913f0f4ee9eb0c2411caef78b8a0b524"

    def test_it_converts(self):
        self.synthesize("a")
        self.check(command.tool(
            "rcv1_to_hdf5", "--vectors", *(f"a/{name}" for name in self.FILES[:5]),
            "--topics", "a/rcv1-v2.topics.qrels", "--output", "a.h5", cwd=self.dir))
        facts = command.inspect(self.dir / "a.h5")[0]
        assert (facts["rows"], facts["features"]) == (3403, 47236)

    def test_refused(self):
        (self.dir / "file").write_text("")
        for code, arguments in [(2, ()), (2, ("--output-dir", "a", "--train-documents", "0")),
                                (2, ("--output-dir", "a", "--seed=-1")),
                                (2, ("--output-dir", "a", "--test-documents=-1")),
                                (2, ("--output-dir", "a", "--mean-terms", "4")),
                                (2, ("--output-dir", "a", "--mean-terms", "nan")),
                                (2, ("--output-dir", "")), (2, ("--out", "a")),
                                (73, ("--output-dir", "file")), (73, ("--output-dir", "file/a")),
                                (73, ("--output-dir", "/proc/a"))]:
            with self.subtests.test(arguments=arguments):
                self.refuse(code, *arguments, leaves=["file"])

    @pytest.mark.parametrize("size", (4096, 200_000, 1_000_000))
    def test_full_disk(self, size):
        outcome, left = command.on_small_disk(
            self.dir, size, [command.BIN / self.program, "--output-dir", ".", "--quiet",
                             "--train-documents", "3000", "--test-documents", "100"])
        assert outcome.code in (73, 74), str(outcome)
        assert left == [], str(outcome)
        self.check_refused(outcome, outcome.code, self.program, "No space left")

    def test_interrupted(self):
        process = command.start([command.BIN / self.program, "--output-dir", self.dir / "a"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM
        assert list((self.dir / "a").iterdir()) == []
