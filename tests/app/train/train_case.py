"""What the tests of `hogwild train` share."""

import command

ROWS = 600
CCAT = ("--category", "CCAT")

# enough to learn the small data
LEARN = ("--batch-size", "20", "--iterations", "100", "--learning-rate", "0.05")


class Run:
    """A finished training run and its log."""

    def __init__(self, outcome, log):
        self.outcome = outcome
        rows = command.read_json_lines(log) if log.exists() else []
        self.start = rows[0] if rows else None
        self.evaluations = rows[1:-1]
        self.result = rows[-1] if rows else None


class TrainTest(command.Case):
    @classmethod
    def setup_class(cls):
        cls.documents = command.make_documents(ROWS)
        cls.test_documents = command.make_documents(200, seed=2, first_id=50_000)
        cls.train_set = command.convert(cls.documents, cls.shared / "train.h5",
                                        "--shuffle-seed", "1")
        cls.test_set = command.convert(cls.test_documents, cls.shared / "test.h5")

    def run_train(self, ranks, *options, name="run", code=0):
        log = self.dir / (name + ".jsonl")
        if "--train" not in options:
            options = ("--train", self.train_set, *CCAT, *options)
        outcome = command.hogwild(ranks, "train", *options, "--log", log, cwd=self.dir)
        self.check(outcome, code)
        return Run(outcome, log)

    def model(self, name):
        """Weights and bias as bytes."""
        h5py = command.need("h5py")
        with h5py.File(self.dir / name, "r") as file:
            return file["weights"][:].tobytes() + file["bias"][()].tobytes()
