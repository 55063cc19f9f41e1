"""`hogwild sweep --best-by-category`: lambda for each of several categories."""
import csv
import json

import pytest

import command
from sweep_case import SweepTest

pytestmark = [pytest.mark.mpi]
LAMBDAS = "1e-4,3e-3,1e-1,1"
SETTINGS = ("--strategy", "dual", "--loss", "hinge", "--precision", "float", "--gap", "1e-4",
            "--repetitions", "2")
DUAL = (*SETTINGS, "--lambda", LAMBDAS)
ALL = ("--category", "all")
BEST = ("--best-by-category", "best.csv")


class TestBestByCategory(SweepTest):
    @classmethod
    def setup_class(cls):
        # RARE is of so few documents that none is held out with one of the seeds
        documents = [d._replace(topics=(*d.topics, *(("RA,RE",) if i in (7, 205, 391) else ())))
                     for i, d in enumerate(command.make_documents(600))]
        cls.train_set = command.convert(documents, cls.shared / "train.h5", "--shuffle-seed", "1")

    def all(self, ranks, *options, code=0):
        return self.sweep(ranks, "--train", self.train_set, *ALL, *options, code=code)

    def best_lambdas(self, name="best.csv"):
        with open(self.dir / name, newline="") as file:
            return {row["category"]: float(row["lambda"]) for row in csv.DictReader(file)}

    def means(self, measure):
        """By category and lambda, from the state."""
        means = {}
        for line in self.state():
            lists = line["category_results"]
            value = float(line["key"]["options"]["lambda"])
            for category, figure in zip(lists["category"], lists["validation_" + measure]):
                means.setdefault(category, {}).setdefault(value, []).append(figure)
        return {category: {value: sum(figures) / 2 for value, figures in of_category.items()
                           if None not in figures and len(figures) == 2}
                for category, of_category in means.items()}

    @pytest.mark.parametrize("select", ["objective", "f1", "auc"])
    def test_as_separate_sweeps_choose(self, select):
        outcome = self.all(2, *DUAL, *BEST, "--select", select, "--state", "state.jsonl")
        chosen = self.best_lambdas()
        assert list(chosen) == ["CCAT", "ECAT", "MCAT", "RA,RE"]
        for category in ("CCAT", "ECAT"):
            # from the largest on: of equal ones the first is taken
            alone = self.sweep(2, "--train", self.train_set, "--category", category,
                               *SETTINGS, "--lambda-path", "off", "--lambda",
                               "1,1e-1,3e-3,1e-4", "--select", select)
            assert float(self.best(alone)[0]) == chosen[category], category
        means = self.means(select)
        one_for_all = float(self.best(outcome)[0])
        for category, value in chosen.items():
            if not means[category]:
                assert value == one_for_all
                assert f"1 without {select} in all repetitions" in outcome.out
                continue
            sign = -1 if select == "objective" else 1
            assert value == max(means[category],
                                key=lambda v: (sign * means[category][v], v)), category
        assert bool(means["RA,RE"]) == (select == "objective")
        assert len(set(chosen.values())) > 1

    def test_of_equal_values_the_largest(self):
        """MCAT is never predicted with large lambdas: the same accuracy."""
        self.all(1, *DUAL, *BEST, "--select", "accuracy", "--state", "state.jsonl")
        chosen, means = self.best_lambdas(), self.means("accuracy")
        ties = 0
        for category, of_category in means.items():
            best = [v for v, mean in of_category.items() if mean == max(of_category.values())]
            assert chosen[category] == max(best)
            ties += len(best) > 1
        assert ties > 0

    def test_the_printed_command_trains_with_them(self):
        outcome = self.all(2, *DUAL, *BEST)
        lines = outcome.out.splitlines()
        at = next(k for k, line in enumerate(lines) if line.startswith("best lambda for each"))
        assert "mean validation objective" in lines[at]
        assert lines[at + 1] == "to train with these:"
        counts = [int(part.split(" for ")[1]) for part in lines[at].split(": ")[1].split(", ")]
        assert sum(counts) == 4
        words = lines[at + 2].split()
        assert words[:5] == ["mpirun", "-np", "1", "hogwild", "train"]
        trained = command.hogwild(1, *words[4:], "--log", "run.jsonl", cwd=self.dir)
        self.check(trained)
        results = command.read_json_lines(self.dir / "run.jsonl")[-1]["category_results"]
        chosen = self.best_lambdas()
        assert results["lambda"] == [chosen[name] for name in results["category"]]

    def test_states_shares_and_merging(self):
        self.all(2, *DUAL, *BEST, "--state", "whole.jsonl")
        whole = (self.dir / "best.csv").read_bytes()
        before = (self.dir / "whole.jsonl").read_bytes()
        again = self.all(1, *DUAL, *BEST, "--state", "whole.jsonl")
        assert "8 of them done before" in again.err
        assert (self.dir / "whole.jsonl").read_bytes() == before
        assert (self.dir / "best.csv").read_bytes() == whole
        for share in ("1", "2"):
            outcome = self.all(1, *DUAL, "--points", share + "/2", "--state", share + ".jsonl",
                               "--best-by-category", share + ".csv")
            assert "best lambda for each category in this share" in outcome.out
        assert set(self.best_lambdas("1.csv").values()) <= {1e-4, 1e-1}
        self.all(1, *DUAL, *BEST, "--merge", "1.jsonl", "2.jsonl", "--state", "merged.jsonl")
        assert (self.dir / "best.csv").read_bytes() == whole

    def test_states_without_figures_of_categories(self):
        """Those of older programs: enough for a sweep, but not for this choice."""
        self.all(1, *DUAL, *BEST, "--state", "state.jsonl")
        best = (self.dir / "best.csv").read_bytes()
        lines = self.state()
        for line in lines:
            del line["category_results"]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        (self.dir / "old.jsonl").write_text(text)
        assert "8 of them done" in self.all(1, *DUAL, "--state", "old.jsonl").err
        self.refused(1, 75, "--train", self.train_set, *ALL, *DUAL, *BEST, "--merge", "old.jsonl",
                     says=["8 of 8 trainings missing"])
        self.all(1, *DUAL, *BEST, "--merge", "old.jsonl", "state.jsonl", "--state", "new.jsonl")
        (self.dir / "best.csv").unlink()
        assert "done before" not in self.all(1, *DUAL, *BEST, "--state", "old.jsonl").err
        assert (self.dir / "best.csv").read_bytes() == best
        broken = text.replace('"key"', '"category_results":{"category":["CCAT"],'
                              '"validation_f1":[]},"key"', 1)
        (self.dir / "broken.jsonl").write_text(broken)
        self.refused(1, 65, "--train", self.train_set, *ALL, *DUAL, "--state", "broken.jsonl",
                     says=["broken.jsonl:1", "not a line"])

    def test_settings_by_category_belong_to_a_training(self):
        """Their text does, not the name of the file."""
        grid = (*DUAL, "--state", "state.jsonl", "--category-settings", "s.csv")
        (self.dir / "s.csv").write_text("category,positive_weight\nCCAT,2\n")
        self.all(1, *grid)
        assert {line["category_results"]["positive_weight"][0] for line in self.state()} == {2}
        (self.dir / "other,name.csv").write_text("category,positive_weight\nCCAT,2\n")
        assert "8 of them done" in self.all(1, *grid[:-1], "other,name.csv").err
        (self.dir / "s.csv").write_text("category,positive_weight\nCCAT,3\n")
        assert "done before" not in self.all(1, *grid).err
        assert len(self.state()) == 16

    def test_what_is_refused(self):
        def refuse(code, *options, says):
            self.refused(2, code, "--train", self.train_set, *options, *BEST, says=says)

        refuse(2, *ALL, "--lambda", LAMBDAS, "--learning-rate", "0.1,0.2",
               says=["--best-by-category", "--lambda", "no other"])
        refuse(2, *ALL, "--lambda", "1e-4", says=["--best-by-category", "list"])
        refuse(2, *ALL, "--strategy", "dual", "--lambda", "1e-4,auto", says=["--lambda auto"])
        refuse(2, "--category", "CCAT", *DUAL, says=["--best-by-category", "several"])
        (self.dir / "s.csv").write_text("category,lambda\nCCAT,2\n")
        refuse(2, *ALL, *DUAL, "--category-settings", "s.csv", says=["--category-settings"])
        self.refused(1, 2, "--train", self.train_set, *ALL, *DUAL, "--category-settings", "-",
                     says=["--category-settings -", "file"])
        assert not (self.dir / "best.csv").exists()
        (self.dir / "best.csv").write_text("mine\n")
        refuse(73, *ALL, *DUAL, says=["best.csv"])
        assert (self.dir / "best.csv").read_text() == "mine\n"
        self.all(1, *DUAL, *BEST, "--force")
        self.all(1, *DUAL, *BEST)  # replaces what it has written itself
