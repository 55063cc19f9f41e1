"""The pictures of jobs/research: what must be seen in them is there, nothing lies over anything."""
import math
import sys
from types import SimpleNamespace

import command

for folder in ("lib", "research/experiments"):
    sys.path.insert(0, str(command.SOURCE / "jobs" / folder))


class TestPictures(command.Case):
    def setup_method(self):
        command.need("numpy", "matplotlib", "h5py", "scipy")
        import plotting
        self.plotting = plotting
        self.lab = SimpleNamespace(cores=2, quick=True, plot=str)
        kept = plotting.save

        def keep(figure, _):
            figure.canvas.draw()
            self.figure = figure
        plotting.save = keep
        self.at_end(setattr, plotting, "save", kept)
        self.at_end(plotting.plt.close, "all")

    def texts(self):
        """All texts that are to be seen."""
        from matplotlib.text import Text
        return [text.get_text() for text in self.figure.findobj(Text)
                if text.get_visible() and text.get_text().strip()]

    def test_numbers_over_decades_are_of_one_kind(self):
        shown = [self.plotting.power(v) for v in (1e-6, 1e-4, 0.01, 3e-5, 1)]
        assert shown == ["1e-6", "1e-4", "1e-2", "3e-5", "1e0"]

    def test_a_name_is_tied_to_its_line_only_where_it_was_pushed_away(self):
        axes = self.plotting.plt.figure().add_subplot()
        axes.plot([0, 1], [0, 1])
        ends = [(0.2, "alone", "red"), (0.80, "below", "red"), (0.81, "above", "red")]
        self.plotting.name_ends(axes, ends, x=1)
        tied = {text.get_text(): text.arrow_patch is not None for text in axes.texts}
        assert tied == {"alone": False, "below": False, "above": True}

    def test_spark(self):
        import spark
        quartiles = {(f, 2): (f, f, f) for f in spark.FRACTIONS}
        quartiles |= {(0.01, w): (w, w, w) for w in spark.WORKERS}
        spark.draw(self.lab, quartiles, 2)
        upper, lower = self.figure.axes[:2], self.figure.axes[2:]
        renderer = self.figure.canvas.get_renderer()
        for above, below in zip(upper, lower):
            assert above.get_xlabel()
            assert any(label.get_visible() and label.get_text()
                       for label in above.get_xticklabels())
            assert above.get_tightbbox(renderer).y0 > below.get_tightbbox(renderer).y1

    def test_grid_promises_the_frames_that_are_there(self):
        import grid
        for rates, there in (((0.02, 0.035), True), ((0.02, 0.03), False)):
            mean = {(r, lam, 100): r + lam for r in rates for lam in (1e-6, 1e-4, 1e-2)}
            grid.draw(self.lab, mean, rates, (1e-6, 1e-4, 1e-2), (100,), min(mean, key=mean.get))
            frames = [patch for patch in self.figure.axes[0].patches if not patch.get_fill()]
            assert len(frames) == (2 if there else 1)
            assert any("dashed" in text for text in self.texts()) == there
            assert {"1e-6", "1e-4", "1e-2"} <= set(self.texts())

    def test_end_marks_of_figure_3_are_whole(self):
        import figure3
        rows = [{"train_seconds": 0.1 * i, "validation_objective": 1.0 / i} for i in range(1, 6)]
        runs = [SimpleNamespace(evaluations=rows)]
        figure3.draw(self.lab, {s: runs for s in figure3.PAPER_SYSTEMS})
        marks = 0
        for axes in self.figure.axes:
            for line in axes.lines:
                if line.get_marker() not in ("None", None, ""):
                    marks += 1
                    assert not line.get_clip_on()
        assert marks == len(figure3.PAPER_SYSTEMS)

    def test_scaling_says_what_swapped_is(self):
        sys.path.insert(0, str(command.SOURCE / "jobs/research/scaling"))
        import figure
        for name, said in (("RCV1 swapped", True), ("RCV1", False)):
            rows = [SimpleNamespace(dataset=name, goal="goal", network="net", nodes=n,
                                    combine="mean", speedup=math.sqrt(n), seconds=1.0 / n)
                    for n in (1, 2, 4, 8)]
            figure.draw(rows, ["goal"], ["net"], {}, "scaling")
            assert any("test documents" in text for text in self.texts()) == said

    def test_scaling_is_pale_where_the_way_of_combining_was_not_measured(self):
        sys.path.insert(0, str(command.SOURCE / "jobs/research/scaling"))
        import figure
        ways = {1: "none", 2: "mean", 4: "mean", 8: "dual", 16: "dual"}
        rows = [SimpleNamespace(dataset="RCV1", goal="goal", network="net", nodes=n, combine=way,
                                speedup=float(n), seconds=1.0 / n) for n, way in ways.items()]
        measured = {("goal", "mean"): 2, ("goal", "dual"): 8}
        figure.draw(rows, ["goal"], ["net"], measured, "scaling")
        full = [line for line in self.figure.axes[0].lines if line.get_alpha() == 1.0]
        drawn = [x for x, y in full[0].get_xydata() if not math.isnan(y)]
        assert drawn == [1, 2, 8]
