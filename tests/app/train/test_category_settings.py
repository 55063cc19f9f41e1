"""Settings by category: `train --category-settings`."""
import csv

import command
from train_case import Run

DUAL = ("--strategy", "dual", "--loss", "hinge", "--lambda", "1e-3", "--gap", "1e-4",
        "--precision", "float")
SGD = ("--strategy", "lock-free", "--loss", "hinge", "--regularizer", "l2", "--lambda", "1e-3",
       "--precision", "float", "--batch-size", "1", "--sampling", "permutation", "--epochs", "20",
       "--learning-rate", "0.5", "--evaluate-every", "0")
TRAINED = ["CCAT", "ECAT", "MC,T"]
# what each of them has of its own, as options of a run of that category alone
OWN = {"CCAT": ("--lambda", "2e-3", "--class-weight", "3:1"),
       "ECAT": ("--class-weight", "1:2", "--threshold", "-0.25"),
       "MC,T": ("--lambda", "3e-4", "--threshold", "0.125")}
SETTINGS = ('category,lambda,positive_weight,threshold,negative_weight\r\n'
            'CCAT,2e-3,3,,\r\n'
            '"MC,T",3e-4,,0.125,\r\n'
            'ECAT,,1,-0.25,2\r\n')


class TestCategorySettings(command.Case):
    @classmethod
    def setup_class(cls):
        documents = [d._replace(topics=tuple("MC,T" if t == "MCAT" else t for t in d.topics))
                     for d in command.make_documents(800)]
        cls.train_set = command.convert(documents[:600], cls.shared / "train.h5")
        cls.test_set = command.convert(documents[600:], cls.shared / "test.h5")

    def settings(self, text=SETTINGS):
        (self.dir / "s.csv").write_bytes(text.encode())
        return ("--category-settings", "s.csv")

    def train(self, ranks, *options, name="run"):
        log = self.dir / (name + ".jsonl")
        outcome = command.hogwild(
            ranks, "train", "--train", self.train_set, "--test", self.test_set,
            *command.last_wins(options), "--log", log, "--model", self.dir / (name + ".h5"),
            cwd=self.dir)
        return Run(self.check(outcome), log)

    def refuse(self, code, text, *says, options=("--category", "all", *DUAL)):
        (self.dir / "bad.csv").write_text(text)
        outcome = command.hogwild(2, "train", "--train", self.train_set, *options,
                                  "--category-settings", "bad.csv", "--model", "no.h5",
                                  cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)
        assert not (self.dir / "no.h5").exists()

    def model(self, name):
        """By category: weights and bias, lambda, class weights and threshold."""
        h5py, np = command.need("h5py", "numpy")
        with h5py.File(self.dir / (name + ".h5"), "r") as file:
            names = [text.decode() for text in file["output_categories"][:]]
            figures = [file["output_" + figure][:] for figure in
                       ("lambdas", "class_weights_positive", "class_weights_negative",
                        "thresholds")]
            return file["columns"][:], {
                category: (np.append(file["weights"][:, k], file["bias"][k]),
                           *(figure[k] for figure in figures))
                for k, category in enumerate(names)}

    def single(self, name, columns):
        h5py, np = command.need("h5py", "numpy")
        with h5py.File(self.dir / (name + ".h5"), "r") as file:
            weights = np.append(file["weights"][:][columns], file["bias"][0]).astype("float32")
            return (weights, *(file.attrs[name] for name in (
                "lambda", "class_weight_positive", "class_weight_negative", "threshold")))

    def table(self, name):
        with open(self.dir / name, newline="") as file:
            return {row["category"]: row for row in csv.DictReader(file)}

    def test_each_category_as_in_a_run_of_its_own(self):
        """Bit for bit with dual; and the files say what was in effect."""
        for ranks in (1, 2):
            run = self.train(ranks, "--category", "all", *DUAL, *self.settings(),
                             "--category-table", "t.csv", name="all")
            columns, outputs = self.model("all")
            results, rows = run.result["category_results"], self.table("t.csv")
            assert results["category"] == sorted(TRAINED) == sorted(rows)
            for k, category in enumerate(results["category"]):
                own = self.train(1, "--category", category, *DUAL, *OWN[category], name="one")
                weights, *figures = self.single("one", columns)
                assert (outputs[category][0] == weights).all(), category
                assert list(outputs[category][1:]) == figures, category
                names = ("lambda", "positive_weight", "negative_weight", "threshold")
                assert [results[name][k] for name in names] == figures
                assert [float(rows[category][name]) for name in names] == figures
                assert rows[category]["learning_rate"] == ""
                assert abs(float(rows[category]["objective"])
                           - own.result["test_objective"]) < 1e-6
                for measure in ("objective", "loss", "accuracy", "f1", "auc",
                                "average_precision"):
                    assert abs(results["validation_" + measure][k]
                               - own.result["validation_" + measure]) < 1e-6, measure
            assert run.start["lambda"] == 2e-3  # the largest

    def test_a_table_is_a_file_of_settings(self):
        """The thresholds of its run, too; and of several strategies."""
        for options in (DUAL, SGD):
            first = self.train(2, "--category", "all", *options, "--threshold", "f1",
                               "--split", "categories", "--class-weight", "balanced",
                               "--category-table", "1.csv", name="first")
            # the run's own settings are no longer in effect
            again = self.train(2, "--category", "all", *options, "--lambda", "1",
                               "--split", "categories", "--learning-rate", "0.01",
                               "--category-settings", "1.csv", "--category-table", "2.csv",
                               name="again")
            assert (self.dir / "1.csv").read_text() == (self.dir / "2.csv").read_text()
            assert first.result["test_micro_f1"] == again.result["test_micro_f1"]
            assert len({row["threshold"] for row in self.table("1.csv").values()}) == 3

    def test_steps_and_decay_of_a_weight_matrix(self):
        """As runs of single categories with their learning rates and lambdas, but for rounding."""
        rates = {"CCAT": "0.1", "ECAT": "0.5", "MC,T": "0.02"}
        lines = ["category,lambda,learning_rate"]
        lines += [f'"{c}",{lam},{rates[c]}' for c, lam in zip(TRAINED, ("1e-2", "1e-3", "3e-2"))]
        self.settings("\n".join(lines) + "\n")
        np = command.need("numpy")
        for schedule in ("constant", "decay", "inverse"):
            run = self.train(1, "--category", "all", *SGD, "--schedule", schedule,
                             "--category-settings", "s.csv", name="all")
            columns, outputs = self.model("all")
            results = run.result["category_results"]
            for category, (weights, lam, *_) in outputs.items():
                self.train(1, "--category", category, *SGD, "--schedule", schedule, "--lambda",
                           str(lam), "--learning-rate", rates[category], name="one")
                single = self.single("one", columns)[0]
                assert np.abs(weights - single).max() < 1e-3 * np.abs(single).max(), category
                k = results["category"].index(category)
                assert results["learning_rate"][k] == float(rates[category])
                assert results["lambda"][k] == lam

    def test_categories_dealt_to_ranks_keep_their_bits(self):
        self.settings("category,lambda,learning_rate\nCCAT,3e-2,0.9\n"
                      "ECAT,1e-2,0.2\n")
        for ranks in (1, 2, 3):
            self.train(ranks, "--category", "all", *SGD, "--split", "categories",
                       "--category-settings", "s.csv", name=f"m{ranks}")
        outputs = [self.model(f"m{ranks}")[1] for ranks in (1, 2, 3)]
        for category in TRAINED:
            for other in outputs[1:]:
                assert (other[category][0] == outputs[0][category][0]).all(), category

    def test_lambda_of_some_is_tried_out(self):
        self.settings("category,lambda\nECAT,0.0123\n")
        auto = ("--category", "all", *DUAL, "--lambda", "auto")
        plain = self.train(2, *auto).result["category_results"]
        given = self.train(2, *auto, "--category-settings", "s.csv").result["category_results"]
        expected = [0.0123 if c == "ECAT" else lam
                    for c, lam in zip(plain["category"], plain["lambda"])]
        assert given["lambda"] == expected != plain["lambda"]

    def test_other_strategies(self):
        for strategy in ("locked", "synchronous", "downpour", "sequential"):
            ranks = 1 if strategy == "sequential" else 2
            run = self.train(ranks, "--category", "all", "--strategy", strategy, "--regularizer",
                             "l2", "--epochs", "3", "--batch-size", "4", *self.settings())
            assert run.result["category_results"]["lambda"] == [2e-3, 1e-4, 3e-4]

    def test_one_weight_of_a_class(self):
        """The other one is the run's, also that of --class-weight balanced."""
        self.settings("category,positive_weight,negative_weight\nCCAT,3,\n"
                      "ECAT,,5\n")
        balanced = self.train(1, "--category", "all", *DUAL, "--class-weight", "balanced")
        for weights in ("balanced", "2:7"):
            results = self.train(1, "--category", "all", *DUAL, "--class-weight", weights,
                                 "--category-settings", "s.csv").result["category_results"]
            usual = balanced.result["category_results"]
            positive, negative = ((usual["positive_weight"], usual["negative_weight"])
                                  if weights == "balanced" else ([2] * 3, [7] * 3))
            assert results["positive_weight"] == [3, positive[1], positive[2]]
            assert results["negative_weight"] == [negative[0], 5, negative[2]]

    def test_what_is_refused(self):
        self.refuse(65, "", "bad.csv:1:", "head")
        self.refuse(65, "lambda,category\n", "bad.csv:1:", "first column")
        self.refuse(65, "category,lambd\n", "bad.csv:1:", "'lambd'", "'lambda'")
        self.refuse(65, "category,lambda,lambda\n", "bad.csv:1:", "twice")
        self.refuse(65, "category,lambda\nCCAT,1\n\nCCAD,2\n", "bad.csv:4:", "'CCAD'", "'CCAT'")
        self.refuse(65, 'category,lambda\nCCAT,1\n"CCAT",2\n', "bad.csv:3:", "twice")
        self.refuse(65, "category,lambda\nCCAT\n", "bad.csv:2:", "fields")
        self.refuse(65, 'category,lambda\n"CCAT,1\n', "bad.csv:2:", "no end")
        for column, values in {"lambda": ("-1", "x", "1e999", "nan", " 1"), "threshold": ("inf",),
                               "positive_weight": ("0", "1e31"), "negative_weight": ("-2",),
                               "learning_rate": ("0",)}.items():
            for value in values:
                self.refuse(65, f"category,{column}\nECAT,{value}\n", "bad.csv:2:", column)
        self.refuse(2, "category,learning_rate\nCCAT,1\n", "bad.csv", "learning rates", "dual")
        self.refuse(2, "category,lambda\nCCAT,0\n", "bad.csv", "above 0", "CCAT")
        self.refuse(2, SETTINGS, "--category-settings", "several",
                    options=("--category", "CCAT", *DUAL))
        self.refuse(2, SETTINGS, "--split categories", "--schedule inverse",
                    options=("--category", "all", *SGD, "--schedule", "inverse", "--split",
                             "categories"))
        outcome = command.hogwild(2, "train", "--train", self.train_set, "--category", "all",
                                  *DUAL, "--category-settings", "none.csv", cwd=self.dir)
        self.check_refused(outcome, 66, "hogwild", "none.csv")
        outcome = command.hogwild(1, "train", "--train", self.train_set, "--category", "all",
                                  *DUAL, *self.settings(), "--category-table",
                                  "s.csv", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "s.csv")
        assert (self.dir / "s.csv").read_bytes() == SETTINGS.encode()
