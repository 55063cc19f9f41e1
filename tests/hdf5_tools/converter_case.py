"""What the tests of the converters share."""

import command


def read_csr(path):
    """As docs/formats.md tells SciPy's users to."""
    h5py, sparse = command.need("h5py", "scipy.sparse")
    with h5py.File(path, "r") as file:
        g = file["X"]
        return sparse.csr_matrix((g["data"], g["indices"], g["indptr"]), shape=g.attrs["shape"])


def read_ids(*paths):
    h5py = command.need("h5py")
    ids = []
    for path in paths:
        with h5py.File(path, "r") as file:
            ids += [int(i) for i in file["document_id"][:]]
    return ids


class ConverterTest(command.Case):
    program = "rcv1_to_hdf5"

    def text(self, documents, vectors="vectors.dat", topics="topics.qrels"):
        """Writes the text and returns the options that name it."""
        return ("--vectors", command.write_vectors(self.dir / vectors, documents),
                "--topics", command.write_topics(self.dir / topics, documents))

    def convert(self, *arguments, code=0):
        return self.check(command.tool(self.program, *arguments, cwd=self.dir), code)

    def refuse(self, code, *arguments, says=(), leaves=None):
        """The tool must refuse, and leave the folder as it found it (or with just `leaves`)."""
        before = self.names() if leaves is None else leaves
        outcome = command.tool(self.program, *arguments, cwd=self.dir)
        self.check_refused(outcome, code, self.program, *says)
        assert self.names() == before, str(outcome)
        return outcome

    def digest(self, name):
        return command.inspect(self.dir / name)[0]["digest"]
