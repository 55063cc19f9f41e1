"""Epochs in blocks of neighbours: of many documents in random order, and of no others."""

import shutil

import command
import pytest

DOCUMENTS = 132_000  # 131,072 are enough for blocks
SETTINGS = ("--category", "CCAT", "--validation-fraction", 0, "--evaluate-every", 0,
            "--regularizer", "l2", "--regularization", "aggregated", "--batch-size", 1,
            "--epochs", 4, "--learning-rate", 0.5, "--schedule", "decay", "--decay", 0.3)


class TestBlocks(command.Case):
    @classmethod
    def setup_class(cls):
        text = cls.shared / "text"
        outcome = command.tool("rcv1_synthesize", "--output-dir", text, "--train-documents",
                               DOCUMENTS, "--test-documents", 100, "--mean-terms", 6)
        assert outcome.code == 0, outcome.err
        cls.sets = {}
        for name, order in (("shuffled", "--shuffle-seed=1"), ("in-order", "--no-shuffle")):
            cls.sets[name] = cls.shared / (name + ".h5")
            outcome = command.tool("rcv1_to_hdf5", "--vectors",
                                   text / "lyrl2004_vectors_train.dat", "--topics",
                                   text / "rcv1-v2.topics.qrels", order, "--output",
                                   cls.sets[name], "--quiet")
            assert outcome.code == 0, outcome.err

    def train(self, train_set, sampling, ranks=1, options=SETTINGS, name="run"):
        log = self.dir / (name + ".jsonl")
        model = self.dir / (name + ".h5")
        self.check(command.hogwild(ranks, "train", "--train", self.sets[train_set], *options,
                                   "--sampling", sampling, "--log", log, "--model", model,
                                   "--force"))
        return command.read_json_lines(log)[-1], self.weights(model)

    def test_ranks_without_documents_do_not_count(self):
        """33,000 documents are too few for blocks, however many ranks look on."""
        options = ("--category", "CCAT", "--validation-fraction", 0.75, "--evaluate-every", 0,
                   "--strategy", "dual", "--workers", 1, "--epochs", 3, "--back-off", "off")
        _, alone = self.train("shuffled", "permutation", 1, options)
        _, beside_others = self.train("shuffled", "permutation", 5, options)
        assert alone == beside_others

    @pytest.mark.parametrize("workers, merge_every", ((1, 330), (2, 165)))
    def test_dual_merges_the_less_often_the_more_documents(self, workers, merge_every):
        log = self.dir / "merges.jsonl"
        self.check(command.hogwild(2, "train", "--train", self.sets["shuffled"], *SETTINGS[:6],
                                   "--strategy", "dual", "--workers", workers, "--log", log))
        rows = command.read_json_lines(log)
        assert rows[0]["merge_every"] == merge_every  # a document in 400, of all that train
        assert rows[-1]["duality_gap"] <= 1e-3

    def weights(self, model):
        h5py = command.need("h5py")
        with h5py.File(model, "r") as file:
            return file["weights"][:].tobytes() + file["bias"][()].tobytes()

    def test_many_shuffled_documents_are_visited_in_blocks(self):
        blocks, in_blocks = self.train("shuffled", "blocks")
        permutation, one_by_one = self.train("shuffled", "permutation")
        assert in_blocks != one_by_one
        assert blocks["samples"] == permutation["samples"] == 4 * DOCUMENTS
        assert blocks["train_objective"] == pytest.approx(permutation["train_objective"], rel=0.01)

    def test_files_in_their_own_order_are_not(self):
        blocks, in_blocks = self.train("in-order", "blocks")
        permutation, one_by_one = self.train("in-order", "permutation")
        assert in_blocks == one_by_one
        assert blocks["train_objective"] == permutation["train_objective"]

    @pytest.mark.parametrize("ranks", (2, 3))
    def test_ranks_that_share_weights_have_blocks_together(self, ranks):
        """Each has too few documents for blocks, together they have enough."""
        options = ("--strategy", "round-robin", "--epochs", 1,
                   *SETTINGS[:6], "--regularizer", "l2", "--batch-size", 200)
        blocks, in_blocks = self.train("shuffled", "blocks", ranks, options)
        _, one_by_one = self.train("shuffled", "permutation", ranks, options)
        _, again = self.train("shuffled", "permutation", ranks, options)
        assert one_by_one == again, "a strategy that is repeatable"
        assert in_blocks != one_by_one
        assert blocks["samples"] == DOCUMENTS

    def test_ranks_with_weights_of_their_own_do_not_count_together(self):
        options = (*SETTINGS[:6], "--strategy", "synchronous", "--epochs", 1,
                   "--batch-size", 200, "--learning-rate", 0.001)
        _, in_blocks = self.train("shuffled", "blocks", 2, options)
        _, one_by_one = self.train("shuffled", "permutation", 2, options)
        assert in_blocks == one_by_one

    def test_dual_visits_in_blocks(self):
        """The same rows in a file that does not say that it was shuffled."""
        h5py = command.need("h5py")
        self.sets["unsaid"] = self.dir / "unsaid.h5"
        shutil.copy(self.sets["shuffled"], self.sets["unsaid"])
        with h5py.File(self.sets["unsaid"], "r+") as file:
            file.attrs["shuffle_seed"] = -1
        options = (*SETTINGS[:6], "--strategy", "dual", "--epochs", 2, "--back-off", "off")
        _, in_blocks = self.train("shuffled", "permutation", 1, options)
        _, again = self.train("shuffled", "permutation", 1, options)
        _, one_by_one = self.train("unsaid", "permutation", 1, options)
        assert in_blocks == again
        assert in_blocks != one_by_one

    def test_dual_certifies_what_it_certifies_one_by_one(self):
        options = (*SETTINGS[:6], "--strategy", "dual", "--gap", 1e-4, "--lambda", 1e-3)
        shuffled, _ = self.train("shuffled", "permutation", options=options)
        in_order, _ = self.train("in-order", "permutation", options=options)
        assert shuffled["verdict"] == in_order["verdict"] == "VALID"
        assert shuffled["duality_gap"] <= 1e-4
        assert shuffled["primal_objective"] == pytest.approx(in_order["primal_objective"],
                                                             rel=1.1e-4)
