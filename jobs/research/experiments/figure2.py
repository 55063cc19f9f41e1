"""Figure 2: seconds per 100 iterations of each process, with and without locks, at 1 to 16 ranks."""
import plotting
from paper import FIGURE2
from report import METER_HEADER, Section, given, interval, listed, meter_cells, number, with_range
from runner import Job, interleaved
from stats import bootstrap_ratio, median, quartiles
from systems import PAPER, SHARED, UNDISTURBED

RANKS = (1, 2, 4, 8, 16)


def run(lab):
    documents = 100_000 if lab.quick else 400_000  # of all ranks, so that every run lasts

    def competitor(strategy, ranks):
        options = {**PAPER, **UNDISTURBED, "strategy": strategy, "evaluate-every": 0,
                   "iterations": documents // (int(PAPER["batch-size"]) * ranks)}
        return lambda seed: Job.make(strategy, ranks, options, seed)

    seeds = lab.seeds(10)
    records = lab.runner.run_all("figure2", interleaved(
        [competitor(s, p) for s in SHARED for p in RANKS], seeds))
    of = {(s, p): [r for r in records if (r.label, r.ranks) == (s, p)] for s in SHARED for p in RANKS}
    seconds = {key: [per_100(r) for r in runs] for key, runs in of.items()}
    against = {(s, p): bootstrap_ratio(seconds[s, p], seconds["lock-free", p])
               for s in SHARED[1:] for p in RANKS}

    section = Section(
        title="Figure 2: seconds per 100 iterations, with and without locks",
        shows="What protection costs: `locked` updates in a critical section, `atomic` one weight at a "
              "time, `striped` under locks on the weights it changes; `lock-free` does without.",
        settings=f"The paper's settings, {documents:,} documents over all ranks, {len(seeds)} seeds in "
                 "interleaved order. Seconds of updates per 100 iterations of each rank.")
    section.tables = [
        ("Seconds per 100 iterations per rank: medians (quartiles)",
         ["ranks", *SHARED, "paper: lock-free", "paper: locked"],
         [[lab.named(p), *[with_range(*quartiles(seconds[s, p])) for s in SHARED],
           given(FIGURE2["lock-free"][p]), given(FIGURE2["locked"][p])] for p in RANKS]),
        ("Times lock-free's seconds: ratio of medians [95 % bootstrap interval]",
         ["ranks", *SHARED[1:], "paper: locked"],
         [[lab.named(p), *[interval(against[s, p]) for s in SHARED[1:]],
           number(FIGURE2["locked"][p] / FIGURE2["lock-free"][p])] for p in RANKS]),
        ("What the meters say (medians)", ["ranks", "strategy", *METER_HEADER],
         [[lab.named(p), s, *meter_cells(of[s, p])] for p in RANKS for s in SHARED])]
    section.plots = [(draw(lab, seconds), "seconds per 100 iterations over ranks")]
    section.columns = ["strategy", "ranks", "oversubscribed", "seed", "iterations", "train_seconds",
                       "seconds_per_100_iterations", *METERS]
    section.rows = [[r.label, r.ranks, r.oversubscribed, r.seed, r["iteration"], r["train_seconds"],
                     per_100(r), *[r[m] for m in METERS]] for r in records]
    section.reading = reading(lab, against, of)
    section.differences = [
        "The paper's lock is not a critical section: Python's synchronised array locks the read and the "
        "write of an update separately, so updates are lost under it too, and its cost is that of locking "
        "every single access. Ours is one lock around the update of a batch.",
        f"The paper's machine has 4 cores, this one {lab.cores}: beyond that the time per rank grows with the "
        "number of ranks, whatever the strategy." + lab.dagger(RANKS)]
    return section


METERS = ("contention_collisions", "contention_lost_fraction", "lock_wait_seconds", "staleness_median",
          "staleness_p99", "staleness_max", "active_fraction")


def per_100(record):
    return record["train_seconds"] / record["iteration"] * 100


def reading(lab, against, of):
    sentences = []
    most = max(p for p in RANKS if p <= lab.cores)
    if most > 1:
        verdicts = []
        for s in SHARED[1:]:
            ratio, low, high = against[s, most]
            sure = "" if low > 1 or high < 1 else ", an interval that holds 1"
            verdicts.append(f"`{s}` {number(ratio, 3)} [{number(low, 3)}, {number(high, 3)}]{sure}")
        sentences.append(f"With a core for each of {most} ranks, times lock-free's seconds: "
                         + listed(verdicts) + ".")
    paper_ratio = FIGURE2["locked"][16] / FIGURE2["lock-free"][16]
    ours = against["locked", 16][0]
    sentences.append(f"At 16 ranks the paper's lock costs a factor of {number(paper_ratio, 2)}, ours "
                     f"{number(ours, 2)}"
                     + ("." if 16 <= lab.cores else ", where ranks share cores."))
    waited = [r["lock_wait_seconds"] / r["train_seconds"] for r in of["locked", most]
              if r["lock_wait_seconds"] is not None]
    if waited:
        sentences.append(f"At {most} ranks a locked rank spends {100 * median(waited):.1f} % of its time "
                         "waiting for the lock.")
    lost = [r["contention_lost_fraction"] for r in of["lock-free", most]
            if r["contention_lost_fraction"] is not None]
    if lost and most > 1:
        sentences.append(f"Lock-free destroys {100 * median(lost):.2g} % of its changes there.")
    return sentences


def draw(lab, seconds):
    figure, (ours, theirs) = plotting.plt.subplots(
        1, 2, figsize=(10.5, 4.6), gridspec_kw={"width_ratios": [1.5, 1], "wspace": 0.42})
    ends = []
    for s in SHARED:
        q = [quartiles(seconds[s, p]) for p in RANKS]
        plotting.line_over_ranks(ours, RANKS, [v[1] for v in q], lab.cores, system=s,
                                 low=[v[0] for v in q], high=[v[2] for v in q])
        ends.append((q[-1][1], s, plotting.colour(s)))
    ours.set_yscale("log")
    plotting.log_axis(ours.yaxis)
    plotting.rank_axis(ours, RANKS, lab.cores)
    ours.set_ylabel("seconds per 100 iterations per rank")
    ours.set_title("This machine")
    plotting.name_ends(ours, ends, x=RANKS[-1])
    for s, by_ranks in FIGURE2.items():
        plotting.line_over_ranks(theirs, list(by_ranks), list(by_ranks.values()), 16, system=s)
    theirs.set_yscale("log")
    plotting.log_axis(theirs.yaxis)
    plotting.rank_axis(theirs, RANKS, 16)
    theirs.set_xlabel("processes")
    theirs.set_ylim(9, 110)
    theirs.set_title("The paper (4 cores, Python)")
    plotting.name_ends(theirs, [(v[16], s, plotting.colour(s)) for s, v in FIGURE2.items()], x=16)
    plotting.save(figure, lab.plot("figure2"))
    return "figure2"
