"""Several vectors of shared weights, as on several nodes, but on this one (--replicas-per-node): what
users see of the exchange, its options, and checkpoints that cross from one layout to another."""
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

LEARN = ("--batch-size", "5", "--epochs", "20", "--learning-rate", "0.05", "--schedule", "decay",
         "--decay", "0.8", "--regularizer", "l2", "--precision", "float")
SHARED = ("lock-free", "locked", "atomic", "striped", "round-robin")
COMBINES = ("mean", "sum", "elastic")


class Windows(command.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train_set = command.convert(command.make_documents(900), cls.shared / "train.h5")

    def arguments(self, *options):
        return ("train", "--train", self.train_set, "--category", "CCAT", "--log",
                self.dir / "run.jsonl", *options)

    def train(self, ranks, *options, code=0):
        outcome = command.hogwild(ranks, *self.arguments(*options), timeout=120, cwd=self.dir)
        self.check(outcome, code)
        return outcome, command.read_json_lines(self.dir / "run.jsonl")

    def test_every_strategy_and_combine_reaches_what_one_window_does(self):
        for strategy in SHARED:
            _, rows = self.train(3, *LEARN, "--strategy", strategy)
            alone = rows[-1]
            self.assertIsNone(alone["exchange"])
            self.assertEqual((alone["nodes"], alone["windows"]), (1, 1))
            for combine in COMBINES:
                with self.subTest(strategy=strategy, combine=combine):
                    outcome, rows = self.train(3, *LEARN, "--strategy", strategy, "--combine",
                                               combine, "--replicas-per-node", "2",
                                               "--exchange-every", "100")
                    last = rows[-1]
                    self.assertEqual((last["nodes"], last["windows"]), (1, 2))
                    self.assertEqual(last["samples"], alone["samples"])
                    self.assertLess(last["train_objective"], 1.3 * alone["train_objective"] + 0.05)
                    exchange = last["exchange"]
                    self.assertGreater(exchange["exchanges"], 0)
                    self.assertGreater(exchange["visible_seconds"], 0)
                    self.assertGreater(exchange["bytes"], 0)
                    self.assertLessEqual(0, exchange["staleness_documents"])
                    self.assertIn("exchange: ", outcome.out)

    def test_a_window_for_each_rank_at_most(self):
        for windows, expected in (("2", 2), ("3", 3), ("1000000", 3), ("1", 1)):
            _, rows = self.train(3, *LEARN, "--replicas-per-node", windows)
            self.assertEqual(rows[0]["windows"], expected)
        _, rows = self.train(3, *LEARN, "--replicas-per-node", "numa")
        self.assertGreaterEqual(rows[0]["windows"], 1)

    def test_evaluate_later_and_average(self):
        for option in ("--evaluate-later", "--average"):
            _, rows = self.train(4, *LEARN, option, "--replicas-per-node", "2")
            self.assertEqual(rows[-1]["verdict"], "VALID")
            self.assertLess(rows[-1]["validation_objective"], rows[1]["validation_objective"])

    def test_node_aware_messages_cross_once(self):
        plain, aware = (self.train(4, *LEARN, "--strategy", "asynchronous", "--replicas-per-node",
                                   "2", *more)[1][-1] for more in ((), ("--node-aware",)))
        self.assertEqual(plain["traffic_messages"], 2 * aware["traffic_messages"])
        self.assertLess(aware["traffic_bytes"], plain["traffic_bytes"])

    def test_node_aware_downpour_speaks_through_one_server(self):
        options = (*LEARN, "--strategy", "downpour", "--servers", "2", "--replicas-per-node", "2")
        plain, aware = (self.train(4, *options, *more)[1][-1] for more in ((), ("--node-aware",)))
        self.assertEqual(plain["traffic_messages"], 2 * aware["traffic_messages"])
        self.assertAlmostEqual(aware["traffic_bytes"] / plain["traffic_bytes"], 1, delta=0.1)
        self.assertAlmostEqual(aware["train_objective"] / plain["train_objective"], 1, delta=0.1)

    def test_checkpoints_cross_from_one_layout_to_another(self):
        for strategy in SHARED:
            for before, after in (("1", "2"), ("2", "1"), ("3", "2")):
                with self.subTest(strategy=strategy, before=before, after=after):
                    options = (*LEARN, "--strategy", strategy, "--checkpoint",
                               self.dir / f"{strategy}{before}{after}.h5", "--resume")
                    _, rows = self.train(3, *options, "--replicas-per-node", before)
                    first = rows[-1]
                    longer = ["22" if o == "20" else o for o in options]
                    _, rows = self.train(3, *longer, "--replicas-per-node", after)
                    last = rows[-1]
                    self.assertAlmostEqual(last["epoch"], 22, delta=0.2)
                    self.assertLess(last["train_objective"], 1.1 * first["train_objective"])

    def test_usage(self):
        for options, says in ((("--combine", "product"), "--combine product"),
                              (("--elastic-rate", "0"), "--elastic-rate"),
                              (("--elastic-rate", "1.5"), "--elastic-rate"),
                              (("--exchange-every", "0"), "--exchange-every 0"),
                              (("--exchange-every", "often"), "--exchange-every often"),
                              (("--replicas-per-node", "0"), "--replicas-per-node 0"),
                              (("--replicas-per-node", "core"), "--replicas-per-node core"),
                              (("--node-aware",), "--node-aware")):
            outcome = command.hogwild(2, *self.arguments(*options), cwd=self.dir)
            self.check_refused(outcome, 2, "hogwild", says)


if __name__ == "__main__":
    command.main()
