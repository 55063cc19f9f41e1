"""Figure 4: accuracy on train, validation and test, all systems; the runs are figure 3's."""
import math

import numpy as np

import figure3
import plotting
from paper import FIGURE4
from report import Section, fixed, listed
from stats import mean_paired_difference, median
from systems import PAPER_SYSTEMS

SETS = ("train", "validation", "test")
BASE = "lock-free"


def run(lab):
    seeds, of = figure3.runs(lab, "figure4")
    accuracy = {s: {part: [r[f"{part}_accuracy"] for r in of[s]] for part in SETS} for s in of}
    documents = len(of[BASE][0].right)
    paired = {s: mean_paired_difference([(a.right, b.right) for a, b in zip(of[s], of[BASE])])
              for s in of if s != BASE}
    section = Section(
        title="Figure 4: accuracy on train, validation and test, all systems",
        shows="Whether the strategy changes how good the model is.",
        settings=f"The runs of figure 3: {figure3.RANKS} ranks, {figure3.ITERATIONS} iterations, {len(seeds)} "
                 f"seeds, {documents:,} test documents. Differences are paired: the same split and the same "
                 "test documents for both systems; the standard error is the larger of that over documents "
                 "and that over seeds." + lab.dagger([figure3.RANKS]))
    header = ["system", *[f"{part}" for part in SETS], "test: difference to lock-free ± standard error",
              *[f"paper: {part}" for part in SETS]]
    section.tables = [(f"Accuracy on {lab.named(figure3.RANKS)} ranks: median over seeds [smallest, largest]",
                       header,
                       [[s, *[spread(accuracy[s][part]) for part in SETS],
                         "–" if s == BASE else f"{paired[s][0]:+.4f} ± {paired[s][1]:.4f}",
                         *[fixed(v) for v in FIGURE4.get(paper_name(s), (None,) * 3)]] for s in of])]
    section.plots = [(draw(lab, accuracy), "accuracy of every system on three sets")]
    section.columns = ["system", "ranks", "oversubscribed", "seed",
                       *[f"{part}_accuracy" for part in SETS], "test_accuracy_positive",
                       "test_accuracy_negative"]
    section.rows = [[s, r.ranks, r.oversubscribed, r.seed, *[r[f"{part}_accuracy"] for part in SETS],
                     r["test_accuracy_positive"], r["test_accuracy_negative"]] for s in of for r in of[s]]
    section.reading = reading(accuracy, paired, documents)
    section.differences = [
        "`synchronous` and `asynchronous` of the paper are the rows with *their settings*: hogwild-python's "
        "step, λ and regularizer. With the common step of 0.035 per document `synchronous` applies "
        f"{figure3.RANKS} batches at once, each computed as if it were alone: {figure3.RANKS} times the step.",
        "A constant step leaves the last weights fluctuating: single seeds differ by more than most systems "
        "do, which is why the table has a range and the differences are paired."]
    return section


def paper_name(system):
    return figure3.paper_name(system) if system != "spark" else "spark"


def spread(values):
    return f"{fixed(median(values))} [{fixed(min(values))}, {fixed(max(values))}]"


def reading(accuracy, paired, documents):
    test = {s: median(accuracy[s]["test"]) for s in accuracy}
    best = max(test, key=test.get)
    lines = [f"The best median on test is `{best}` with {fixed(test[best])}; one accuracy on {documents:,} "
             f"documents has a standard error of {math.sqrt(0.06 * 0.94 / documents):.4f}."]
    worse = [s for s, (d, e) in paired.items() if d < -2 * e]
    better = [s for s, (d, e) in paired.items() if d > 2 * e]
    rest = [s for s in paired if s not in worse and s not in better]
    parts = []
    if worse:
        parts.append(f"{listed(f'`{s}`' for s in worse)} fall behind lock-free")
    if better:
        parts.append(f"{listed(f'`{s}`' for s in better)} are ahead of it")
    if rest:
        parts.append(f"{listed(f'`{s}`' for s in rest)} cannot be told from it")
    lines.append("By more than two standard errors of the paired difference, " + "; ".join(parts) + ".")
    return lines


def draw(lab, accuracy):
    systems = list(PAPER_SYSTEMS)
    figure, panels = plotting.plt.subplots(1, 3, figsize=(10.5, 4.4), sharey=True, sharex=True,
                                           gridspec_kw={"wspace": 0.08})
    positions = np.arange(len(systems))[::-1]
    floor = max(0.5, min(np.percentile(v, 25) for s in accuracy.values() for v in s.values()) - 0.015)
    for k, (part, axes) in enumerate(zip(SETS, panels)):
        for at, s in zip(positions, systems):
            values = accuracy[s][part]
            axes.plot(values, [at] * len(values), "|", color=plotting.colour(s), markersize=8, alpha=0.45,
                      clip_on=True)
            more = figure3.RANKS > lab.cores
            axes.plot(median(values), at, plotting.marker(s), color=plotting.colour(s), markersize=8,
                      markerfacecolor="white" if more else plotting.colour(s))
            if paper_name(s) in FIGURE4:
                axes.plot(FIGURE4[paper_name(s)][k], at + 0.28, "v", color=plotting.PAPER_COLOUR,
                          markersize=6)
        axes.set_title(part)
        axes.grid(axis="y", visible=False)
        axes.tick_params(axis="y", length=0)
    panels[0].set_yticks(positions, systems)
    panels[0].set_ylim(-0.7, len(systems) - 0.3)
    panels[0].set_xlim(left=floor)
    panels[1].set_xlabel(
        f"accuracy; {plotting.oversubscribed_note(lab.cores, figure3.RANKS)}\n"
        "mark: median, strokes: seeds (some may lie beyond the left edge); grey triangle: the paper")
    plotting.save(figure, lab.plot("figure4"))
    return "figure4"
