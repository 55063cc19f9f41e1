"""jobs/research/scaling: the formulas' limits, the simulation, the replay of averaging, the fits,
all from end to end."""
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
sys.path[:0] = [str(MODEL), str(command.SOURCE / "jobs/research/experiments")]


class TestAllreduce:
    def setup_method(self):
        import network
        self.network = network
        self.net = network.Network("test", 1e-5, 1e-9, gamma=0.0, cpu_alpha=0.0, cpu_beta=0.0)

    def latency(self, nodes, size, algorithm, net=None):
        return self.network.allreduce(net or self.net, nodes, size, algorithm).latency

    def test_known_cases(self):
        assert self.latency(1, 1e6, "ring") == 0.0
        assert round(abs(self.latency(2, 1e6, "doubling") - 1e-5 + 1e-3), 7) == 0
        assert round(abs(self.latency(8, 1e6, "doubling") - 3 * (1e-5 + 1e-3)), 7) == 0
        assert round(abs(self.latency(8, 1e6, "ring") - 14e-5 + 1.75e-3), 7) == 0
        assert round(abs(self.latency(8, 1e6, "halving") - 6e-5 + 1.75e-3), 7) == 0
        assert self.latency(3, 1e6, "open-mpi") == self.latency(3, 1e6, "doubling")
        assert self.latency(4, 1e3, "open-mpi") == self.latency(4, 1e3, "doubling")
        assert self.latency(4, 1e6, "open-mpi") == self.latency(4, 1e6, "ring")

    def test_more_is_never_faster(self):
        for algorithm in ("ring", "doubling", "halving", "best"):
            by_nodes = [self.latency(n, 1e6, algorithm) for n in (1, 2, 3, 4, 5, 16, 17, 1024)]
            assert by_nodes == sorted(by_nodes), algorithm
            by_size = [self.latency(16, size, algorithm) for size in (8, 1e3, 1e6)]
            assert by_size == sorted(by_size), algorithm
            assert self.latency(16, 1e6, "best") <= self.latency(16, 1e6, algorithm)

    def test_a_look_ends_every_round(self):
        exchange = self.network.allreduce(self.net, 8, 1e6, "ring")
        assert self.network.hidden_latency(exchange, 0.0, 2.0) == exchange.latency
        assert (
            round(
                abs(
                    self.network.hidden_latency(exchange, 1e-4, 0.5)
                    - exchange.latency
                    + 14 * 0.5e-4
                ),
                7,
            )
            == 0
        )

    def test_named(self):
        named = self.network.Network.named
        for name in self.network.PUBLISHED:
            assert "not measured" in named(name).origin
        assert (named("1e-6,2e-10").alpha, named("1e-6,2e-10").beta) == (1e-6, 2e-10)
        for wrong in ("", "token-ring", "1e-6", "1,2,3", "-1,0", "nan,0", "0,inf"):
            with self.subtests.test(wrong=wrong), pytest.raises(ValueError):
                named(wrong)


class TestFormulas:
    def setup_method(self):
        command.need("numpy")
        import closed_form
        import epochs
        import network
        self.closed_form = closed_form
        self.machine = closed_form.Machine(1e-7, 2e-6, 2)
        self.nothing = network.Network("none", 0.0, 0.0, 0.0, 0.0, 0.0)
        self.slow = network.Network("slow", 1e-3, 1e-8)
        self.law = epochs.Law(10.0, 0.0, 0.0, 0.0, most=16)

    def seconds(self, net, nodes, documents=1_000_000, exchanges=4, **more):
        setting = self.closed_form.Setting(self.machine, net, **more)
        return self.closed_form.timed(self.law, setting, nodes, documents, exchanges)[1].seconds

    def test_one_node_takes_its_measured_time(self):
        assert round(abs(self.machine.seconds_per_document - (1e-7 + 2e-6 / 128) / 2), 7) == 0
        assert (
            round(abs(self.seconds(self.slow, 1) - 1e7 * self.machine.seconds_per_document), 7) == 0
        )

    def test_one_rank_has_nothing_to_merge(self):
        assert self.closed_form.Machine(1e-7, 2e-6, 1).seconds_per_document == 1e-7

    def test_free_exchanges_scale_perfectly(self):
        one = self.seconds(self.nothing, 1)
        for nodes in (2, 16, 1024):
            took = self.seconds(self.nothing, nodes, poll_seconds=0.0, touch_seconds=0.0)
            assert abs(took - one / nodes) < 1e-9 * one

    def test_dearer_exchanges_are_never_faster(self):
        # but for how long the last exchange but one is still under way when the documents are done
        from dataclasses import replace
        for nodes, part in itertools.product(
            (2, 3, 64, 1024), ("alpha", "beta", "cpu_alpha", "cpu_beta")
        ):
            nets = [
                replace(self.slow, **{part: x * getattr(self.slow, part)})
                for x in (0.0, 0.5, 1.0, 2.0)
            ]
            for cheap, dear in itertools.combinations(nets, 2):
                end = self.closed_form.Setting(self.machine, cheap).latency(nodes)
                assert self.seconds(dear, nodes) >= self.seconds(cheap, nodes) - end, (nodes, part)

    def test_more_documents_take_longer(self):
        took = [
            self.seconds(self.slow, 16, documents) for documents in (10_000, 100_000, 1_000_000)
        ]
        assert took == sorted(took)

    def test_the_best_number_of_exchanges(self):
        import epochs
        eager = epochs.Law(10.0, 1.0, 1.0, 0.5, most=16)  # exchanges pay
        setting = self.closed_form.Setting(
            self.machine, self.nothing, poll_seconds=0.0, touch_seconds=0.0
        )
        assert self.closed_form.best_exchanges(eager, setting, 8, 1_000_000)[0] == 16
        costly = self.closed_form.Setting(self.machine, self.slow)
        assert self.closed_form.best_exchanges(self.law, costly, 8, 1_000_000_000)[0] == 1


class TestSimulation:
    def setup_method(self):
        import exchange_simulation
        self.simulate = exchange_simulation.simulate
        self.Cluster = exchange_simulation.Cluster
        self.late = self.Cluster(
            7, 1e-7, 4e-4, 3e-5, poll=50, spread=0.3, stall_every=1e-3, stall=5e-4
        )

    def test_no_document_is_lost_or_done_twice(self):
        for interval in (1, 999, 5_000, 100_000):
            outcome = self.simulate(self.late, 20_000, interval)
            assert outcome.documents == 7 * 20_000
            assert outcome.seconds > 20_000 * 1e-7

    def test_nothing_is_applied_before_every_node_has_posted(self):
        outcome = self.simulate(self.late, 20_000, 1_500)
        assert len(outcome.rounds) > 2
        for one in outcome.rounds:
            assert (len(one.posted), len(one.applied)) == (7, 7)
            assert min(one.applied) >= max(one.posted) + 4e-4 - 1e-12
        for before, after in zip(outcome.rounds, outcome.rounds[1:]):
            assert min(after.posted) >= min(before.applied)
        assert outcome.rounds[-1].through == 7  # everybody's documents are in the last one

    def test_the_same_seed_gives_the_same_run(self):
        runs = [self.simulate(self.late, 10_000, 1_000, seed) for seed in (1, 1, 2)]
        assert runs[0] == runs[1]
        assert runs[0].seconds != runs[2].seconds

    def test_agrees_with_the_formulas_when_nobody_is_late(self):
        import closed_form
        for nodes, latency, visible, documents, interval, poll in itertools.product(
            (2, 5),
            (0.0, 3e-5, 1e-3),
            (1e-6, 5e-5),
            (30_000, 50_500),
            (700, 20_000, 60_000),
            (1, 64),
        ):
            case = (nodes, latency, visible, documents, interval, poll)
            outcome = self.simulate(
                self.Cluster(nodes, 1e-7, latency, visible, poll), documents, interval
            )
            expected = closed_form.run(1e-7, latency, visible, documents, interval, poll)
            assert outcome.documents == nodes * documents, case
            looks = expected.exchanges * poll * 1e-7  # a result waits for a look
            assert abs(outcome.seconds - expected.seconds) < 0.01 * expected.seconds + looks, case

    def test_one_node_exchanges_nothing(self):
        outcome = self.simulate(self.Cluster(1, 1e-7, 1e-3, 1e-3), 10_000, 100)
        assert round(abs(outcome.seconds - 1e-3), 7) == 0
        assert (outcome.rounds, outcome.visible_seconds) == ([], 0.0)

    def test_stragglers_cost_time_and_make_intervals_longer(self):
        from dataclasses import replace
        punctual = replace(self.late, spread=0.0, stall=0.0)
        late, never_late = (self.simulate(c, 100_000, 1_000) for c in (self.late, punctual))
        assert late.seconds > never_late.seconds
        assert late.mean_interval > never_late.mean_interval
        assert late.stalled_seconds > 0.0

    def test_computing_goes_on_during_an_exchange(self):
        # ten exchanges of a millisecond beside ten milliseconds of documents: hidden but for the
        # last
        outcome = self.simulate(self.Cluster(3, 1e-7, 1e-3, 0.0, poll=10), 100_000, 10_000)
        assert outcome.seconds < 0.0115
        assert abs(outcome.mean_staleness - 9_000) < 1_000

    def test_refused(self):
        for nodes, documents, interval in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
            with pytest.raises(ValueError):
                self.simulate(self.Cluster(nodes, 1e-7, 0.0, 0.0), documents, interval)


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
        assert round(abs(float(self.problem.gap(weights)[0]) - (1.0 - 0.5) / 0.5), 7) == 0

    def test_crossing(self):
        crossing = self.local_sgd.crossing
        assert round(abs(crossing(1.0, 0.01, 0.1) - 0.5), 7) == 0
        assert round(abs(crossing(1.0, 0.1, 0.1) - 1.0), 7) == 0
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
            assert round(abs(getattr(found, name) - getattr(law, name)), 9) == 0
        assert round(abs(found.error - 0.0), 7) == 0
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
        assert round(abs(found.a - 50.0), 7) == 0
        assert round(abs(found.q - 1.0), 7) == 0
        assert found.p == 0.0
        assert found.epochs(2, 16) == found.epochs(1024, 16)

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
        assert round(abs(document - 90.0), 7) == 0
        assert round(abs(merge - 3000.0), 7) == 0
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
        for code, says, more in ((2, "unknown option --fast", ("--fast",)),
                                 (2, "--network needs a value", ("--network",)),
                                 (2, "exclude", ("--rcv1", "a", "--train", "a")),
                                 (66, "fetch_rcv1.sh", ("--rcv1", self.dir))):
            with self.subtests.test(more=more):
                outcome = command.run(["bash", script, *more],
                                      env={**os.environ, "HOGWILD_SKIP_PACKAGES": "1"})
                self.check_refused(outcome, code, "scaling_model", says)
