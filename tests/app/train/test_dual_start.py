"""`--initial-model` with `--strategy dual`: the model holds the variables of its documents."""
import pytest

import command
from train_case import CCAT, TrainTest

pytestmark = [pytest.mark.mpi]
LAMBDA = 0.05
LOSSES = ("hinge", "squared-hinge", "logistic", "modified-huber")


class TestDualStart(TrainTest):
    def solve(self, ranks, *options, train=None, **more):
        options = command.last_wins(
            ("--strategy", "dual", "--lambda", LAMBDA, "--gap", "1e-4", *options))
        if train is not None:
            options = ("--train", train, *CCAT, *options)
        return self.run_train(ranks, *options, **more)

    def variables(self, name="m.h5"):
        """By the documents' ids."""
        with command.need("h5py").File(self.dir / name, "r") as model:
            dual = model["dual"]
            assert dual["variable"].dtype == "float32"
            return dict(zip(dual["document"][:].tolist(), dual["variable"][:].tolist()))

    def change(self, change):
        with command.need("h5py").File(self.dir / "m.h5", "r+") as model:
            change(model)

    @pytest.mark.parametrize("ranks", [1, 3])
    @pytest.mark.parametrize("loss", LOSSES)
    def test_the_weights_follow_from_the_variables(self, loss, ranks):
        np = command.need("numpy")
        run = self.solve(ranks, "--loss", loss, "--workers", ranks, "--model", "m.h5")
        a = self.variables()
        n = run.start["training_documents"]
        assert n == 0.9 * len(self.documents)
        assert 0 < len(a) <= n  # of the documents held out there are none
        w = np.zeros(301)
        for document in self.documents:
            y = 1 if "CCAT" in document.topics else -1
            for term, value in document.terms:
                w[term] += a.get(document.id, 0.0) * y * np.float32(value) / (LAMBDA * n)
        with command.need("h5py").File(self.dir / "m.h5", "r") as model:
            np.testing.assert_allclose(model["weights"][:], w[1:], atol=1e-6 * abs(w).max())

    @pytest.mark.parametrize("loss", LOSSES)
    def test_a_run_goes_on_where_the_model_was_trained(self, loss):
        cold = self.solve(1, "--loss", loss, "--model", "m.h5", name="cold")
        assert cold.result["epoch"] > 2
        for ranks, options in ((1, ()), (3, ()), (4, ("--replicas-per-node", "2"))):
            warm = self.solve(ranks, "--loss", loss, *options, "--initial-model", "m.h5")
            assert warm.result["epoch"] == 1
            assert warm.result["primal_objective"] == pytest.approx(
                cold.result["primal_objective"], rel=2e-4)

    def test_at_another_lambda(self):
        goal = ("--lambda", 0.045)
        self.solve(1, "--model", "m.h5", name="first")
        cold = self.solve(1, *goal, name="cold")
        warm = self.solve(1, *goal, "--initial-model", "m.h5", name="warm")
        assert warm.result["epoch"] < cold.result["epoch"]
        assert warm.result["primal_objective"] == pytest.approx(
            cold.result["primal_objective"], rel=2e-4)

    def test_new_documents_begin_at_0(self):
        """The old ones are known by their ids, wherever they stand now."""
        few = command.convert(self.documents[:570], self.dir / "few.h5", "--shuffle-seed", "5")
        whole = ("--validation-fraction", "0")
        self.solve(1, *whole, "--model", "m.h5", train=few, name="first")
        again = self.solve(1, *whole, "--initial-model", "m.h5", "--epochs", "1", name="again")
        cold = self.solve(1, *whole, "--epochs", "1", name="cold")
        assert again.result["duality_gap"] < 0.2 * cold.result["duality_gap"]

    def test_variables_of_other_documents_are_left_alone(self):
        """A model of other data with the same ids is used for its weights."""
        self.solve(1, "--loss", "logistic", "--model", "m.h5", name="first")

        def reverse(model):
            model["dual/document"][:] = model["dual/document"][:][::-1]
            del model["dual"].attrs["xxh3"]
        self.change(reverse)
        refused = self.solve(1, "--initial-model", "m.h5", code=65)
        assert "xxh3" in refused.outcome.err
        other_topics = {"CCAT": "ECAT", "ECAT": "CCAT", "MCAT": "MCAT"}
        others = [document._replace(topics=tuple(other_topics[topic] for topic in document.topics))
                  for document in self.documents]
        data = command.convert(sorted(others), self.dir / "others.h5")
        self.solve(1, "--model", "m.h5", name="first")
        warm = self.solve(1, "--initial-model", "m.h5", train=data, name="warm")
        self.change(lambda model: model.pop("dual"))
        without = self.solve(1, "--initial-model", "m.h5", train=data, name="without")
        for key in ("epoch", "duality_gap"):
            assert warm.result[key] == without.result[key]

    def test_damaged_variables_are_refused(self):
        self.solve(1, "--model", "m.h5")

        def negative(model):
            model["dual/variable"][0] = -1.0
        self.change(negative)
        refused = self.solve(1, "--initial-model", "m.h5", code=65)
        assert "m.h5: /dual holds no dual variables of documents" in refused.outcome.err
        # who does not need them does not read them
        self.run_train(1, "--initial-model", "m.h5", "--iterations", "1")

    def test_other_strategies_store_none(self):
        self.run_train(1, "--iterations", "1", "--model", "m.h5")
        with command.need("h5py").File(self.dir / "m.h5", "r") as model:
            assert "dual" not in model


class TestDeterministic(TrainTest):
    def solve(self, ranks, *options, **more):
        return self.run_train(ranks, "--strategy", "dual", "--lambda", LAMBDA, "--deterministic",
                              *options, **more)

    @pytest.mark.parametrize("ranks", [1, 2, 5])
    @pytest.mark.parametrize("loss", ["hinge", "logistic"])
    def test_the_same_bits_twice(self, ranks, loss):
        models = []
        for name in ("a.h5", "b.h5"):
            run = self.solve(ranks, "--loss", loss, "--gap", "1e-4", "--precision", "float",
                             "--model", name)
            assert run.start["replicas"] == ranks
            if ranks > 1:
                assert run.result["exchange"]["exchanges"] >= 16 * run.result["epoch"]
            models.append((self.model(name), run.result["duality_gap"]))
        assert models[0] == models[1]
        self.solve(ranks, "--loss", loss, "--gap", "1e-4", "--precision", "float", "--model",
                   "c.h5", "--checkpoint", "run.ckpt.h5")
        assert self.model("c.h5") == models[0][0]

    def test_what_it_is_for(self):
        refused = self.run_train(2, "--strategy", "lock-free", "--deterministic", code=2)
        assert "--deterministic is for --strategy dual" in refused.outcome.err
        refused = self.solve(2, "--replicas-per-node", "2", code=2)
        assert "leave out --replicas-per-node" in refused.outcome.err
