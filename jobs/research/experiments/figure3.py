"""Figure 3: validation loss over time, all systems on 4 ranks. Figure 4 looks at the same runs."""
import plotting
from paper import FIGURE3
from report import METER_HEADER, Section, fixed, given, meter_cells, with_range
from runner import Job, interleaved
from stats import median, quartiles
from systems import PAPER_SYSTEMS, UNDISTURBED, paper_system

RANKS = 4
ITERATIONS = 400


def runs(lab, name):
    """The runs of figures 3 and 4: @return the seeds and the records by system."""
    def competitor(system):
        options = {**paper_system(system, RANKS), **UNDISTURBED, "iterations": ITERATIONS,
                   "evaluate-every": 10}
        return lambda seed: Job.make(system, RANKS, options, seed, keep_right=True)

    seeds = lab.seeds(10)
    records = lab.runner.run_all(name, interleaved(map(competitor, PAPER_SYSTEMS), seeds))
    return seeds, {s: sorted((r for r in records if r.label == s), key=lambda r: r.seed)
                   for s in PAPER_SYSTEMS}


def run(lab):
    seeds, of = runs(lab, "figure3")
    seconds = {s: quartiles([r["train_seconds"] for r in of[s]]) for s in of}
    loss = {s: quartiles([r["validation_objective"] for r in of[s]]) for s in of}
    section = Section(
        title="Figure 3: validation loss over time, all systems",
        shows="How far each system gets in 400 iterations, and how long it takes, in the paper's settings.",
        settings=f"{RANKS} ranks, {ITERATIONS} iterations each, {len(seeds)} seeds, every system on the same "
                 "splits; batch 100, step 0.035 per document, λ 1e-4, regularizer `seed`. `spark` is "
                 "`synchronous` with 1 % of the training documents per step, step 0.015, λ 1e-3 (the first "
                 "milestone's); *their settings* are hogwild-python's: step 0.03/4, λ 1e-5, regularizer "
                 "`scalar`. `downpour` keeps one of the 4 ranks as its parameter server."
                 + lab.dagger([RANKS]))
    section.tables = [
        (f"{lab.named(RANKS)} ranks: medians (quartiles)",
         ["system", "documents", "seconds", "validation loss", "paper: seconds", "paper: loss"],
         [[s, f"{of[s][0]['samples']:,}", with_range(*seconds[s]), with_range(*loss[s]),
           *map(given, FIGURE3.get(paper_name(s), (None, None)))] for s in of]),
        ("What the meters say (medians)", ["system", *METER_HEADER],
         [[s, *meter_cells(of[s])] for s in of])]
    section.plots = [(draw(lab, of), "validation loss over training seconds")]
    section.columns = ["system", "ranks", "oversubscribed", "seed", "iteration", "documents",
                       "train_seconds", "validation_objective", "validation_accuracy"]
    section.rows = [[s, r.ranks, r.oversubscribed, r.seed, e["iteration"], e["samples"],
                     e["train_seconds"], e["validation_objective"], e["validation_accuracy"]]
                    for s, records in of.items() for r in records for e in r.evaluations]
    section.reading = reading(of, loss, seconds)
    section.differences = [
        "The paper compares systems of different steps, λ, regularizers and patience; here all but `spark` "
        "and the two with *their settings* have the same, which is what a comparison of strategies needs "
        "(the fair comparison below goes further). The losses of `spark` and of *their settings* contain "
        "their own regularization terms.",
        "Its seconds contain evaluations of all validation documents after every batch; ours do not."]
    return section


def paper_name(system):
    """The paper ran synchronous and asynchronous with hogwild-python's settings."""
    if system in ("synchronous", "asynchronous"):
        return ""
    return system.replace(" (their settings)", "")


def reading(of, loss, seconds):
    by_loss = sorted(of, key=lambda s: loss[s][1])
    fastest = min(of, key=lambda s: seconds[s][1] / of[s][0]["samples"])
    theirs = sorted(FIGURE3, key=lambda s: FIGURE3[s][1])
    ours = [s for s in by_loss if paper_name(s) in FIGURE3]
    lines = [f"Lowest median loss: `{by_loss[0]}` with {fixed(loss[by_loss[0]][1])}; highest: "
             f"`{by_loss[-1]}` with {fixed(loss[by_loss[-1]][1])}."]
    lines.append("Of the paper's four, from the lowest loss up: "
                 + ", ".join(f"{s.replace(' (their settings)', '')} {fixed(loss[s][1])}" for s in ours)
                 + " here; " + ", ".join(f"{s} {FIGURE3[s][1]:g}" for s in theirs) + " there.")
    rates = {s: median([r["samples"] / r["train_seconds"] for r in of[s]]) for s in of}
    lines.append(f"Fastest per document is `{fastest}` ({rates[fastest] / 1e6:.2f} million documents/s), "
                 f"slowest `{min(rates, key=rates.get)}` ({min(rates.values()) / 1e6:.2f}).")
    return lines


def draw(lab, of):
    """A panel per system, each before the others in grey: eleven lines in one would hide each other."""
    figure, panels = plotting.plt.subplots(3, 4, figsize=(11, 7.2), sharex=True, sharey=True,
                                           gridspec_kw={"hspace": 0.42, "wspace": 0.08})
    more = RANKS > lab.cores
    curves = {system: curve([r.evaluations for r in records]) for system, records in of.items()}
    lowest = min(min(y) for _, y, _, _ in curves.values())
    for axes, system in zip(panels.flat, of):
        for other, (x, y, _, _) in curves.items():
            if other != system:
                axes.plot(x, y, color="#DDDDDD", linewidth=0.8, zorder=1)
        x, y, low, high = curves[system]
        paint = plotting.colour(system)
        axes.fill_between(x, low, high, color=paint, alpha=0.2, linewidth=0, zorder=2)
        axes.plot(x, y, color=paint, linestyle=(0, (4, 1.5)) if more else "-", zorder=3)
        axes.plot(x[-1], y[-1], plotting.marker(system), color=paint, markersize=7, zorder=4, clip_on=False,
                  markerfacecolor="white" if more else paint)
        axes.set_title(f"{system}\n{y[-1]:.3f} in {x[-1]:.2f} s", fontsize=9, color=paint)
    first = panels[0][0]
    first.set_xscale("log")
    first.set_yscale("log")
    first.set_ylim(lowest * 0.85, 1.6)
    first.set_yticks([t for t in (0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5) if lowest * 0.85 <= t])
    for axes in panels.flat:
        axes.minorticks_off()
    plotting.plain_numbers(first.yaxis)
    plotting.plain_numbers(first.xaxis)
    last = panels[2][3]
    last.axis("off")
    last.text(0, 0.7, f"{ITERATIONS} iterations on\n{plotting.oversubscribed_note(lab.cores, RANKS)}\n"
              + ("(dashed, hollow marks)\n" if more else "")
              + "\nmedian and quartiles over seeds;\ngrey: the other systems", va="top", fontsize=9.5,
              transform=last.transAxes)
    for axes in panels[:, 0]:
        axes.set_ylabel("validation loss")
    for axes in (*panels[2][:3], panels[1][3]):
        axes.set_xlabel("training seconds")
    panels[1][3].tick_params(labelbottom=True)
    plotting.save(figure, lab.plot("figure3"))
    return "figure3"


def curve(rows):
    """@return medians of seconds, and of losses with their quartiles, at the same iterations"""
    count = min(map(len, rows))
    x = [median([run[i]["train_seconds"] for run in rows]) for i in range(count)]
    losses = [quartiles([run[i]["validation_objective"] for run in rows]) for i in range(count)]
    return x, [q[1] for q in losses], [q[0] for q in losses], [q[2] for q in losses]
