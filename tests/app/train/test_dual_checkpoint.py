"""Checkpoints of `--strategy dual`: the dual variables by document, from which all else follows."""
import signal
import time

import pytest

import command
from train_case import CCAT, TrainTest

pytestmark = [pytest.mark.mpi]
LAMBDA = 0.05


class TestDualCheckpoint(TrainTest):
    def solve(self, ranks, *options, gap="1e-5", train=None, **more):
        options = ("--strategy", "dual", "--lambda", LAMBDA, "--gap", gap, *options)
        if train is not None:
            options = ("--train", train, *CCAT, *options)
        return self.run_train(ranks, *options, **more)

    def saving(self, ranks, *options, **more):
        return self.solve(ranks, "--checkpoint", "run.h5", "--resume", "--model", "m.h5", *options,
                          **more)

    def saved(self, path="run.h5"):
        """The dual variables."""
        with command.need("h5py").File(self.dir / path, "r") as file:
            return file["vectors/dual_variables"][:]

    @pytest.mark.parametrize("loss", ("hinge", "squared-hinge", "logistic", "modified-huber"))
    def test_the_model_follows_from_the_dual_variables(self, loss):
        np = command.need("numpy")
        self.saving(2, "--loss", loss, "--workers", "2", "--validation-fraction", "0", "--bias",
                    "off")
        a = self.saved()
        assert len(a) == len(self.documents)
        order = sorted(range(len(a)), key=lambda k: self.place()[k])
        w = np.zeros(301)
        for k, i in enumerate(order):
            document = self.documents[i]
            y = 1 if "CCAT" in document.topics else -1
            for term, weight in document.terms:
                w[term] += a[k] * y * np.float32(weight) / (LAMBDA * len(a))
        with command.need("h5py").File(self.dir / "m.h5", "r") as file:
            assert np.abs(file["weights"][:] - w[1:]).max() < 1e-12

    def place(self):
        """Of the documents in the shuffled file."""
        with command.need("h5py").File(self.train_set, "r") as file:
            rows = {document: k for k, document in enumerate(file["document_id"][:])}
        return [rows[document.id] for document in self.documents]

    @pytest.mark.parametrize("order", ((), ("--shuffle-seed", "7")))
    def test_goes_on_with_another_number_of_ranks(self, order):
        """Also where a file that is not shuffled is dealt to the ranks, and with documents held
        out in between: each variable finds its document, so that the gap is the same at once."""
        data = command.convert(self.documents, self.dir / "d.h5", *order)
        gap = None
        for ranks, nodes in ((1, 1), (3, 1), (2, 1), (4, 2)):
            run = self.saving(ranks, "--workers", ranks, "--epochs", "4", "--replicas-per-node",
                              nodes, train=data, gap="1e-12")
            assert run.result["epoch"] == 4.0
            if gap is not None:
                assert run.result["duality_gap"] == pytest.approx(gap, rel=1e-5)
            gap = run.result["duality_gap"]
        assert 1e-6 < gap < 1, "far from the end"
        run = self.saving(2, "--workers", "2", "--epochs", "300", train=data, gap="1e-6")
        assert run.result["stop_reason"] == "gap" and run.result["epoch"] < 300

    def test_broken_again_and_again(self):
        """It comes to the same gap, and says what is certain of the model in the file."""
        whole = self.solve(2, "--workers", "2", gap="1e-6", name="whole").result
        stops = 0
        while True:
            outcome = command.hogwild(
                (2, 1, 3)[stops % 3], "train", "--train", self.train_set, *CCAT, "--strategy",
                "dual", "--lambda", LAMBDA, "--gap", "1e-6", "--checkpoint", "run.h5", "--resume",
                "--model", "m.h5", "--log", "run.jsonl", "--max-time", 0.004 * 4**stops,
                cwd=self.dir)
            if outcome.code != 75:
                break
            stops += 1
            assert stops < 12
        self.check(outcome)
        assert stops > 0
        result = command.read_json_lines(self.dir / "run.jsonl")[-1]
        assert result["stop_reason"] == "gap" and 0 <= result["duality_gap"] <= 1e-6
        assert result["primal_objective"] == pytest.approx(whole["primal_objective"], rel=2e-6)
        assert result["dual_objective"] <= whole["primal_objective"] * (1 + 1e-12)
        assert result["train_objective"] == pytest.approx(result["primal_objective"], rel=1e-9)

    def test_a_finished_run_is_finished(self):
        first = self.saving(2).result
        model = self.model("m.h5")
        again = self.saving(2).result
        assert again["stop_reason"] == "gap"
        for name in ("epoch", "samples", "primal_objective", "dual_objective", "duality_gap"):
            assert again[name] == first[name]
        assert self.model("m.h5") == model
        nearer = self.saving(2, gap="1e-7").result
        assert nearer["epoch"] > first["epoch"] and nearer["duality_gap"] <= 1e-7

    def test_a_signal(self):
        process = command.start(command.hogwild_command(
            2, "train", "--train", self.train_set, *CCAT, "--strategy", "dual", "--lambda", LAMBDA,
            "--epochs", "100000000", "--evaluate-every", "0", "--checkpoint", "run.h5",
            "--checkpoint-every", "0.05", "--quiet"), cwd=self.dir)
        self.at_end(command.end_group, process)
        deadline = time.monotonic() + 30
        while not (self.dir / "run.h5").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGUSR1)
        code = process.wait(30)
        assert code == 75 or command.launcher_forgets_codes()
        saved = command.inspect(self.dir / "run.h5")[0]
        assert saved["schema"] == "hogwild.checkpoint"
        run = self.saving(2, "--epochs", "100000000")
        assert run.result["duality_gap"] <= 1e-5

    def test_damaged_variables_are_refused(self):
        np, h5py = command.need("numpy", "h5py")
        self.saving(2, gap="1e-2")
        (self.dir / "run.prev.h5").unlink(missing_ok=True)
        whole = (self.dir / "run.h5").read_bytes()
        a = self.saved()
        for says, values in (("are of", a[:-1]), ("are of", np.append(a, 0)),
                             ("exceed what the loss allows", np.append(a[:-1], 1.5)),
                             ("cannot be", np.append(a[:-1], np.nan)),
                             ("cannot be", np.append(a[:-1], -0.5)), ("is empty", a[:0])):
            (self.dir / "run.h5").write_bytes(whole)
            with h5py.File(self.dir / "run.h5", "r+") as file:
                del file["vectors/dual_variables"]
                file["vectors"].create_dataset("dual_variables", data=values, maxshape=(None,),
                                               chunks=(64,))
            run = self.saving(2, "--quiet", gap="1e-3", code=65)
            assert "run.h5" in run.outcome.err and says in run.outcome.err

    def test_nothing_said_of_how_to_train(self):
        """A checkpoint makes no other training of it."""
        options = ("--test", self.test_set, "--model")
        plain = self.run_train(1, *options, "a.h5", name="a")
        saved = self.run_train(1, *options, "b.h5", "--checkpoint", "c.h5", name="b")
        assert plain.result["strategy"] == saved.result["strategy"] == "dual"
        assert plain.start["lambda"] == saved.start["lambda"]
        again = self.run_train(2, *options, "d.h5", "--checkpoint", "c.h5", "--resume",
                               name="b")
        assert self.model("d.h5") == self.model("b.h5")
        a, b, c = (run.result["platt_a"] for run in (plain, saved, again))
        assert a == b == c is not None
