"""`--initial-model`: a run that starts from a model's weights."""
import pytest

import command
from train_case import CCAT, LEARN, TrainTest

pytestmark = [pytest.mark.mpi]


class TestInitialModel(TrainTest):
    def start(self, ranks, *options, model="first.h5", name="second", code=0):
        learn = () if "--iterations" in options else LEARN
        return self.run_train(ranks, "--initial-model", model, "--test", self.test_set, *learn,
                              *options, name=name, code=code)

    def first(self, *options):
        return self.run_train(None, *LEARN, "--test", self.test_set, "--model", "first.h5",
                              *options, name="first")

    def wide(self, features=900):
        documents = command.make_documents(200, seed=5, features=features)
        return command.convert(documents, self.dir / "wide.h5")

    @pytest.mark.parametrize("strategy", [
        "lock-free", "locked", "striped", "atomic", "round-robin", "synchronous", "asynchronous",
        "downpour"])
    def test_no_iterations_give_the_same_model(self, strategy):
        first = self.first()
        for ranks in (2, 3):
            second = self.start(ranks, "--iterations", "0", "--model", "second.h5", "--strategy",
                                strategy)
            assert self.model("second.h5") == self.model("first.h5")
            for measure in ("test_objective", "test_accuracy"):
                assert second.result[measure] == pytest.approx(first.result[measure], rel=1e-12)

    def test_also_with_float_and_the_settings_that_keep_copies(self):
        self.first("--precision", "float")
        for options in (("--precision", "float"), ("--regularizer", "none"), ("--average",)):
            self.start(2, "--iterations", "0", "--model", "second.h5", *options)
            assert self.model("second.h5") == self.model("first.h5"), options

    def test_training_goes_on_from_it(self):
        self.first()
        few = ("--iterations", "1", "--batch-size", "1", "--learning-rate", "1e-6")
        second = self.start(None, *few)
        begin = self.start(None, "--iterations", "0", name="begin")
        assert second.result["test_objective"] == pytest.approx(
            begin.result["test_objective"], rel=1e-5)
        assert second.start["initial_model"] == "first.h5"

    def test_new_features_are_learned_and_old_ones_kept(self):
        h5py = command.need("h5py")
        self.first()
        self.run_train(2, "--train", self.wide(), *CCAT, *LEARN, "--initial-model", "first.h5",
                       "--model", "wide.model.h5")
        with h5py.File(self.dir / "wide.model.h5", "r") as file:
            assert file["weights"].shape == (900,)
            assert abs(file["weights"][300:]).max() > 0
            assert b"initial-model = first.h5" in bytes(file.attrs["options"])
        # the narrow data again: what only the wide model knows stays
        self.start(2, "--iterations", "0", "--model", "third.h5", model="wide.model.h5")
        assert self.model("third.h5") == self.model("wide.model.h5")

    def test_the_dual_strategy_gives_no_weight_to_features_that_the_data_lack(self):
        h5py = command.need("h5py")
        self.run_train(None, "--train", self.wide(), *CCAT, *LEARN, "--model", "wide.model.h5")
        self.run_train(2, "--initial-model", "wide.model.h5", "--strategy", "dual", "--lambda",
                       "0.05", "--model", "narrow.h5", name="narrow")
        with h5py.File(self.dir / "wide.model.h5", "r") as wide, \
                h5py.File(self.dir / "narrow.h5", "r") as narrow:
            assert abs(wide["weights"][300:]).max() > 0
            assert narrow["weights"].shape == (900,)
            assert abs(narrow["weights"][300:]).max() == 0 < abs(narrow["weights"][:300]).max()

    def test_a_resumed_run_does_not_read_it_again(self):
        self.run_train(None, "--train", self.wide(), *CCAT, *LEARN, "--model", "first.h5")
        saved = ("--checkpoint", "run.ckpt.h5")
        self.start(None, *saved, "--model", "second.h5")
        (self.dir / "first.h5").unlink()
        self.start(None, *saved, "--resume", "--model", "third.h5", name="resumed")
        assert self.model("third.h5") == self.model("second.h5")

    @pytest.mark.parametrize("strategy", ["lock-free", "synchronous"])
    def test_a_resumed_run_need_not_name_it(self, strategy):
        """Its features beyond those of the data are in the checkpoint."""
        self.run_train(None, "--train", self.wide(), *CCAT, *LEARN, "--model", "first.h5")
        saved = ("--checkpoint", "run.ckpt.h5", "--strategy", strategy)
        self.start(2, *saved, "--model", "second.h5")
        (self.dir / "first.h5").unlink()
        self.run_train(2, *LEARN, *saved, "--resume", "--model", "third.h5",
                       name="resumed")
        assert self.model("third.h5") == self.model("second.h5")

    def test_a_resumed_run_with_test_sets_of_fewer_features_or_more(self):
        """Weights are those of the training set's features, whatever test sets have."""
        numpy = command.need("numpy")
        saved = ("--checkpoint", "run.ckpt.h5")
        wide = ("--test", self.wide())
        for before, after in (((), wide), (wide, ())):
            self.run_train(2, *LEARN, *saved, *before, "--model", "first.h5")
            self.run_train(2, *LEARN, *saved, *after, "--resume", "--model", "second.h5")
            first, second = (numpy.frombuffer(self.model(name)) for name in
                             ("first.h5", "second.h5"))
            assert {len(first), len(second)} == {301, 901}  # columns of the widest data, bias
            assert (first[first != 0.0] == second[second != 0.0]).all()
            (self.dir / "run.ckpt.h5").unlink()

    def test_what_must_agree(self):
        self.first()
        refused = self.start(2, "--bias", "off", code=2)
        assert "--bias off" in refused.outcome.err
        refused = self.run_train(2, "--train", self.train_set, "--category", "MCAT",
                                 "--initial-model", "first.h5", code=65)
        assert "category CCAT" in refused.outcome.err
        self.start(2, model="missing.h5", code=66)
