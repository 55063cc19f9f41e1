#!/usr/bin/python3
"""Draws the curves of training runs from their logs: objective and accuracy over time and passes.
See --help."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from arguments import Parser  # noqa: E402
from plot_program import BAD_DATA, PlotError, distinct, read_text, run_program  # noqa: E402


class Run:
    """What a log tells of a run. Rows of a resumed run follow those of its earlier parts."""

    def __init__(self, path):
        rows = read_rows(path)
        self.name = Path(path).stem
        self.start = rows[0]
        self.evaluations = [row for row in rows if row["event"] == "evaluation"]
        results = [row for row in rows if row["event"] == "result"]
        self.result = results[-1] if results else None
        if not self.evaluations and self.result is None:
            raise PlotError(BAD_DATA, f"{path}: has no evaluation yet; wait for the first, "
                                      "or evaluate more often (--evaluate-every)")

    def curve(self, key, against):
        """Points of a curve: from the evaluations and the result, where they have the value."""
        rows = self.evaluations + ([self.result] if self.result else [])
        points = [(row[against], row[key]) for row in rows
                  if row.get(key) is not None and row.get(against) is not None]
        return sorted(set(points))


def whole_lines(lines):
    """Without the last line, where a run was killed while it wrote it."""
    return lines[:-1] if lines and not lines[-1].endswith("\n") else lines


def read_rows(path):
    lines = read_text(path, "run log").splitlines(keepends=True)
    try:
        rows = [json.loads(line) for line in whole_lines(lines)]
        if rows and rows[0]["event"] == "start" and all("event" in row for row in rows):
            return rows
    except (ValueError, KeyError, TypeError):
        pass
    raise PlotError(BAD_DATA, f"{path}: is no run log (train writes one with --log)")


def draw(runs, names, output):
    import plot_style as style
    plt = style.plt
    figure, grid = plt.subplots(2, 2, figsize=(9.5, 6.2), sharey="row", sharex="col")
    columns = [("train_seconds", "training time, s"),
               ("epoch", "passes over the training documents")]
    rows = [("objective", "objective"), ("accuracy", "accuracy")]
    for r, (measure, label) in enumerate(rows):
        for c, (against, axis_label) in enumerate(columns):
            axes = grid[r][c]
            for k, (run, name) in enumerate(zip(runs, names)):
                draw_run(axes, run, measure, against, style.CYCLE[k % len(style.CYCLE)], name)
            if c == 0:
                axes.set_ylabel(label)
            if r == 1:
                axes.set_xlabel(axis_label)
    grid[0][0].set_title("validation: lines; test: diamonds at the end", fontsize=10)
    entries = {}
    for axes in grid.flat:  # a run may lack some of the measures
        for handle, label in zip(*axes.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    if not entries:
        raise PlotError(BAD_DATA, "no run has results on held-out or test documents; train with "
                                  "--validation-fraction or --test")
    figure.legend(entries.values(), entries.keys(), loc="upper center", bbox_to_anchor=(0.5, 0.0),
                  ncol=min(4, len(entries)))
    figure.tight_layout()
    figure.savefig(output, bbox_inches="tight")
    plt.close(figure)


def draw_run(axes, run, measure, against, colour, name):
    points = run.curve(f"validation_{measure}", against)
    if points:
        x, y = zip(*points)
        axes.plot(x, y, color=colour, marker="o", markersize=3, label=name)
    test = run.result.get(f"test_{measure}") if run.result else None
    if test is not None and run.result.get(against) is not None:
        axes.plot([run.result[against]], [test], color=colour, marker="D", markersize=7,
                  markerfacecolor="none", linestyle="none", label=None if points else name)


def main():
    parser = Parser("plot_run.py", "Draws objective and accuracy of training runs over time and "
                                   "passes, from the logs that train writes with --log.")
    parser.add_argument("logs", nargs="+", metavar="RUN.jsonl", help="logs of runs to compare")

    def draw_logs(arguments):
        runs = [Run(path) for path in arguments.logs]
        draw(runs, distinct([run.name for run in runs]), arguments.output)

    return run_program(parser, draw_logs, "run.png")


if __name__ == "__main__":
    sys.exit(main())
