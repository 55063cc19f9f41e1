"""Grid search over learning rate, lambda and batch size by validation loss, through `hogwild sweep`."""
import csv

import numpy as np

import plotting
from paper import GRID_BATCH_SIZES, GRID_CHOICE, GRID_LAMBDAS, GRID_LEARNING_RATES
from report import Section, fixed, number
from systems import PAPER

ITERATIONS = 100
DIMENSIONS = ("learning-rate", "lambda", "batch-size")


def run(lab):
    rates = GRID_LEARNING_RATES[1::2] if lab.quick else GRID_LEARNING_RATES
    lambdas = GRID_LAMBDAS[::2] if lab.quick else GRID_LAMBDAS
    batches = GRID_BATCH_SIZES if lab.quick else (50, *GRID_BATCH_SIZES, 200)
    repetitions = 2 if lab.quick else 3
    trainings = sweep(lab, rates, lambdas, batches, repetitions)
    loss = {}
    for row in trainings:
        point = float(row["learning-rate"]), float(row["lambda"]), int(row["batch-size"])
        valid = row["verdict"] == "VALID" and row["validation_objective"]
        loss.setdefault(point, []).append(float(row["validation_objective"]) if valid else np.inf)
    mean = {point: float(np.mean(values)) for point, values in loss.items()}
    chosen = min(mean, key=mean.get)

    section = Section(
        title="Grid search: learning rate, λ and batch size by validation loss",
        shows="Which point of the paper's grid does best on held-out documents, test documents unseen.",
        settings=f"`hogwild sweep`, {len(loss)} points × {repetitions} repetitions with fresh splits, one rank "
                 f"and {ITERATIONS} iterations per training, the paper's other settings. Batch sizes other "
                 "than 100 are ours: the paper has 100 alone.")
    top = sorted(mean, key=mean.get)[:5]
    theirs = GRID_CHOICE if GRID_CHOICE in mean else None
    rows = [[name, f"{p[0]:g}", plotting.power(p[1]), p[2], fixed(mean[p], 4), spread(loss[p])]
            for name, p in [*[("chosen" if i == 0 else f"{i + 1}.", p) for i, p in enumerate(top)],
                            *([("the paper's choice", theirs)] if theirs else [])]]
    section.tables = [("Lowest mean validation losses",
                       ["", "learning rate", "λ", "batch size", "mean loss", "smallest–largest"], rows)]
    if theirs is None:
        section.tables[0][2].append(["the paper's choice", f"{GRID_CHOICE[0]:g}", plotting.power(GRID_CHOICE[1]),
                                     GRID_CHOICE[2], "not in the grid", ""])
    section.plots = [(draw(lab, mean, rates, lambdas, batches, chosen), "mean validation loss on the grid")]
    section.columns = [*DIMENSIONS, "repetition", "seed", "verdict", "validation_objective",
                       "validation_accuracy", "train_seconds"]
    section.rows = [[row[c] for c in section.columns] for row in trainings]
    section.reading = reading(loss, mean, chosen, theirs, batches, rates)
    section.differences = [
        f"The paper does not say on how many processes its grid ran; here each training has one rank, so "
        f"{ITERATIONS} iterations of 100 are {ITERATIONS * 100:,} documents."]
    return section


def sweep(lab, rates, lambdas, batches, repetitions):
    """@return the rows of the sweep's table, with all three dimensions"""
    runner = lab.runner
    table, state = lab.output / "grid-sweep.csv", lab.output / "grid-sweep.jsonl"
    if runner.fresh:
        state.unlink(missing_ok=True)

    def join(values):
        return ",".join(f"{v:g}" for v in values)

    settings = {**PAPER, "learning-rate": join(rates), "lambda": join(lambdas),
                "batch-size": join(batches), "iterations": ITERATIONS, "evaluate-every": 0,
                "strategy": "lock-free", "repetitions": repetitions, "ranks-per-point": 1,
                "train": runner.train, "category": runner.category, "csv": table, "state": state}
    arguments = [word for name, value in settings.items() if value != ""
                 for word in (f"--{name}", value)]
    runner.call([runner.bin / "hogwild", "sweep", *arguments, "--quiet"], ranks=lab.cores, pinned=True,
                what="hogwild sweep")
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    table.unlink()
    fixed_values = {name: settings[name] for name in DIMENSIONS}
    return [{**fixed_values, **row} for row in rows]


def spread(values):
    return f"{fixed(min(values), 4)}–{fixed(max(values), 4)}"


def reading(loss, mean, chosen, theirs, batches, rates):
    lines = [f"Chosen: learning rate {chosen[0]:g}, λ {plotting.power(chosen[1])}, batch size {chosen[2]}, mean "
             f"validation loss {fixed(mean[chosen], 4)}; the paper chose {GRID_CHOICE[0]:g}, "
             f"{plotting.power(GRID_CHOICE[1])}, {GRID_CHOICE[2]}."]
    if theirs:
        inside = mean[theirs] <= max(loss[chosen])
        lines.append(f"The paper's point has {fixed(mean[theirs], 4)} here, "
                     + ("inside" if inside else "outside") + " the range of the chosen point's repetitions.")
    along = {lam: m for (rate, lam, batch), m in mean.items() if (rate, batch) == (chosen[0], chosen[2])}
    between = max(along.values()) - min(along.values())
    within = max(loss[chosen]) - min(loss[chosen])
    lines.append(
        f"At the chosen learning rate and batch size the means of all λ differ by {number(between, 2)}, the "
        f"repetitions of the chosen point by {number(within, 2)}: "
        + ("λ hardly matters in so few iterations." if between < within else "λ matters more than the split."))
    if chosen[0] in (min(rates), max(rates)) or (len(batches) > 1 and chosen[2] in (min(batches), max(batches))):
        lines.append("The chosen point lies on the edge of the grid: the optimum may lie beyond it.")
    return lines


def draw(lab, mean, rates, lambdas, batches, chosen):
    figure, panels = plotting.plt.subplots(1, len(batches), figsize=(4.6 * len(batches) + 1, 4.2),
                                           sharey=True, squeeze=False, layout="constrained")
    finite = [v for v in mean.values() if np.isfinite(v)]
    limits = {"vmin": min(finite), "vmax": float(np.quantile(finite, 0.9))}
    for axes, batch in zip(panels[0], batches):
        values = np.array([[mean.get((r, lam, batch), np.nan) for r in rates] for lam in lambdas])
        image = axes.imshow(values, cmap="cividis", aspect="auto", origin="lower", **limits)
        for i, lam in enumerate(lambdas):
            for j, rate in enumerate(rates):
                value = values[i, j]
                dark = value < (limits["vmin"] + limits["vmax"]) / 2
                text = axes.text(j, i, f"{value:.3f}" if np.isfinite(value) else "∞", ha="center",
                                 va="center", fontsize=7.5, color="white" if dark else "black")
                if (rate, lam, batch) == chosen:
                    text.set_fontweight("bold")
                    frame(axes, j, i, plotting.VERMILLION, "-")
                if (rate, lam, batch) == GRID_CHOICE:
                    frame(axes, j, i, "white", (0, (2, 1.5)))
        axes.set_xticks(range(len(rates)), [f"{r:g}" for r in rates])
        axes.set_yticks(range(len(lambdas)), [plotting.power(lam) for lam in lambdas])
        axes.grid(visible=False)
        axes.set_xlabel("learning rate")
        axes.set_title(f"batch size {batch}")
    panels[0][0].set_ylabel("λ")
    figure.colorbar(image, ax=panels[0], label="mean validation loss", extend="max")
    theirs = GRID_CHOICE in mean
    figure.suptitle("Solid frame: chosen here; " + ("dashed: the paper's choice" if theirs else
                    f"the paper's choice, learning rate {GRID_CHOICE[0]:g}, is not in this grid"), fontsize=10)
    plotting.save(figure, lab.plot("grid"))
    return "grid"


def frame(axes, x, y, paint, style):
    axes.add_patch(plotting.plt.Rectangle((x - 0.46, y - 0.46), 0.92, 0.92, fill=False, edgecolor=paint,
                                          linewidth=2.2, linestyle=style, zorder=5))
