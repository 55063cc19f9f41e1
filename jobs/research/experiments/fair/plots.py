"""The plots: gaps over epochs and seconds, and the seconds to 1 %."""
import math

import plotting
from stats import median, quantile, quartiles

from .contest import TARGETS


def median_curve(outcome):
    """Epochs, seconds, gaps: medians over seeds, snapshot by snapshot."""
    count = min(map(len, outcome.gaps))
    return [[median([points[i][k] for points in outcome.gaps]) for i in range(count)] for k in range(3)]


def draw_gaps(lab, equal, long, plan):
    figure, panels = plotting.plt.subplots(1, 3, figsize=(12.5, 5.2), sharey=True,
                                           gridspec_kw={"wspace": 0.07})
    shown = {key: o for key, o in equal.items() if key != ("lock-free", 1)}
    handles = {}
    for axes, outcomes, k in ((panels[0], shown, 1), (panels[1], shown, 0), (panels[2], long, 0)):
        for (s, p), o in outcomes.items():
            curve = median_curve(o)
            more = p > lab.cores
            look = {"color": plotting.colour(s), "marker": plotting.marker(s), "markersize": 7,
                    "linestyle": (0, (4, 2)) if more else (0, (1, 1)) if s == "sequential" else "-",
                    "linewidth": 1.4, "markerfacecolor": "white" if more else plotting.colour(s)}
            line, = axes.plot(curve[k], curve[2], markevery=[len(curve[k]) - 1],
                              label=f"{s}, {p} rank{'s' * (p > 1)}{' †' * more}", **look)
            handles.setdefault(line.get_label(), line)
        axes.set_yscale("log")
        for target in TARGETS:
            axes.axhline(target, color="#555555", linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
    panels[0].set_xscale("log")
    plotting.plain_numbers(panels[0].xaxis)
    panels[0].set_xlabel("training seconds")
    panels[0].set_ylabel("gap to the optimum, (P − D*) / P*")
    panels[0].yaxis.set_major_formatter(plotting.FuncFormatter(lambda y, _: f"{100 * y:g} %"))
    panels[0].set_ylim(5e-4, 1.5)
    panels[0].set_title(f"Same step, {plan.epochs} epochs: over time")
    panels[1].set_title("the same over epochs")
    panels[1].set_xlabel("epochs")
    panels[2].set_title(f"step that falls slowly, {plan.long_epochs} epochs")
    panels[2].set_xlabel("epochs")
    figure.legend(handles=list(handles.values()), loc="upper center", bbox_to_anchor=(0.5, 0.01), ncol=5,
                  fontsize=9)
    plotting.save(figure, lab.plot("fair"))
    return "fair"


def draw_times(lab, equal, best, ranks):
    keys = list(equal)
    figure, axes = plotting.plt.subplots(figsize=(8, 5))
    reached = [v for outcomes in (equal, best) for o in outcomes.values() for v in o.seconds[0.01]
               if math.isfinite(v)]
    edge = 1.8 * max(reached, default=1.0)  # where "not reached" stands
    for i, key in enumerate(keys):
        for outcomes, shift in ((equal, 0.14), (best, -0.14)):
            o = outcomes[key]
            at, paint = len(keys) - 1 - i + shift, plotting.colour(key[0])
            low, middle, high = (min(v, edge) for v in quartiles(o.seconds[0.01]))
            lowest = min(min(o.seconds[0.01]), edge)
            highest = min(quantile(o.seconds[0.01], 1.0), edge)
            axes.plot([lowest, highest], [at, at], color=paint, linewidth=0.8, alpha=0.6)
            axes.plot([low, high], [at, at], color=paint, linewidth=3.5, alpha=0.6, solid_capstyle="butt")
            hollow = key[1] > lab.cores
            axes.plot(middle, at, "o" if shift > 0 else "D", color=paint, markersize=6.5,
                      markerfacecolor="white" if hollow else paint)
    axes.set_yticks(range(len(keys) - 1, -1, -1),
                    [f"{s}, {p} rank{'s' * (p > 1)}{' †' * (p > lab.cores)}" for s, p in keys])
    axes.set_xscale("log")
    plotting.log_axis(axes.xaxis)
    axes.grid(axis="y", visible=False)
    axes.axvline(edge, color="#888888", linewidth=0.8, linestyle=(0, (1, 2)))
    axes.text(edge, len(keys) - 0.35, "not reached", ha="center", va="bottom", fontsize=9, color="#555555")
    axes.set_xlabel("training seconds to within 1 % of the optimum")
    axes.set_title("Median, quartiles (thick) and range (thin)\n"
                   "disc: the same step for all; diamond: each one's best step"
                   + (f"; hollow: more ranks than the {lab.cores} cores" if ranks > lab.cores else ""), pad=20)
    plotting.save(figure, lab.plot("fair-times"))
    return "fair-times"
