"""What the tests of `hogwild sweep` share."""
import csv

import command

CCAT = ("--category", "CCAT")
SHORT = ("--batch-size", "20", "--iterations", "20")
GRID = ("--learning-rate", "0.01,0.05,0.2", "--lambda", "1e-5,1e-2", *SHORT)


class SweepTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.train_set = command.convert(command.make_documents(600), cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(command.make_documents(200, seed=2, first_id=50_000),
                                       cls.shared / "test.h5")

    def words(self, *options):
        if "--train" not in options:
            options = ("--train", self.train_set, *CCAT, *options)
        return ("sweep", *options)

    def sweep(self, ranks, *options, code=0):
        outcome = command.hogwild(ranks, *self.words(*options), cwd=self.dir)
        return self.check(outcome, code)

    def refused(self, ranks, code, *options, says=()):
        outcome = command.hogwild(ranks, *self.words(*options), cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)

    def csv(self, name="sweep.csv"):
        with open(self.dir / name, newline="") as file:
            return list(csv.DictReader(file))

    def state(self, name="state.jsonl"):
        return command.read_json_lines(self.dir / name)

    def validation(self, name="sweep.csv"):
        """Of every training: its options and seed, and what came of it."""
        return {(row["lambda"], row["learning-rate"], row["seed"]):
                (row["validation_objective"], row["validation_accuracy"]) for row in self.csv(name)}

    def best(self, outcome):
        """The values in the marked row of the table."""
        rows = [line.split() for line in outcome.out.splitlines() if line.startswith("*  ")]
        assert len(rows) == 1, str(outcome)
        return rows[0][1:]
