"""`rcv1_to_hdf5`: rows, the format of the file, labels."""
import collections
import gzip


import command
from converter_case import ConverterTest, read_csr, read_ids


def as_text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def read_topics(path):
    """Every document's topics, by name."""
    h5py = command.need("h5py")
    with h5py.File(path, "r") as file:
        g = file["topics"]
        names = [as_text(name) for name in g["names"][:]]
        indices, indptr = g["indices"][:], g["indptr"][:]
        return [{names[k] for k in indices[a:b]} for a, b in zip(indptr[:-1], indptr[1:])]


class TestRows(ConverterTest):
    """What ends up in the dataset, and in which order."""

    def setup_method(self):
        self.documents = command.make_documents(200)
        self.ids = [d.id for d in self.documents]

    def check_matrix(self, matrix, documents):
        np = command.need("numpy")
        assert matrix.shape[0] == len(documents)
        for row, document in enumerate(documents):
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            terms = sorted(document.terms)
            assert [int(i) + 1 for i in matrix.indices[part]] == [t for t, _ in terms]
            expected = np.array([np.float32(w) for _, w in terms], dtype=np.float32)
            assert matrix.data[part].tobytes() == expected.tobytes(), f"row {row}"

    def test_scipy_reads_the_text_back_exactly(self):
        self.convert(*self.text(self.documents), "--output", "a.h5", "--no-shuffle")
        matrix = read_csr(self.dir / "a.h5")
        self.check_matrix(matrix, self.documents)
        assert matrix.shape[1] == max(d.terms[-1][0] for d in self.documents)
        assert read_ids(self.dir / "a.h5") == self.ids
        assert read_topics(self.dir / "a.h5") == [set(d.topics) for d in self.documents]

    def test_notation_of_numbers_and_order_of_terms_do_not_matter(self):
        strange = [command.Document(7, ((9, "1e-3"), (2, "0.333333333333333"), (1, "-2")), ("A",)),
                   command.Document(8, (), ("A",)),
                   command.Document(9, ((4, "3.4e38"), (3, "1e-40")), ("B",))]
        self.convert(*self.text(strange), "--output", "a.h5", "--no-shuffle")
        self.check_matrix(read_csr(self.dir / "a.h5"), strange)

    def test_other_line_ends_and_empty_lines(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "a.h5")
        for path in (options[1], options[3]):
            path.write_bytes(b"\r\n" + path.read_bytes().replace(b"\n", b" \r\n\n").rstrip())
        self.convert(*options, "--output", "b.h5")
        assert self.digest("a.h5") == self.digest("b.h5")

    def test_packed_text_gives_the_same_dataset(self):
        self.convert(*self.text(self.documents), "--output", "plain.h5")
        self.convert(*self.text(self.documents, "v.dat.gz", "t.qrels.gz"), "--output", "packed.h5")
        assert self.digest("plain.h5") == self.digest("packed.h5")
        assert read_ids(self.dir / "plain.h5") == read_ids(self.dir / "packed.h5")

    def test_several_vector_files_are_one_text(self):
        whole = self.text(self.documents)
        self.convert(*whole, "--output", "whole.h5")
        parts = [command.write_vectors(self.dir / f"part{k}.dat{gz}", documents)
                 for k, (gz, documents) in enumerate([("", self.documents[:1]),
                                                      (".gz", self.documents[1:120]),
                                                      ("", self.documents[120:])])]
        self.convert("--vectors", *parts, *whole[2:], "--output", "parts.h5")
        assert self.digest("whole.h5") == self.digest("parts.h5")
        assert read_ids(self.dir / "whole.h5") == read_ids(self.dir / "parts.h5")
        assert command.inspect(self.dir / "parts.h5")[0]["sources"] == [
            "topics.qrels",
            "part0.dat",
            "part1.dat.gz",
            "part2.dat",
        ]

    def test_shuffle_is_a_permutation_of_the_whole_set(self):
        self.convert(*self.text(self.documents), "--output", "a.h5")
        ids = read_ids(self.dir / "a.h5")
        assert sorted(ids) == self.ids
        place = {document_id: row for row, document_id in enumerate(self.ids)}
        ranks = [place[document_id] for document_id in ids]
        for quarter in range(4):  # every part of the output comes from all of the text
            part = ranks[50 * quarter:50 * quarter + 50]
            assert min(part) < 40
            assert max(part) > 160
        # the documents keep what is theirs
        by_id = {d.id: d for d in self.documents}
        self.check_matrix(read_csr(self.dir / "a.h5"), [by_id[i] for i in ids])
        assert read_topics(self.dir / "a.h5") == [set(by_id[i].topics) for i in ids]

    def test_shuffle_depends_on_the_seed_alone(self):
        def order(documents, *options):
            self.convert(*self.text(documents), "--output", "a.h5", *options)
            place = {d.id: row for row, d in enumerate(documents)}
            return [place[i] for i in read_ids(self.dir / "a.h5")]
        others = command.make_documents(200, seed=99, first_id=90000, length=3)
        first = order(self.documents, "--shuffle-seed", "5")
        assert first == order(self.documents, "--shuffle-seed", "5", "--compress")
        assert first == order(others, "--shuffle-seed", "5")
        assert first != order(self.documents, "--shuffle-seed", "6")
        assert order(self.documents) == order(self.documents, "--shuffle-seed", "1")

    def test_shards_hold_the_same_rows_in_the_same_order(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "one.h5")
        self.convert(*options, "--output", "three.h5", "--shards", "3")
        assert "three.h5" not in self.names()
        shards = command.shards_of(self.dir / "three.h5", 3)
        sparse = command.need("scipy.sparse")
        whole = read_csr(self.dir / "one.h5")
        parts = sparse.vstack([read_csr(shard) for shard in shards], format="csr")
        assert (whole != parts).nnz == 0
        assert whole.shape == parts.shape
        assert read_ids(self.dir / "one.h5") == read_ids(*shards)
        assert read_topics(self.dir / "one.h5") == sum(map(read_topics, shards), [])
        facts = command.inspect(self.dir / "three.h5")
        assert sum(f["rows"] for f in facts) == 200
        assert max(f["rows"] for f in facts) - min(f["rows"] for f in facts) <= 1
        for fact in facts:
            assert fact["digest"] == self.digest("one.h5")
            assert fact["total_rows"] == 200

    def test_more_shards_than_documents(self):
        self.convert(*self.text(self.documents[:2]), "--output", "a.h5", "--shards", "5")
        shards = command.shards_of(self.dir / "a.h5", 5)
        assert sorted(read_ids(*shards)) == self.ids[:2]
        outcome = self.check(command.tool("hdf5_inspect", "--verify", self.dir / "a.h5"))
        for line in ("schema            hogwild.dataset", "total_rows        2"):
            assert line in outcome.out.splitlines()
        for shard in shards:
            read_csr(shard)

    def test_compression_changes_the_size_only(self):
        options = self.text(command.make_documents(3000))
        self.convert(*options, "--output", "a.h5")
        self.convert(*options, "--output", "b.h5", "--compress")
        assert self.digest("a.h5") == self.digest("b.h5")
        assert (read_csr(self.dir / "a.h5") != read_csr(self.dir / "b.h5")).nnz == 0
        assert (self.dir / "b.h5").stat().st_size < (self.dir / "a.h5").stat().st_size

    def test_features_widens_the_matrix(self):
        options = self.text(self.documents)
        self.convert(*options, "--output", "a.h5", "--features", "1000")
        assert read_csr(self.dir / "a.h5").shape == (200, 1000)
        self.refuse(65, *options, "--output", "b.h5", "--features", "100",
                    says=("vectors.dat:", "100"))

    def test_odd_names(self):
        folder = self.dir / "größer als gedacht"
        folder.mkdir()
        options = self.text(self.documents)
        self.convert(*options, "--output", folder / "a.b.h5")
        self.convert(*options, "--output", folder / "no extension", "--shards", "2")
        assert sorted(path.name for path in folder.iterdir()) == [
            "a.b.h5",
            "no extension.shard-00000-of-00002",
            "no extension.shard-00001-of-00002",
        ]
        self.check(command.tool("hdf5_inspect", folder / "a.b.h5", folder / "no extension"))


class TestFileFormat(ConverterTest):
    """The layout that design.md promises to other programs."""

    def setup_method(self):
        self.h5py, self.np = command.need("h5py", "numpy")
        self.documents = command.make_documents(150)
        self.convert(*self.text(self.documents), "--output", "a.h5", "--shuffle-seed", "3")

    def test_attributes(self):
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            assert as_text(file.attrs["schema"]) == "hogwild.dataset"
            assert int(file.attrs["version"]) == 1
            assert int(file.attrs["complete"]) == 1
            assert int(file.attrs["feature_id_base"]) == 1
            assert int(file.attrs["shuffle_seed"]) == 3
            assert int(file.attrs["rows"]) == 150
            assert int(file.attrs["nonzeros"]) == 150 * 12
            assert [as_text(name) for name in file.attrs["sources"]] == [
                "topics.qrels",
                "vectors.dat",
            ]
            assert len(set(map(as_text, file.attrs["source_digests"]))) == 2
            assert "rcv1_to_hdf5" in as_text(file.attrs["tool"])
            x = file["X"].attrs
            assert as_text(x["encoding-type"]) == "csr_matrix"
            assert as_text(x["encoding-version"]) == "0.1.0"
            assert list(x["shape"]) == [150, int(file.attrs["features"])]

    def test_types_on_disk(self):
        types = {"X/data": "<f4", "X/indices": "<i4", "X/indptr": "<i8", "document_id": "<i8",
                 "topics/indices": "<i4", "topics/indptr": "<i8", "feature_counts": "<i8"}
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            for name, dtype in types.items():
                assert file[name].dtype.str == dtype, name
                assert file[name].fletcher32, name

    def test_feature_counts(self):
        counts = collections.Counter(t for d in self.documents for t, _ in d.terms)
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            assert list(file["feature_counts"][:]) == \
                             [counts[k + 1] for k in range(int(file.attrs["features"]))]
        self.convert(*self.text(self.documents), "--output", "b.h5", "--shards", "4")
        for shard in command.shards_of(self.dir / "b.h5", 4):
            matrix = read_csr(shard)
            with self.h5py.File(shard, "r") as file:
                assert list(file["feature_counts"][:]) == list(matrix.getnnz(axis=0))

    def test_topics(self):
        with self.h5py.File(self.dir / "a.h5", "r") as file:
            names = [as_text(name) for name in file["topics/names"][:]]
        assert sorted(names) == ["CCAT", "ECAT", "MCAT"]
        by_id = {d.id: set(d.topics) for d in self.documents}
        assert read_topics(self.dir / "a.h5") == [by_id[i] for i in read_ids(self.dir / "a.h5")]
        counts = collections.Counter(t for d in self.documents for t in d.topics)
        assert command.inspect(self.dir / "a.h5")[0]["topics"] == counts


class TestLabels(ConverterTest):
    """Documents and topic lines that do not belong together."""

    def setup_method(self):
        self.documents = command.make_documents(20)

    def test_topic_lines_of_other_documents_are_counted(self):
        options = self.text(self.documents)
        others = command.make_documents(30, seed=2, first_id=500000)
        with open(options[3], "a") as file:
            file.writelines(d.topic_lines() for d in others)
        lines = sum(len(d.topics) for d in others)
        outcome = self.convert(*options, "--output", "a.h5")
        assert f"{lines} topic lines belong to other documents" in outcome.out

    def test_document_without_topic_is_refused(self):
        options = self.text(self.documents)
        command.write_topics(options[3], self.documents[:7] + self.documents[8:])
        self.refuse(65, *options, "--output", "a.h5",
                    says=("vectors.dat:8", str(self.documents[7].id), "--allow-unlabelled"))

    def test_documents_without_topic_are_taken_when_allowed(self):
        options = self.text(self.documents)
        command.write_topics(options[3], self.documents[:7] + self.documents[9:])
        outcome = self.convert(*options, "--output", "a.h5", "--allow-unlabelled", "--no-shuffle")
        assert "2 documents without topics" in outcome.out
        topics = read_topics(self.dir / "a.h5")
        assert [row for row, own in enumerate(topics) if not own] == [7, 8]

    def test_repeated_document_is_refused(self):
        options = self.text(self.documents + self.documents[3:4])
        self.refuse(65, *options, "--output", "a.h5",
                    says=("vectors.dat:21", str(self.documents[3].id), "twice"))

    def test_repeated_document_in_another_file_is_refused(self):
        options = self.text(self.documents)
        again = command.write_vectors(self.dir / "more.dat.gz", self.documents[5:6])
        self.refuse(65, "--vectors", options[1], again, *options[2:], "--output", "a.h5",
                    says=("more.dat.gz:1", str(self.documents[5].id)))

    def test_repeated_document_without_topic_is_refused(self):
        stray = command.Document(77, ((1, "1"),), ())
        self.refuse(65, *self.text(self.documents + [stray, stray]), "--output", "a.h5",
                    "--allow-unlabelled", says=("vectors.dat:22", "77", "twice"))

    def test_repeated_document_without_any_topics_is_refused(self):
        """Its id is among those that ascend, or among the others."""
        stray = command.Document(1, ((1, "1"),), ())
        for more, line in (((self.documents[3],), 21), ((stray, self.documents[-1]), 22),
                           ((stray, stray), 22)):
            vectors = self.text([*self.documents, *more])[1]
            self.refuse(65, "--vectors", vectors, "--output", "a.h5",
                        says=(f"vectors.dat:{line}", str(more[-1].id), "twice"))
        self.convert("--vectors", self.text([*self.documents, stray])[1], "--output", "a.h5")
        assert command.inspect(self.dir / "a.h5")[0]["rows"] == len(self.documents) + 1

    def test_repeated_topic_lines_are_one(self):
        options = self.text(self.documents)
        options[3].write_text(2 * options[3].read_text())
        self.convert(*options, "--output", "a.h5", "--no-shuffle")
        assert read_topics(self.dir / "a.h5") == [set(d.topics) for d in self.documents]

    def test_damaged_text_is_refused_with_its_place(self):
        good = self.text(self.documents)
        for line, column in [("9000  5", 8), ("9000  5:", 9), ("9000  5:x", 9), ("9000  0:1", 7),
                             ("9000  5:nan", 9), ("9000  5:inf", 9), ("9000  5:1e99", 9),
                             ("9000  5:1 5:1", 11), ("9000  7:1 5:1 7:2", None),
                             ("9000  2147483648:1", 7), ("9000  99999999999999999999:1", 7),
                             ("x  5:1", 1), ("-3  5:1", 1), ("9000  5:1x", None),
                             ("9000  5 :1", 8), ("9000  5: x", 10), ("9000  -5:1", 7)]:
            with self.subtests.test(line=line):
                vectors = self.dir / "bad.dat"
                vectors.write_text("".join(d.vector_line() for d in self.documents) + line + "\n")
                place = "bad.dat:21:" + ("" if column is None else f"{column}:")
                self.refuse(65, "--vectors", vectors, *good[2:], "--output", "a.h5", says=(place,))
        for line in ["CCAT", "CCAT 9000", "CCAT 9000 2", "CCAT x 1", "CCAT 9000 1 1", "CCAT 1.5 1"]:
            with self.subtests.test(line=line):
                topics = self.dir / "bad.qrels"
                topics.write_text("ECAT 1 1\n" + line + "\n")
                self.refuse(65, *good[:2], "--topics", topics, "--output", "a.h5",
                            says=("bad.qrels:2:",))

    def test_damaged_packed_text_is_refused(self):
        good = self.text(command.make_documents(500))
        packed = bytearray(gzip.compress(good[1].read_bytes()))
        damaged = packed.copy()
        damaged[len(damaged) // 2] ^= 0x55
        for name, content in [("cut.gz", packed[:-2000]), ("flipped.gz", damaged),
                              ("sum.gz", packed[:-8] + b"\0\0\0\0" + packed[-4:])]:
            with self.subtests.test(name=name):
                (self.dir / name).write_bytes(content)
                self.refuse(65, "--vectors", name, *good[2:], "--output", "a.h5", says=(name,))

    def test_no_documents(self):
        options = self.text(self.documents)
        options[1].write_text("\n  \n")
        self.refuse(65, *options, "--output", "a.h5", says=("no documents",))
