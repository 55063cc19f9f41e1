"""jobs/plot_categories.py: F1 of categories over their frequency."""
import itertools
import json
import sys

import pytest

import command

SCRIPT = command.SOURCE / "jobs/plot_categories.py"
HEADER = ("category,training_positives,lambda,threshold,documents,positives,predicted,precision,"
          "recall,f1,auc,average_precision,objective,accuracy\n")


def row(name, training, positives, predicted, hits):
    """As train writes it: what is not defined is empty."""
    precision = hits / predicted if predicted else ""
    recall = hits / positives if positives else ""
    f1 = 2 * hits / (predicted + positives) if predicted + positives else ""
    return f"{name},{training},1e-4,0,100,{positives},{predicted},{precision},{recall},{f1},,,,\n"


def similar(n, f1=0.5):
    """n categories of the same F1, in the order of their frequency."""
    return [row(f"S{k}", 10 * (n - k), 100, 100, round(100 * f1)) for k in range(n)]


class TestPlotCategories(command.Case):
    @classmethod
    def setup_class(cls):
        command.need("matplotlib")
        sys.path.insert(0, str(SCRIPT.parent))
        import plot_categories
        cls.module = plot_categories

    def table(self, name, rows):
        path = self.dir / name
        path.write_text(HEADER + "".join(rows))
        return path

    def read(self, name, rows):
        return self.module.Table(self.table(name, rows))

    def picture(self, *tables):
        import plot_style
        self.at_end(plot_style.plt.close, "all")
        return self.module.picture(tables, [table.name for table in tables])

    def plot(self, *arguments):
        return command.run([sys.executable, "-B", SCRIPT, *arguments], cwd=self.dir)

    def test_tables_are_compared(self):
        names = [self.table("zero.csv", similar(9)), self.table("tuned.csv", similar(9, 0.7))]
        for output, beginning in [("c.png", b"\x89PNG"), ("c.svg", b"<?xml"), ("c.pdf", b"%PDF")]:
            outcome = self.check(self.plot(*names, "--output", output))
            assert outcome.out == output + "\n"
            assert (self.dir / output).read_bytes().startswith(beginning)
        self.check(self.plot(names[0]))
        assert (self.dir / "categories.png").exists()

    def test_averages(self):
        """Micro: over counts of all; macro: over categories that evaluated documents have."""
        table = self.read("a.csv", [row("FEW", 7, 3, 0, 0), row('"A,B"', 300, 60, 49, 30),
                                    row("NONE", 2, 0, 0, 0), row("WRONG", 3, 0, 8, 0)])
        assert table.micro == pytest.approx(2 * 30 / (49 + 60 + 3 + 8))
        assert table.macro == pytest.approx((2 * 30 / (49 + 60) + 0) / 2)
        assert [(c.name, c.training, c.hits) for c in table.categories] == [("A,B", 300, 30),
                                                                            ("FEW", 7, 0)]

    def test_averages_are_those_of_train(self):
        data = [command.convert(command.make_documents(n, seed=n, first_id=1000 * n),
                                self.dir / f"{n}.h5") for n in (400, 150)]
        for threshold in ("0", "1.5"):  # above 1.5 some categories are never predicted
            self.check(command.hogwild(
                None, "train", "--train", data[0], "--test", data[1], "--category", "all",
                "--regularizer", "l2", "--lambda", "1e-3", "--epochs", "5", "--threshold",
                threshold, "--quiet", "--log", self.dir / "run.jsonl", "--category-table",
                self.dir / "t.csv", "--force"))
            result = json.loads((self.dir / "run.jsonl").read_text().splitlines()[-1])
            table = self.module.Table(self.dir / "t.csv")
            assert table.micro == pytest.approx(result["test_micro_f1"])
            assert table.macro == pytest.approx(result["test_macro_f1"])

    def test_named_are_the_best_and_worst_for_their_frequency(self):
        rows = similar(20)
        rows[4] = row("BEST", 160, 100, 100, 90)
        rows[15] = row("WORST", 50, 100, 100, 20)
        rows[10] = row("USUAL", 100, 100, 100, 55)
        better = [*rows[:10], row("USUAL", 100, 100, 100, 99), *rows[11:]]
        better[4] = row("BEST", 160, 100, 100, 95)
        one, two = self.read("one.csv", rows), self.read("two.csv", better)
        found = self.module.most_unusual([one])
        assert [(u.category.name, round(u.difference, 3)) for u in found] == [("BEST", 0.4),
                                                                              ("WORST", -0.3)]
        found = self.module.most_unusual([one, two])
        assert [(u.category.name, u.table) for u in found] == [("USUAL", 1), ("BEST", 1),
                                                               ("WORST", 0)]

    def test_no_more_are_named_than_can_be_read(self):
        rows = [row(f"C{k}", 1000 - k, 100, 100, 5 * k % 101) for k in range(200)]
        found = self.module.most_unusual([self.read("a.csv", rows)])
        assert len(found) == 2 * self.module.NAMED

    def test_what_is_drawn(self):
        one = self.read("one.csv", [row("A", 100, 10, 10, 9), row("B", 10, 10, 10, 5)])
        two = self.read("two.csv", [row("A", 100, 10, 10, 8), row("B", 10, 10, 10, 6)])
        figure = self.picture(one, two)
        axes = figure.axes[0]
        assert axes.get_xscale() == "log"
        points = [line.get_xydata().tolist() for line in axes.lines if line.get_marker() == "o"]
        assert points == [[[100, 0.9], [10, 0.5]], [[100, 0.8], [10, 0.6]]]
        ties = [path.vertices.tolist() for path in axes.collections[0].get_paths()]
        assert ties == [[[100, 0.8], [100, 0.9]], [[10, 0.5], [10, 0.6]]]
        assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
        assert sorted(text.get_text() for text in axes.texts if "F1" in text.get_text()) == [
            "macro F1 0.700", "macro F1 0.700", "micro F1 0.700", "micro F1 0.700"]
        assert not self.picture(one).legends

    def test_names_lie_over_nothing(self):
        rows = [row(f"NAME{k}", 5 + k // 3, 100, 100, (37 * k) % 101) for k in range(120)]
        table = self.read("a.csv", rows)
        axes = self.picture(table).axes[0]
        assert 3 < sum(text.get_text().startswith("NAME") for text in axes.texts) <= 12
        points = [c.point for c in table.categories]
        for text in list(axes.texts):
            text.remove()
        self.module.name_points(axes, [(*c.point, c.name, "black") for c in table.categories],
                                points)
        renderer = axes.figure.canvas.get_renderer()
        assert 12 < len(axes.texts) < len(points), "not all have room"
        boxes = [text.get_window_extent(renderer) for text in axes.texts]
        for a, b in itertools.combinations(boxes, 2):
            assert not a.overlaps(b)
        for box in boxes:
            assert not any(box.contains(*point) for point in axes.transData.transform(points))
            assert axes.get_window_extent(renderer).count_contains(box.corners()) == 4

    def test_names_are_no_formulas(self):
        rows = similar(9)
        rows[4] = row("$x_1$", 50, 100, 100, 90)
        axes = self.picture(self.read("a.csv", rows)).axes[0]
        assert r"\$x_1\$" in [text.get_text() for text in axes.texts]

    @pytest.mark.parametrize("content, code, says", [
        (None, 66, "No such file"), ("", 65, "no table"), (HEADER, 65, "no table"),
        (b"\x89PNG\xff", 65, "no table"), ("a,b\n1,2\n", 65, "no table"),
        (HEADER + "A,1,2\n", 65, "no table"),
        (HEADER + row("A", "many", 1, 1, 1), 65, "no table"),
        (HEADER + row("A", -1, 1, 1, 1), 65, "no table"),
        (HEADER + row("A", "inf", 1, 1, 1), 65, "no table"),
        (HEADER + row("A", 1, 1, 1, 3), 65, "no table"),
        (HEADER + row("A", "", 1, 1, 1), 65, "no numbers of training documents"),
        (HEADER + row("A", 1, 0, 0, 0), 65, "--test")])
    def test_files_that_are_no_tables(self, content, code, says):
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (self.dir / "a.csv").write_bytes(data)
        outcome = self.plot("a.csv")
        self.check_refused(outcome, code, "plot_categories", "a.csv", says)
        assert not (self.dir / "categories.png").exists()

    def test_outputs_that_cannot_be(self):
        table = self.table("a.csv", similar(3))
        self.check_refused(self.plot(table, "--output", "a.jpg"), 2, "plot_categories", ".svg")
        self.check_refused(self.plot(table, "--output", "none/a.png"), 73, "plot_categories",
                           "none/a.png")
        self.check(command.run([SCRIPT, "--help"]))
