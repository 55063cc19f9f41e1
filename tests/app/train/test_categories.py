"""Several categories at once: `train --category all`, lists and patterns."""
import csv

import command
from train_case import Run

# one category is rare, ALL is of every document, NONE of no training document
DUAL = ("--strategy", "dual", "--loss", "hinge", "--lambda", "1e-3", "--gap", "1e-4",
        "--precision", "float")
SGD = ("--strategy", "lock-free", "--loss", "hinge", "--regularizer", "l2", "--lambda", "1e-3",
       "--precision", "float", "--batch-size", "1", "--sampling", "permutation", "--epochs", "20",
       "--learning-rate", "0.5", "--schedule", "decay", "--decay", "0.85")
TRAINED = ["CCAT", "ECAT", "MCAT"]


def in_bfloat16(options):
    return tuple("bfloat16" if option == "float" else option for option in options)


class TestCategories(command.Case):
    @classmethod
    def setup_class(cls):
        documents = [d._replace(topics=(*d.topics, "ALL"))
                     for d in command.make_documents(600)]
        test = [d._replace(topics=(*d.topics, "ALL", *(("NONE",) if d.id % 7 == 0 else ())))
                for d in command.make_documents(200, seed=2, first_id=50_000)]
        everything = command.convert(documents + test, cls.shared / "names.h5")
        cls.names = command.inspect(everything)[0]["topics"]
        # the topics of both sets are those of all documents
        folder = cls.shared
        for name, part in (("train", documents), ("test", test)):
            vectors = command.write_vectors(folder / f"{name}.dat", part)
            topics = command.write_topics(folder / "topics.qrels", documents + test)
            outcome = command.tool("rcv1_to_hdf5", "--vectors", vectors, "--topics", topics,
                                   "--output", folder / f"{name}.h5", "--no-shuffle", "--quiet")
            assert outcome.code == 0, str(outcome)
        cls.train_set, cls.test_set = folder / "train.h5", folder / "test.h5"

    def train(self, ranks, *options, name="run", test=True):
        log = self.dir / (name + ".jsonl")
        files = ("--train", self.train_set, *(("--test", self.test_set) if test else ()))
        outcome = command.hogwild(ranks, "train", *files, *command.last_wins(options), "--log", log,
                                  "--model", self.dir / (name + ".h5"), cwd=self.dir)
        return Run(self.check(outcome), log)

    def column(self, model, category):
        """The weights and the bias of a category in a model of several."""
        h5py, np = command.need("h5py", "numpy")
        with h5py.File(self.dir / model, "r") as file:
            names = [name.decode() for name in file["output_categories"][:]]
            place = names.index(category)
            return np.append(file["weights"][:, place], file["bias"][place])

    def single(self, model):
        h5py, np = command.need("h5py", "numpy")
        with h5py.File(self.dir / model, "r") as file:
            weights = file["weights"][:].astype("float32")
            return weights, np.float32(file["bias"][0])

    def test_dual_gives_each_category_the_weights_of_its_own_run(self):
        """Bit for bit, on any number of ranks: each category is trained by one rank."""
        h5py, np = command.need("h5py", "numpy")
        run = self.train(1, "--category", "all", *DUAL, name="all")
        assert run.start["categories"] == TRAINED
        assert sorted(run.start["skipped_categories"]) == ["ALL", "NONE"]
        assert run.result["duality_gap"] <= 1e-4
        for ranks in (2, 3):
            self.train(ranks, "--category", "all", *DUAL, name=f"all{ranks}")
            for category in TRAINED:
                assert (self.column(f"all{ranks}.h5", category)
                        == self.column("all.h5", category)).all(), category
        with h5py.File(self.dir / "all.h5", "r") as file:
            columns = file["columns"][:]
        objectives = []
        for category in TRAINED:
            own = self.train(1, "--category", category, *DUAL, name=category)
            weights, bias = self.single(category + ".h5")
            assert (self.column("all.h5", category) == np.append(weights[columns], bias)).all()
            objectives.append(own.result["train_objective"])
        assert abs(np.mean(objectives) - run.result["train_objective"]) < 1e-6

    def test_classes_are_balanced_category_by_category(self):
        h5py, np = command.need("h5py", "numpy")
        balanced = (*DUAL, "--class-weight", "balanced")
        self.train(2, "--category", "all", *balanced, name="all")
        with h5py.File(self.dir / "all.h5", "r") as file:
            columns = file["columns"][:]
        for category in TRAINED:
            self.train(1, "--category", category, *balanced, name="one")
            weights, bias = self.single("one.h5")
            assert (self.column("all.h5", category) == np.append(weights[columns], bias)).all()

    def test_sgd_comes_as_far_as_runs_of_single_categories(self):
        for ranks in (1, 2):
            both = self.train(ranks, "--category", "CCAT,ECAT", *SGD, name=f"both{ranks}")
            assert both.start["categories"] == ["CCAT", "ECAT"]
            single = [self.train(1, "--category", c, *SGD, name=c).result["train_objective"]
                      for c in ("CCAT", "ECAT")]
            mean = sum(single) / 2
            # two ranks on 540 documents: up to a tenth, single runs too
            bound = 1e-6 if ranks == 1 else 0.3
            assert abs(both.result["train_objective"] - mean) <= bound * mean, ranks

    def test_sgd_with_categories_dealt_to_ranks(self):
        """The weights of one rank, bit for bit, also where ranks have nothing to do."""
        self.train(1, "--category", "all", *SGD, "--evaluate-every", "0", name="one")
        for ranks in (2, 5):
            run = self.train(ranks, "--category", "all", *SGD, "--split", "categories",
                             name="dealt")
            assert run.result["samples"] == 20 * 540
            for category in TRAINED:
                assert (self.column("dealt.h5", category) == self.column("one.h5", category)).all()
        often = self.train(2, "--category", "all", *SGD, "--split", "categories",
                           "--evaluate-every", "540", name="often")
        assert len(often.evaluations) == 20
        assert abs(often.result["train_objective"] / run.result["train_objective"] - 1) < 1e-3

    def test_ranks_that_share_the_matrix_have_private_rows(self):
        """As many as asked for; a rank that has its matrix alone has none, and keeps its bits."""
        all_of = ("--category", "all", *SGD, "--split", "documents")
        plain = self.train(1, *all_of, name="plain")
        asked = self.train(1, *all_of, "--hot-features", "50", name="asked")
        dealt = self.train(2, *all_of, "--split", "categories", "--hot-features", "50")
        for run in (plain, asked, dealt):
            assert (run.start["hot_features"], run.start["merge_every"]) == (0, None)
            assert run.result["hot_staleness_median"] is None
        for category in TRAINED:
            assert (self.column("asked.h5", category) == self.column("plain.h5", category)).all()
        occur = len(self.column("plain.h5", "CCAT")) - 1
        for precision in ("float", "bfloat16"):
            for options, head in ((("--hot-features", "0"), (0, None)),
                                  (("--hot-features", "50", "--merge-every", "9"), (50, 9)),
                                  ((), (min(1024, occur), 128))):
                run = self.train(2, *all_of, "--precision", precision, *options)
                assert (run.start["hot_features"], run.start["merge_every"]) == head
                assert (run.result["hot_staleness_median"] is None) == (head[0] == 0)
                ratio = run.result["train_objective"] / plain.result["train_objective"]
                assert abs(ratio - 1) < 0.3, (precision, head)  # on 540 documents: up to a tenth
                assert run.result["train_objective"] > 0.0

    def test_bfloat16_comes_as_far_as_float(self):
        """With categories dealt to ranks the same bits on any number of them: the rounding of a
        weight does not depend on what else is in the matrix."""
        h5py, np = command.need("h5py", "numpy")
        exact = self.train(1, "--category", "all", *SGD, name="float").result
        sgd = ("--category", "all", *in_bfloat16(SGD), "--evaluate-every", "0")
        models = []
        for ranks, split in ((1, "documents"), (1, "categories"), (2, "categories"),
                             (3, "categories"), (2, "documents")):
            run = self.train(ranks, *sgd, "--split", split, name="bf16")
            assert run.start["options"]["precision"] == "bfloat16"
            assert run.result["verdict"] == "VALID"
            ratio = run.result["train_objective"] / exact["train_objective"]
            shared = ranks > 1 and split == "documents"  # on 540 documents: up to a tenth
            assert abs(ratio - 1) < (0.3 if shared else 0.01)
            with h5py.File(self.dir / "bf16.h5", "r") as file:
                weights, bias = file["weights"][:], file["bias"][:]
            models.append(np.vstack([weights, bias]))
            # each is a float whose lower half is 0, but for those of the bias
            assert (weights.astype("<f4").view("<u4") % 2**16 == 0).all()
            assert (weights != 0).any() and (bias.astype("<f4").view("<u4") % 2**16 != 0).any()
            outcome = self.check(command.hogwild(1, "predict", "--model", "bf16.h5", "--data",
                                                 self.test_set, "--output", "p.tsv", cwd=self.dir))
            assert f"F1 {run.result['test_micro_f1']:.4f}" in outcome.out
        assert all((model == models[0]).all() for model in models[1:4])

    def test_dual_with_documents_divided(self):
        """All ranks at one category after another: certified, too."""
        both = [self.train(2, "--category", "all", *DUAL, "--split", split, name=split)
                for split in ("documents", "categories")]
        for run in both:
            assert run.result["duality_gap"] <= 1e-4
        objectives = [run.result["train_objective"] for run in both]
        assert abs(objectives[0] / objectives[1] - 1) < 2e-4
        self.train(5, "--category", "all", *DUAL, name="dealt")  # two ranks without a category
        for category in TRAINED:
            assert (self.column("dealt.h5", category)
                    == self.column("categories.h5", category)).all()

    def test_every_strategy(self):
        for strategy in ("locked", "atomic", "striped", "round-robin", "synchronous",
                         "asynchronous", "downpour"):
            for precision in ("float", "double"):
                run = self.train(2, "--category", "?CAT", "--strategy", strategy, "--regularizer",
                                 "l2", "--lambda", "1e-3", "--epochs", "5", "--batch-size", "4",
                                 "--precision", precision)
                assert run.start["categories"] == TRAINED
                assert run.result["verdict"] == "VALID"
                assert run.result["test_micro_f1"] > 0.6, (strategy, precision)
        run = self.train(1, "--category", "?CAT", "--strategy", "sequential", "--regularizer", "l2",
                         "--lambda", "1e-3", "--epochs", "3", "--batch-size", "4")
        assert run.result["test_micro_f1"] > 0.7

    def test_objectives_of_all_regularizers(self):
        """Those of the runs of each category, whose weights are the same but for float."""
        for regularizer in ("document-degree", "scalar", "feature-degree", "none"):
            settings = ("--strategy", "sequential", "--regularizer", regularizer, "--lambda",
                        "1e-3", "--epochs", "2", "--batch-size", "4", "--evaluate-every", "0")
            both = self.train(1, "--category", "CCAT,ECAT", *settings)
            single = [self.train(1, "--category", c, *settings).result for c in ("CCAT", "ECAT")]
            for key in ("train_objective", "validation_objective", "test_objective"):
                mean = sum(result[key] for result in single) / 2
                assert abs(both.result[key] - mean) < 1e-6, (regularizer, key)

    def test_evaluations_on_the_way_change_nothing(self):
        """At the ends of epochs, each of 540 documents."""
        plain = self.train(2, "--category", "all", *DUAL, name="plain")
        often = self.train(2, "--category", "all", *DUAL, "--evaluate-every", "540", name="often")
        assert len(plain.evaluations) == 1 and len(often.evaluations) > 1
        for category in TRAINED:
            assert (self.column("plain.h5", category) == self.column("often.h5", category)).all()

    def test_table_log_model_and_predictions_agree(self):
        """Counted again from the lines of predict."""
        run = self.train(2, "--category", "all", *DUAL, "--threshold", "f1", "--category-table",
                         "table.csv", name="all")
        with open(self.dir / "table.csv", newline="") as file:
            table = {row["category"]: row for row in csv.DictReader(file)}
        assert list(table) == ["ECAT", "CCAT", "MCAT"]  # by frequency
        labels = {}
        for line in (self.shared / "topics.qrels").read_text().splitlines():
            topic, document, _ = line.split()
            labels.setdefault(int(document), set()).add(topic)
        for ranks in (1, 3):
            outcome = self.check(command.hogwild(
                ranks, "predict", "--model", "all.h5", "--data", self.test_set, "--output",
                f"{ranks}.tsv", cwd=self.dir))
            assert "200 documents scored for 3 categories" in outcome.out
            assert f"F1 {run.result['test_micro_f1']:.4f}" in outcome.out
            assert f"F1 {run.result['test_macro_f1']:.4f}" in outcome.out
        text = (self.dir / "1.tsv").read_text()
        assert text == (self.dir / "3.tsv").read_text()
        counts = {category: [0, 0, 0] for category in TRAINED}  # hits, predicted, labelled
        exact = 0
        for line in text.splitlines():
            document, _, rest = line.partition("\t")
            scores = [pair.rsplit(":", 1) for pair in rest.split("\t") if pair]
            assert [float(s) for _, s in scores] == sorted((float(s) for _, s in scores),
                                                           reverse=True)
            predicted, own = {name for name, _ in scores}, labels[int(document)]
            exact += predicted == own & set(TRAINED)
            for category, count in counts.items():
                count[0] += category in predicted and category in own
                count[1] += category in predicted
                count[2] += category in own
        for category, (hits, predicted, labelled) in counts.items():
            row = table[category]
            assert (int(row["predicted"]), int(row["positives"])) == (predicted, labelled)
            assert abs(float(row["f1"]) - 2 * hits / (predicted + labelled)) < 1e-9
        sums = [sum(count[k] for count in counts.values()) for k in range(3)]
        assert abs(run.result["test_micro_f1"] - 2 * sums[0] / (sums[1] + sums[2])) < 1e-9
        macro = sum(2 * c[0] / (c[1] + c[2]) for c in counts.values()) / 3
        assert abs(run.result["test_macro_f1"] - macro) < 1e-9
        assert abs(run.result["test_exact_match"] - exact / 200) < 1e-9

    def test_training_documents_as_test_documents(self):
        log = self.dir / "same.jsonl"
        self.check(command.hogwild(
            2, "train", "--train", self.train_set, "--test", self.train_set, "--category", "all",
            *DUAL, "--validation-fraction", "0", "--log", log, cwd=self.dir))
        result = Run(None, log).result
        for figure in ("objective", "micro_f1", "macro_f1", "exact_match", "coverage",
                       "ranking_loss", "one_error"):
            assert abs(result["train_" + figure] - result["test_" + figure]) < 1e-9, figure

    def test_one_category_of_a_model(self):
        """predict --category: as the model of that category alone."""
        self.train(1, "--category", "all", *DUAL, name="all")
        self.train(1, "--category", "CCAT", *DUAL, name="one")
        for model, options in (("all.h5", ("--category", "CCAT")), ("one.h5", ())):
            self.check(command.hogwild(1, "predict", "--model", model, "--data", self.test_set,
                                       "--output", model + ".tsv", *options, cwd=self.dir))
        scores = [[line.split("\t") for line in (self.dir / f"{name}.h5.tsv").read_text()
                   .splitlines()] for name in ("all", "one")]
        for (id_a, score_a, label_a), (id_b, score_b, label_b) in zip(*scores):
            assert (id_a, label_a) == (id_b, label_b)
            assert abs(float(score_a) - float(score_b)) < 1e-5

    def test_texts_and_orders(self):
        self.train(1, "--category", "all", *DUAL, name="all")
        documents = command.make_documents(200, seed=2, first_id=50_000)
        command.write_text(self.dir / "test.svm",
                           "".join(d.svmlight_line("CCAT") for d in documents))
        self.check(command.hogwild(2, "predict", "--model", "all.h5", "--input", "test.svm",
                                   "--output", "text.tsv", cwd=self.dir))
        self.check(command.hogwild(2, "predict", "--model", "all.h5", "--data", self.test_set,
                                   "--output", "data.tsv", "--order", "id", cwd=self.dir))
        lines = [(self.dir / name).read_text().splitlines() for name in ("text.tsv", "data.tsv")]
        assert [line.split("\t", 1)[1] for line in lines[0]] == [
            line.split("\t", 1)[1] for line in lines[1]]
        # a file of predictions may be replaced, another may not
        self.check(command.hogwild(1, "predict", "--model", "all.h5", "--data", self.test_set,
                                   "--output", "data.tsv", cwd=self.dir))
        command.write_text(self.dir / "mine.txt", "1\n2\n")
        outcome = command.hogwild(1, "predict", "--model", "all.h5", "--data", self.test_set,
                                  "--output", "mine.txt", cwd=self.dir)
        self.check_refused(outcome, 73, "hogwild", "mine.txt")

    def test_matrix_of_scores(self):
        """Says the same as the lines, on any number of ranks."""
        h5py, np = command.need("h5py", "numpy")
        self.train(1, "--category", "all", *DUAL, "--threshold", "f1", name="all")
        predict = ("predict", "--model", "all.h5", "--data", self.test_set)
        self.check(command.hogwild(1, *predict, "--output", "p.tsv", "--order", "file",
                                   cwd=self.dir))
        with h5py.File(self.dir / "all.h5", "r") as model:
            thresholds = model["output_thresholds"][:]
        for ranks in (1, 3):
            self.check(command.hogwild(ranks, *predict, "--matrix", "p.h5", cwd=self.dir))
            with h5py.File(self.dir / "p.h5", "r") as file:
                names = [name.decode() for name in file["categories"][:]]
                scores, ids = file["scores"][:], file["document_id"][:]
            lines = (self.dir / "p.tsv").read_text().splitlines()
            assert (scores.shape, len(ids)) == ((len(lines), 3), len(lines))
            for line, document, row in zip(lines, ids, scores):
                told, _, rest = line.partition("\t")
                pairs = dict(pair.rsplit(":", 1) for pair in rest.split("\t") if pair)
                assert int(told) == document
                assert {name: np.float32(score) for name, score in pairs.items()} == {
                    name: row[k] for k, name in enumerate(names) if row[k] > thresholds[k]}
        (self.dir / "node").mkdir()
        self.check(command.hogwild(2, *predict, "--matrix", "r.h5", "--stage", "node",
                                   cwd=self.dir))
        assert any((self.dir / "node").glob("test.*.h5"))
        for options, says in ((("--matrix", "q.h5", "--output", "q.tsv"), "exclude each other"),
                              ((), "--output FILE is required")):
            outcome = command.hogwild(1, *predict, *options, cwd=self.dir)
            self.check_refused(outcome, 2, "hogwild", says)
        self.train(1, "--category", "CCAT", *DUAL, name="one")
        outcome = command.hogwild(1, "predict", "--model", "one.h5", "--data", self.test_set,
                                  "--matrix", "q.h5", cwd=self.dir)
        self.check_refused(outcome, 2, "hogwild", "several categories")
        assert not (self.dir / "q.h5").exists()

    def refuse(self, code, options, *says):
        outcome = command.hogwild(2, "train", "--train", self.train_set, "--quiet",
                                  *command.last_wins(options), cwd=self.dir)
        self.check_refused(outcome, code, "hogwild", *says)

    def test_choices_without_categories(self):
        self.refuse(65, ("--category", "X*", *DUAL), "--category X*", "no category 'X*'")
        self.refuse(65, ("--category", "CCAT,ECAP", *DUAL), "no category 'ECAP'", "'ECAT'")
        self.refuse(65, ("--category", "A*,N*", *DUAL), "nothing to tell apart")
        self.refuse(2, (), "--category all")

    def test_groups_of_ranks_exchange_the_matrix(self):
        """As on several nodes; an exchange every half epoch."""
        alone = self.train(1, "--category", "all", *SGD, name="alone").result
        for combine, most in (("mean", 1.2), ("elastic", 1.2), ("sum", 4)):
            both = self.train(2, "--category", "all", *SGD, "--split", "documents", "--combine",
                              combine, "--replicas-per-node", "2", "--exchange-every", "300",
                              name=combine).result
            assert both["replicas"] == 2 and both["exchange"]["exchanges"] > 5
            assert both["samples"] == alone["samples"]
            assert both["train_objective"] < most * alone["train_objective"], combine

    def test_what_is_for_one_category(self):
        several = ("--category", "all", *SGD)
        self.refuse(2, (*several, "--average"), "--average", "one category")
        self.refuse(2, (*several, "--lambda", "auto"), "--lambda auto", "dual")
        self.refuse(2, ("--category", "all", "--strategy", "locked", "--regularizer", "l2",
                        "--split", "categories"), "--split categories")
        self.refuse(2, ("--category", "CCAT", *SGD, "--category-table", "t.csv"),
                    "--category-table", "several")
        for options in (("--split", "documents"), ("--fbr", "0.1", "--threshold", "f1")):
            self.refuse(2, ("--category", "CCAT", *SGD, *options), options[0], "several")
        self.refuse(2, ("--category", "all", *DUAL, "--lambda", "auto", "--split", "documents"),
                    "--lambda auto", "--split documents")
        assert self.names and not (self.dir / "t.csv").exists()

    def test_bfloat16_without_a_matrix(self):
        for options in (DUAL, (*SGD, "--regularization", "exact")):
            self.refuse(2, ("--category", "all", *in_bfloat16(options)),
                        "--precision bfloat16", "lock-free", "aggregated")
        self.refuse(2, ("--category", "CCAT", *in_bfloat16(SGD)),
                    "--precision bfloat16", "several categories")

    def test_each_category_has_its_own_lambda_and_threshold(self):
        h5py = command.need("h5py")
        self.train(2, "--category", "all", "--strategy", "dual", "--loss", "hinge", "--precision",
                   "float", "--lambda", "auto", "--threshold", "f1", "--fbr", "0.9", name="auto")
        with h5py.File(self.dir / "auto.h5", "r") as file:
            lambdas, thresholds = file["output_lambdas"][:], file["output_thresholds"][:]
        assert len(set(lambdas)) > 1 and (lambdas > 0).all()
        assert len(set(thresholds)) == 3
        # MCAT cannot be learnt: its threshold is the highest score, above which nothing is
        outcome = self.check(command.hogwild(1, "predict", "--model", "auto.h5", "--data",
                                             self.train_set, "--output", "p.tsv", cwd=self.dir))
        assert "600 documents" in outcome.out
        assert (self.dir / "p.tsv").read_text().count("MCAT:") < 60
