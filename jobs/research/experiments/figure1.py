"""Figure 1: validation loss over time at 1 to 16 ranks, lock-free, 400 iterations each."""
import plotting
from paper import FIGURE1
from report import Section, fixed, given, number, with_range
from runner import Job, interleaved
from stats import median, quartiles
from systems import PAPER, UNDISTURBED

RANKS = (1, 2, 4, 8, 16)
ITERATIONS = 400


def run(lab):
    every = 20
    settings = {**PAPER, "strategy": "lock-free", "iterations": ITERATIONS}
    undisturbed = {**settings, **UNDISTURBED, "evaluate-every": every}
    # As the paper's processes do it, though theirs evaluate all documents each, ours share them.
    like_theirs = {**settings, "patience": 0, "evaluate-every": 1}

    def competitor(ranks):
        return lambda seed: Job.make("lock-free", ranks, undisturbed, seed)

    def evaluating(ranks):
        return lambda seed: Job.make("lock-free, evaluating after every batch", ranks, like_theirs, seed)

    seeds = lab.seeds(10, quick=3)
    records = lab.runner.run_all("figure1", interleaved([competitor(p) for p in RANKS], seeds))
    disturbed = lab.runner.run_all(
        "figure1", interleaved([evaluating(p) for p in RANKS], list(seeds)[:3]))

    of = {p: [r for r in records if r.ranks == p] for p in RANKS}
    seconds = {p: quartiles([r["train_seconds"] for r in of[p]]) for p in RANKS}
    loss = {p: quartiles([r["validation_objective"] for r in of[p]]) for p in RANKS}
    with_evaluation = {p: median([r["train_seconds"] + r["evaluation_seconds"]
                                  for r in disturbed if r.ranks == p]) for p in RANKS}
    target = loss[1][1]  # what one rank ends with
    reached = {p: median([first_below(r, target) for r in of[p]]) for p in RANKS}

    section = Section(
        title="Figure 1: validation loss over time, by number of ranks",
        shows="What more ranks buy when each does the same 400 iterations: they see more documents.",
        settings=f"`lock-free`, the paper's settings (batch 100, step 0.035, λ 1e-4, regularizer "
                 f"`seed`, 10 % held out), {ITERATIONS} iterations per rank, {len(seeds)} seeds. Medians "
                 f"(quartiles). Weights are copied every {every} iterations and evaluated after the run.")
    section.tables = [(
        "400 iterations per rank",
        ["ranks", "seconds, updates only", "validation loss", "seconds to one rank's last loss",
         "seconds with an evaluation after every batch", "paper: seconds", "paper: loss"],
        [[lab.named(p), with_range(*seconds[p]), with_range(*loss[p]), number(reached[p]),
          number(with_evaluation[p]), *map(given, FIGURE1.get(p, (None, None)))] for p in RANKS])]
    section.plots = [(draw(lab, of, loss), "validation loss over training seconds")]
    section.columns = ["ranks", "oversubscribed", "seed", "iteration", "documents", "train_seconds",
                       "validation_objective", "validation_accuracy"]
    section.rows = [[r.ranks, r.oversubscribed, r.seed, e["iteration"], e["samples"],
                     e["train_seconds"], e["validation_objective"], e["validation_accuracy"]]
                    for r in records for e in r.evaluations]
    section.reading = reading(lab, loss, seconds, reached)
    section.differences = [
        f"The paper needs {FIGURE1[1][0]:g} s for what takes {number(seconds[1][1])} s here: its loop is "
        "Python, and every one of its processes evaluates all validation documents after every batch, which "
        "is most of its time. We time updates alone; with an evaluation after every batch, shared by the "
        f"ranks, one rank takes {number(with_evaluation[1])} s.",
        f"The paper's machine has 4 cores and 8 hardware threads, this one {lab.cores} cores."
        + lab.dagger(RANKS)]
    return section


def first_below(record, loss):
    """Training seconds to a validation loss."""
    for row in record.evaluations:
        if row["validation_objective"] is not None and row["validation_objective"] <= loss:
            return row["train_seconds"]
    return float("inf")


def reading(lab, loss, seconds, reached):
    best = min(RANKS, key=lambda p: loss[p][1])
    sentences = [
        f"After 400 iterations per rank the median loss is {fixed(loss[1][1])} with 1 rank and "
        f"{fixed(loss[RANKS[-1]][1])} with {RANKS[-1]}; the lowest, {fixed(loss[best][1])}, has {best}."]
    own = [p for p in RANKS if p <= lab.cores]
    if len(own) > 1:
        most = own[-1]
        gain = reached[1] / reached[most]
        sentences.append(
            f"Within the {lab.cores} cores, {most} ranks take {number(seconds[most][1] / seconds[1][1], 2)} "
            f"times one rank's time for {most} times its documents, and reach one rank's last loss "
            + (f"{number(gain, 2)} times as fast." if gain >= 1 else
               f"in {number(1 / gain, 2)} times its time: no gain."))
    return sentences


def draw(lab, of, loss):
    figure, axes = plotting.plt.subplots()
    for p, paint in zip(RANKS, plotting.BY_RANKS):
        rows = [r.evaluations for r in of[p]]
        count = min(map(len, rows))
        x = [median([run[i]["train_seconds"] for run in rows]) for i in range(count)]
        losses = [[run[i]["validation_objective"] for run in rows] for i in range(count)]
        more = p > lab.cores
        axes.plot(x, [median(v) for v in losses], color=paint, linestyle=(0, (4, 2)) if more else "-")
        axes.fill_between(x, [quartiles(v)[0] for v in losses], [quartiles(v)[2] for v in losses],
                          color=paint, alpha=0.15, linewidth=0)
        axes.plot(x[-1], median(losses[-1]), "o", color=paint,
                  markerfacecolor="white" if more else paint)
        axes.annotate(f"{p} rank{'s' * (p > 1)}", (x[-1], median(losses[-1])), color=paint, fontsize=9,
                      xytext=(4, 9), textcoords="offset points", zorder=6,
                      bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8})
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_yticks([t for t in (0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
                     if t >= 0.9 * min(v[1] for v in loss.values())])
    axes.minorticks_off()
    plotting.plain_numbers(axes.yaxis)
    plotting.plain_numbers(axes.xaxis)
    axes.margins(x=0.12)
    axes.set_xlabel("training seconds (updates only)")
    axes.set_ylabel("validation loss")
    axes.set_title("Lock-free, 400 iterations per rank: loss over time\n"
                   f"median and quartiles; dashed: more ranks than the {lab.cores} cores")
    plotting.save(figure, lab.plot("figure1"))
    return "figure1"
