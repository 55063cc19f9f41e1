"""Speed-up over one node, by data set: throughput, and time to three distances from the optimum."""
import math

from matplotlib.lines import Line2D

import plotting
from plotting import BLUE, GREEN, ORANGE, VERMILLION, plt

COLOURS = (BLUE, GREEN, VERMILLION, ORANGE)
SWAPPED = ("RCV1: trained on its 23,149 training documents; swapped: on its 781,265 test documents; "
           "1,000 ×: so many times as many")
STYLES = ("-", (0, (4, 2)), (0, (1, 1.5)))


def draw(rows, goals, networks, measured, stem):
    """@param goals, networks  names in the order in which they are shown.
    @param measured  {(goal, combine): nodes up to which its epochs were measured}; lines are pale where they
                     need more."""
    datasets = list(dict.fromkeys(row.dataset for row in rows))
    columns = 2
    lines = -(-len(datasets) // columns)
    figure, grid = plt.subplots(lines, columns, figsize=(9.0, 3.6 * lines), sharex=True, sharey=True,
                                squeeze=False)
    most = max(row.nodes for row in rows)
    for axes, name in zip(grid.flat, datasets):
        here = [row for row in rows if row.dataset == name]
        axes.plot([1, most], [1, most], color="#BBBBBB", linewidth=1)
        for goal, colour in zip(goals, COLOURS):
            for network, style in zip(networks, STYLES):
                rows_of_curve = sorted((row for row in here if row.goal == goal and row.network == network),
                                       key=lambda row: row.nodes)
                curve = [(row.nodes, row.speedup) for row in rows_of_curve]
                known = [(row.nodes, row.speedup if row.nodes <= measured.get((goal, row.combine), most) else math.nan)
                         for row in rows_of_curve]
                for points, alpha in ((curve, 0.4), (known, 1.0)):
                    axes.plot([x for x, _ in points], [y for _, y in points], color=colour,
                              linestyle=style, alpha=alpha)
        one = max(row.seconds for row in here if row.nodes == 1 and row.goal == goals[0])
        axes.set_title(f"{name} (one node: {_time(one)} for {goals[0]})")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.set_xlim(1, most * 1.3)
        axes.set_ylim(0.25, most)
        ticks = [4 ** k for k in range(-1, 6)]
        axes.set_xticks([t for t in ticks if 1 <= t <= most])
        axes.set_yticks(ticks)
        axes.minorticks_off()
        plotting.plain_numbers(axes.xaxis)
        plotting.plain_numbers(axes.yaxis)
    for axes in grid.flat[len(datasets):]:
        axes.set_visible(False)
    for axes in grid[-1]:
        axes.set_xlabel("nodes")
    for axes in grid[:, 0]:
        axes.set_ylabel("times as fast as one node")
    _legend(figure, goals, networks)
    if any("swapped" in name for name in datasets):
        figure.text(0.5, 0.005, SWAPPED, ha="center", va="bottom", fontsize=9)
    return plotting.save(figure, stem)


def _legend(figure, goals, networks):
    handles = [Line2D([], [], color=colour, label=goal) for goal, colour in zip(goals, COLOURS)]
    handles += [Line2D([], [], color="#444444", linestyle=style, label=network)
                for network, style in zip(networks, STYLES)]
    handles += [Line2D([], [], color="#BBBBBB", linewidth=1, label="ideal"),
                Line2D([], [], color=GREEN, alpha=0.4, label="pale: epochs extrapolated")]
    figure.tight_layout(rect=(0, 0.12, 1, 1))
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.03), ncol=4, fontsize=8)


def _time(seconds):
    if seconds < 1.0:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
