"""jobs/research/scaling: the replay of averaging, the fits, and all from end to end."""
import itertools
import json
import math
import os
import sys
import xml.dom.minidom

import pytest

import command

pytestmark = [pytest.mark.mpi]

MODEL = command.SOURCE / "jobs/research/scaling"


class TestReplay:
    """Averaging, replayed: against plain loops."""

    def setup_method(self):
        self.numpy = command.need("numpy")
        scipy = command.need("scipy.sparse")
        import local_sgd
        self.local_sgd = local_sgd
        draw = self.numpy.random.default_rng(3)
        dense = draw.normal(size=(24, 6)) * (draw.random((24, 6)) < 0.5)
        dense[:, -1] = 1.0  # the bias
        self.dense = dense.astype(self.numpy.float32).astype(float)
        self.labels = self.numpy.where(draw.random(24) < 0.5, 1.0, -1.0)
        self.problem = local_sgd.Problem(scipy.csr_matrix(self.dense), self.labels, 0.1, 0.5, 0.5)

    def plain(self, nodes, interval, combine, schedule, epochs):
        """The same without any vectors over nodes. @return what a run would give."""
        random = self.numpy.random.default_rng(1)
        parts = self.numpy.array_split(random.permutation(24), nodes)
        w = self.numpy.zeros((nodes, 6))
        common = self.numpy.zeros(6)
        done = 0
        for epoch in range(epochs):
            eta = schedule.eta * schedule.decay ** epoch
            orders = [random.permutation(part) for part in parts]
            for step in range(24 // nodes):
                for node, order in enumerate(orders):
                    x, y = self.dense[order[step]], self.labels[order[step]]
                    violates = y * (x @ w[node]) < 1.0
                    w[node] *= 1.0 - eta * 0.1
                    w[node] += eta * y * x * violates
                done += 1
                if done % interval == 0 and nodes > 1:
                    common = (
                        w.mean(axis=0) if combine == "mean" else common + (w - common).sum(axis=0)
                    )
                    w[:] = common
        return w.mean(axis=0)

    def test_same_weights_as_plain_loops(self):
        schedules = [self.local_sgd.Schedule(0.3, 0.9), self.local_sgd.Schedule(0.05, 0.5)]
        for nodes, interval, combine in itertools.product((1, 2, 3), (1, 4, 100), ("mean", "sum")):
            random = self.numpy.random.default_rng(1)
            parts = self.numpy.array_split(random.permutation(24), nodes)
            state = self.local_sgd.Nodes(self.problem, nodes, schedules)
            left = interval
            for epoch in range(3):
                left = state.epoch(epoch, parts, random, interval, combine, left)
            for k, schedule in enumerate(schedules):
                expected = self.plain(nodes, interval, combine, schedule, 3)
                assert self.numpy.allclose(state.weights()[:, k], expected, rtol=1e-4, atol=1e-5), (
                    nodes,
                    interval,
                    combine,
                    k,
                )

    def test_batches_are_the_sum_of_nodes_with_a_document_each(self):
        schedules = [self.local_sgd.Schedule(0.02, 1.0)]
        batches = self.local_sgd.Batches(self.problem, 1, schedules)
        batches.epoch(0, self.numpy.random.default_rng(1))
        pull = self.labels @ self.dense  # every margin is 0, so every document pulls
        assert self.numpy.allclose(batches.weights()[:, 0], 0.02 * pull, rtol=1e-4)
        nodes = self.local_sgd.Nodes(self.problem, 24, schedules)
        parts = self.numpy.array_split(self.numpy.arange(24), 24)
        nodes.epoch(0, parts, self.numpy.random.default_rng(1), 1, "sum", 1)
        assert self.numpy.allclose(nodes.weights(), batches.weights(), rtol=1e-3)

    def test_gap(self):
        weights = self.numpy.zeros((6, 1), self.numpy.float32)
        assert abs(float(self.problem.gap(weights)[0]) - (1.0 - 0.5) / 0.5) < 5e-8

    def test_crossing(self):
        crossing = self.local_sgd.crossing
        assert abs(crossing(1.0, 0.01, 0.1) - 0.5) < 5e-8
        assert abs(crossing(1.0, 0.1, 0.1) - 1.0) < 5e-8
        assert crossing(0.05, 0.04, 0.1) == 1.0


class TestFits:
    def setup_method(self):
        command.need("numpy", "scipy", "h5py", "matplotlib")
        import epochs
        self.epochs = epochs

    def rows(self, law, nodes=(1, 2, 4, 16), exchanges=(1, 4, 16)):
        return [
            {
                "nodes": n,
                "exchanges": x,
                "combine": "mean",
                "target": 0.1,
                "epochs": law.epochs(n, x),
            }
            for n in nodes
            for x in (exchanges if n > 1 else (1,))
        ]

    def test_the_law_is_found_again(self):
        law = self.epochs.Law(3.0, 0.4, 0.9, 0.2)
        found = self.epochs.fit(self.rows(law), "mean", 0.1)
        for name in ("one", "a", "p", "q"):
            assert abs(getattr(found, name) - getattr(law, name)) < 5e-10
        assert abs(found.error - 0.0) < 5e-8
        assert (found.points, found.least, found.most) == (9, 1, 16)
        assert found.epochs(1, 5) == 3.0
        assert found.epochs(2, 0.5) == math.inf  # so few exchanges were never measured
        assert found.epochs(65, 4) == math.inf   # nor so many nodes
        assert found.epochs(64, 4) < math.inf

    def test_the_sum_is_a_large_batch_for_any_number_of_nodes(self):
        law = self.epochs.Law(3.0, 50.0, 0.0, 1.0)
        rows = self.rows(law, nodes=(1,)) + [
            {
                "nodes": self.epochs.ANY,
                "exchanges": x,
                "combine": "sum",
                "target": 0.1,
                "epochs": law.epochs(2, x),
            }
            for x in (4, 16, 64)
        ]
        found = self.epochs.fit(rows, "sum", 0.1)
        assert abs(found.a - 50.0) < 5e-8
        assert abs(found.q - 1.0) < 5e-8
        assert found.p == 0.0
        assert found.epochs(2, 16) == found.epochs(1024, 16)

    def test_dual_has_its_own_single_node(self):
        import dual_epochs
        law = self.epochs.Law(6.0, 0.1, 0.5, 0.5)
        rows = [row | {"combine": "dual"} for row in self.rows(law)]
        found = dual_epochs.laws(rows, dict.fromkeys(dual_epochs.TARGETS, 1.5))
        assert found[0.01, "dual"] is None
        law = found[0.1, "dual"]
        assert law.one == 6.0
        assert abs(law.a - 0.1) < 5e-8
        assert (law.cost, law.waits) == (1.5, True)

    def test_too_little_to_fit(self):
        law = self.epochs.Law(3.0, 0.4, 0.9, 0.2)
        assert self.epochs.fit(self.rows(law, nodes=(1, 2)), "mean", 0.1) is None
        assert self.epochs.fit(self.rows(law, exchanges=(4,)), "mean", 0.1) is None
        assert self.epochs.fit(self.rows(law), "sum", 0.1) is None
        assert self.epochs.fit(self.rows(law), "mean", 0.01) is None
        rows = self.rows(law)
        for row in rows[4:]:
            row["epochs"] = None  # never reached
        assert self.epochs.fit(rows, "mean", 0.1) is None

    def test_merges(self):
        from measure import fit_merges
        document, merge = fit_merges([(m, 90.0 + 3000.0 / m) for m in (32, 128, 512)])
        assert abs(document - 90.0) < 5e-8
        assert abs(merge - 3000.0) < 5e-8
        assert fit_merges([(32, 90.0), (512, 95.0)])[1] == 0.0  # noise, no gain by merging

    def test_where_it_stops(self):
        from prediction import Prediction, where_it_stops

        def curve(*speedups):
            return [Prediction("d", "n", "g", 2 ** k, "mean", 1, 1, 1, 1, 0, speedup)
                    for k, speedup in enumerate(speedups)]
        assert where_it_stops(curve(1, 2, 4, 8)) == 8
        assert where_it_stops(curve(1, 1.9, 2.0, 3.0)) == 2
        assert where_it_stops(curve(1, 0.9)) == 1


class TestEndToEnd(command.Case):
    @classmethod
    def setup_class(cls):
        command.need("matplotlib", "numpy", "scipy", "sklearn", "h5py")
        cls.train = command.convert(command.make_documents(600), cls.shared / "train.h5")

    def arguments(self, *more):
        return [
            sys.executable,
            MODEL / "predict.py",
            "--bin",
            command.BIN,
            "--train",
            self.train,
            "--output",
            self.dir / "out",
            "--quick",
            "--cores",
            "2",
            *more,
        ]

    def test_all_of_it(self):
        self.check(command.run(self.arguments(), timeout=300))
        out = self.dir / "out"
        assert sorted(p.name for p in out.iterdir()) == [
            ".lock",
            "runs.jsonl",
            "scaling.json",
            "scaling.md",
            "scaling.png",
            "scaling.svg",
        ]
        results = json.loads((out / "scaling.json").read_text())
        assert (results["schema"], results["version"]) == ("hogwild.scaling", 1)
        assert results["machine"]["document_seconds"] > 0
        curves = {}
        for row in results["predictions"]:
            curves.setdefault((row["dataset"], row["network"], row["goal"]), []).append(row)
        assert len({key[0] for key in curves}) == 4
        assert len({key[1] for key in curves}) == 2
        for curve in curves.values():
            if curve[0]["goal"] == "10 epochs":
                assert [row["nodes"] for row in curve] == [1, 32, 1024]
            assert curve[0]["speedup"] == 1.0
            for row in curve:
                assert 0.0 < row["seconds"] < math.inf
                assert row["speedup"] <= 1.2 * row["nodes"]
        assert [row["nodes"] for row in results["checked"]] == [1, 2, 2]
        for row in results["checked"]:
            assert row["measured_per_second"] > 0
            assert row["simulated_per_second"] > 0
        dual = [row for row in results["epochs"] if row["combine"] == "dual"]
        assert {row["target"] for row in dual} == {0.1, 0.01, 0.001}
        for row in dual:
            assert row["epochs"] >= 1
            if row["nodes"] == 1:  # a nearer optimum takes no fewer epochs
                assert all(row["epochs"] <= other["epochs"] for other in dual
                           if other["nodes"] == 1 and other["target"] < row["target"])
        assert {"0.1 % above the optimum"} < {row["goal"] for row in results["predictions"]}
        page = (out / "scaling.md").read_text()
        for words in ("Quick run", "Measured here", "Assumed", "not measured", "scaling.png"):
            assert words in page
        assert (out / "scaling.png").read_bytes().startswith(b"\x89PNG")
        xml.dom.minidom.parse(str(out / "scaling.svg"))

    @pytest.mark.parametrize(
        "code, says, more",
        (
            (2, "--network", ("--network", "token-ring")),
            (2, "algorithm", ("--network", "1e-6,1e-9:star")),
            (2, "--ranks-per-node", ("--ranks-per-node", "0")),
            (2, "--stall-every", ("--stall-every", "0")),
            (66, "build first", ("--bin", "/nowhere")),
        ),
    )
    def test_refused(self, code, says, more):
        self.check_refused(command.run(self.arguments(*more)), code, "scaling_model", says)

    def test_the_script_refuses(self):
        script = command.SOURCE / "jobs/research/scaling_model.sh"
        for code, says, more in ((2, "unrecognized arguments: --fast", ("--fast",)),
                                 (2, "--network: expected one argument", ("--network",)),
                                 (2, "exclude", ("--rcv1", "a", "--train", "a")),
                                 (66, "fetch_rcv1.sh", ("--rcv1", self.dir))):
            with self.subtests.test(more=more):
                outcome = command.run(["bash", script, *more],
                                      env={**os.environ, "HOGWILD_SKIP_PACKAGES": "1"})
                self.check_refused(outcome, code, "scaling_model", says)
