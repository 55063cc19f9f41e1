"""jobs/research/scaling: the formulas' limits and the simulation of exchanges."""
import itertools

import pytest

import command

pytestmark = [pytest.mark.mpi]


class TestAllreduce:
    def setup_method(self):
        import network
        self.network = network
        self.net = network.Network("test", 1e-5, 1e-9, gamma=0.0, cpu_alpha=0.0, cpu_beta=0.0)

    def latency(self, nodes, size, algorithm, net=None):
        return self.network.allreduce(net or self.net, nodes, size, algorithm).latency

    def test_known_cases(self):
        assert self.latency(1, 1e6, "ring") == 0.0
        assert abs(self.latency(2, 1e6, "doubling") - (1e-5 + 1e-3)) < 5e-8
        assert abs(self.latency(8, 1e6, "doubling") - 3 * (1e-5 + 1e-3)) < 5e-8
        assert abs(self.latency(8, 1e6, "ring") - (14e-5 + 1.75e-3)) < 5e-8
        assert abs(self.latency(8, 1e6, "halving") - (6e-5 + 1.75e-3)) < 5e-8
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
        hidden = self.network.hidden_latency(exchange, 1e-4, 0.5)
        assert abs(hidden - (exchange.latency + 14 * 0.5e-4)) < 5e-8

    def test_named(self, subtests):
        named = self.network.Network.named
        for name in self.network.PUBLISHED:
            assert "not measured" in named(name).origin
        assert (named("1e-6,2e-10").alpha, named("1e-6,2e-10").beta) == (1e-6, 2e-10)
        for wrong in ("", "token-ring", "1e-6", "1,2,3", "-1,0", "nan,0", "0,inf"):
            with subtests.test(wrong=wrong), pytest.raises(ValueError):
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
        assert abs(self.machine.seconds_per_document - (1e-7 + 2e-6 / 128) / 2) < 5e-8
        assert (
            abs(self.seconds(self.slow, 1) - 1e7 * self.machine.seconds_per_document) < 5e-8
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

    def test_nodes_that_wait_have_no_exchange_for_nothing(self):
        from dataclasses import replace
        waiting = replace(self.law, waits=True)
        setting = self.closed_form.Setting(self.machine, self.slow)
        documents, nodes = 1_000_000, 4
        seconds = self.closed_form.timed(waiting, setting, nodes, documents, 5)[1].seconds
        training = self.law.one * documents / nodes * self.machine.seconds_per_document
        assert setting.waited_for(nodes) > setting.exchange(nodes).latency  # float64
        assert seconds == pytest.approx(training + 50 * setting.waited_for(nodes))
        dearer = replace(waiting, cost=1.5)
        assert (self.closed_form.timed(dearer, setting, nodes, documents, 5)[1].seconds
                == pytest.approx(seconds + 0.5 * training))

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
        assert abs(outcome.seconds - 1e-3) < 5e-8
        assert (outcome.rounds, outcome.visible_seconds) == ([], 0.0)

    def test_stragglers_cost_time_and_make_intervals_longer(self):
        from dataclasses import replace
        punctual = replace(self.late, spread=0.0, stall=0.0)
        late, never_late = (self.simulate(c, 100_000, 1_000) for c in (self.late, punctual))
        assert late.seconds > never_late.seconds
        assert late.mean_interval > never_late.mean_interval
        assert late.stalled_seconds > 0.0

    def test_nodes_that_wait_agree_with_the_formula(self):
        import closed_form
        for visible, documents, interval in itertools.product(
            (1e-6, 1e-3), (30_000, 50_500), (700, 20_000, 60_000)
        ):
            cluster = self.Cluster(5, 1e-7, 0.0, visible, 64, waits=True)
            outcome = self.simulate(cluster, documents, interval)
            expected = closed_form.run(1e-7, 0.0, visible, documents, interval)
            assert outcome.seconds == pytest.approx(expected.seconds, rel=1e-6)
            assert outcome.mean_staleness == 0.0

    def test_nodes_that_wait_wait_for_the_latest(self):
        from dataclasses import replace
        hidden = self.simulate(self.late, 20_000, 1_000)
        waited_for = self.simulate(replace(self.late, waits=True), 20_000, 1_000)
        assert waited_for.documents == hidden.documents
        assert waited_for.seconds > 1.2 * hidden.seconds
        for before, after in zip(waited_for.rounds, waited_for.rounds[1:]):
            assert min(after.posted) >= max(before.posted)

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
