#!/usr/bin/python3
"""Draws F1 of each category over the number of its training documents, from tables that train
writes with --category-table. See --help."""
import csv
import math
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from arguments import Parser  # noqa: E402
from plot_program import BAD_DATA, PlotError, distinct, read_text, run_program  # noqa: E402

NEIGHBOURS = 6  # more and less frequent categories with which one is compared, of each
NAMED = 6       # most categories that are named because they are better than those, or worse
UNUSUAL = 0.1   # F1 by which they must be
# Where a name may stand, in points from the middle of its mark, the best first, and how near it may
# come to the middle of another's.
PLACES = [(6, 0), (-6, 0), (0, 5), (0, -5), (5, 4), (-5, 4), (5, -4), (-5, -4)]
NEAR = 6.5


class Category(NamedTuple):
    """What a row tells. What the table leaves empty counts as 0, as in train's averages."""
    name: str
    training: int   # documents with it in training
    positives: int  # evaluated documents with it
    predicted: int
    hits: int       # evaluated documents with it for which it was predicted
    f1: float

    @property
    def point(self):
        return self.training, self.f1


class Unusual(NamedTuple):
    """A category and by how much its F1 differs from those of the same frequency."""
    category: Category
    difference: float
    table: int


class Table:
    """The categories that evaluated documents have, the most frequent in training first."""

    def __init__(self, path):
        self.name = Path(path).stem
        every = read_categories(path)
        self.micro = ratio(2 * sum(c.hits for c in every),
                           sum(c.predicted + c.positives for c in every))
        self.categories = sorted((c for c in every if c.positives > 0 and c.training > 0),
                                 key=lambda c: -c.training)
        if not self.categories:
            raise PlotError(BAD_DATA, f"{path}: no category is one of the evaluated documents'; "
                                      "train with more of them (--test)")
        self.macro = statistics.mean(c.f1 for c in self.categories)

    def unusual(self, number):
        """The categories that differ from the median of their neighbours. @param number  own"""
        found = []
        for k, category in enumerate(self.categories):
            near = self.categories[max(0, k - NEIGHBOURS):k] \
                + self.categories[k + 1:k + 1 + NEIGHBOURS]
            if near:
                difference = category.f1 - statistics.median(c.f1 for c in near)
                if abs(difference) >= UNUSUAL:
                    found.append(Unusual(category, difference, number))
        return found


def ratio(a, b):
    return a / b if b > 0 else 0.0


def category_of(row):
    """@raises ValueError, TypeError, KeyError"""
    def number(key):
        value = 0.0 if row[key] == "" else float(row[key])
        if not 0 <= value < math.inf:
            raise ValueError(key)
        return value
    if number("f1") > 1:
        raise ValueError("f1")
    predicted = int(number("predicted"))
    return Category(row["category"], int(number("training_positives")), int(number("positives")),
                    predicted, round(number("precision") * predicted), number("f1"))


def read_categories(path):
    """@raises PlotError"""
    lines = read_text(path, "table of categories").splitlines(keepends=True)
    try:
        rows = list(csv.DictReader(lines))
        if any(row["training_positives"] == "" for row in rows):
            raise PlotError(BAD_DATA, f"{path}: has no numbers of training documents, as tables of "
                                      "evaluate (train --category-table writes them)")
        categories = [category_of(row) for row in rows]
        if categories:
            return categories
    except (csv.Error, ValueError, TypeError, KeyError):
        pass
    raise PlotError(BAD_DATA, f"{path}: is no table of categories "
                              "(train writes one with --category-table)")


def most_unusual(tables):
    """The best and the worst for their frequency over all tables, each once, the farthest first."""
    farthest = {}
    for number, table in enumerate(tables):
        for one in table.unusual(number):
            known = farthest.get(one.category.name)
            if known is None or abs(one.difference) > abs(known.difference):
                farthest[one.category.name] = one
    order = sorted(farthest.values(), key=lambda one: -abs(one.difference))
    best = [one for one in order if one.difference > 0][:NAMED]
    worst = [one for one in order if one.difference < 0][:NAMED]
    return sorted(best + worst, key=lambda one: -abs(one.difference))


def tie_categories(axes, tables):
    """Lines between the points that are the same category in several tables."""
    from matplotlib.collections import LineCollection
    points = {}
    for table in tables:
        for c in table.categories:
            points.setdefault(c.name, []).append((c.training, c.f1))
    axes.add_collection(LineCollection([sorted(ends) for ends in points.values()],
                                       colors="#CFCFCF", linewidths=0.8, zorder=1.5))


def name_points(axes, points, every):
    """Names points where there is room beside them; where there is none they stay without.

    @param points  (x, y, text, colour), the most important first
    @param every   all that are drawn, (x, y); a name is nearer to its own than to any other
    """
    from matplotlib.patheffects import withStroke
    from matplotlib.transforms import Bbox
    renderer = axes.figure.canvas.get_renderer()
    inside = axes.get_window_extent(renderer)
    around = renderer.points_to_pixels(NEAR)
    every = axes.transData.transform(every)
    taken = []
    for x, y, text, colour in points:
        own = axes.transData.transform((x, y))
        others = [Bbox([dot - around, dot + around]) for dot in every
                  if abs(dot - own).max() > 1]  # another table's may be at the same place
        for dx, dy in PLACES:
            label = axes.annotate(
                text.replace("$", r"\$"), (x, y), xytext=(dx, dy), textcoords="offset points",
                fontsize=8, color=colour, ha=("center", "left", "right")[(dx > 0) - (dx < 0)],
                va=("center", "bottom", "top")[(dy > 0) - (dy < 0)],
                path_effects=[withStroke(linewidth=2, foreground="white")])
            box = label.get_window_extent(renderer).padded(1.5)
            if inside.count_contains(box.corners()) == 4 and not box.count_overlaps(
                    taken + others):
                taken.append(box)
                break
            label.remove()


def picture(tables, names):
    """@return a figure"""
    import plot_style as style
    figure, axes = style.plt.subplots(figsize=(8.5, 5.2))
    colours = [style.CYCLE[k % len(style.CYCLE)] for k in range(len(tables))]
    tie_categories(axes, tables)
    ends = []
    for table, name, colour in zip(tables, names, colours):
        axes.plot(*zip(*(c.point for c in table.categories)), color=colour, linestyle="none",
                  marker="o", markersize=5.5, markeredgecolor="white", markeredgewidth=0.5,
                  label=name)
        for kind, value, dashes in (("micro", table.micro, "-"), ("macro", table.macro, "--")):
            axes.axhline(value, color=colour, linewidth=0.9, linestyle=dashes, alpha=0.7,
                         zorder=1)
            ends.append((value, f"{kind} F1 {value:.3f}", colour))
    axes.set_title("a point is a category; named: far better or worse than others of its frequency",
                   fontsize=10)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("training documents in the category")
    axes.set_ylabel("F1")
    style.name_ends(axes, ends)
    if len(tables) > 1:
        figure.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=min(4, len(tables)))
    figure.tight_layout()
    name_points(axes, [(*one.category.point, one.category.name, colours[one.table])
                       for one in most_unusual(tables)],
                [c.point for table in tables for c in table.categories])
    return figure


def draw(arguments):
    tables = [Table(path) for path in arguments.tables]
    figure = picture(tables, distinct([table.name for table in tables]))
    figure.savefig(arguments.output, bbox_inches="tight")


def main():
    parser = Parser("plot_categories.py",
                    "Draws F1 of each category over the number of its training documents, with "
                    "micro and macro averages, from tables that train writes with "
                    "--category-table. Names the categories that are best and worst for their "
                    "frequency.")
    parser.add_argument("tables", nargs="+", metavar="TABLE.csv", help="tables to compare")
    return run_program(parser, draw, "categories.png")


if __name__ == "__main__":
    sys.exit(main())
