"""What the tables say, in sentences, and all of it as rows of a CSV file."""
import math

from report import interval, listed, number
from stats import bootstrap_ratio, median, time_to_target

from .contest import TARGETS
from .tables import quality_rows, sklearn_points


def reading(lab, plan, ranks, optimum, equal, best, long, sklearn, serial, others):
    base = equal["lock-free", ranks]
    missed = [s for (s, p), o in equal.items() if p == ranks and math.isinf(median(o.seconds[0.01]))]
    lines = []
    if missed:
        lines.append(f"With the same step, {listed(f'`{s}`' for s in missed)} do not reach 1 % in most runs.")
    else:
        lines.append(f"With the same step every strategy reaches 1 % in most of its runs within {plan.epochs} "
                     "epochs.")
    slower, faster, same = [], [], []
    for (s, p), o in equal.items():
        if p != ranks or o is base or s in missed or "lock-free" in missed:
            continue
        ratio, low, high = bootstrap_ratio(o.seconds[0.01], base.seconds[0.01])
        entry = f"`{s}` ({number(ratio, 2)})"
        (slower if low > 1 else faster if high < 1 else same).append(entry)
    parts = [f"{kind} {listed(names)}" for kind, names in
             (("slower than lock-free to 1 %:", slower), ("faster:", faster),
              ("not to be told apart from it:", same)) if names]
    if parts:
        lines.append("Ratios of seconds: " + "; ".join(parts) + ".")
    winner = min((o for (s, p), o in best.items() if p == ranks), key=lambda o: median(o.seconds[0.01]))
    gain, low, high = bootstrap_ratio(serial.seconds[0.01], winner.seconds[0.01])
    if math.isfinite(median(winner.seconds[0.01])):
        gain, low, high = bootstrap_ratio(serial.seconds[0.01], winner.seconds[0.01])
        lines.append(
            f"With its own best step the fastest on {ranks} ranks is `{winner.name}` (η = {winner.step:g}): "
            f"{number(median(winner.seconds[0.01]))} s to 1 %, {number(gain, 2)} [{number(low, 2)}, "
            f"{number(high, 2)}] times as fast as our best serial run (`{serial.name}`, η = "
            f"{serial.step:g}, {number(median(serial.seconds[0.01]))} s).")
    theirs = median([time_to_target(sklearn_points(run, optimum), 0.01)[1] for run in sklearn])
    lines.append(f"scikit-learn takes {number(theirs)} s for that; LIBLINEAR solves the problem to "
                 f"{optimum.certified:.0e} in {number(optimum.seconds)} s, its reading of text included."
                 if math.isfinite(theirs) else
                 f"scikit-learn does not get there in {plan.sklearn_epochs} epochs; LIBLINEAR solves the problem to "
                 f"{optimum.certified:.0e} in {number(optimum.seconds)} s, its reading of text included.")
    there = [s for (s, p), o in long.items() if math.isfinite(median(o.seconds[0.001]))]
    lines.append((f"0.1 % is reached, in most runs of {plan.long_epochs} epochs with the slowly falling step, "
                  f"by {listed(f'`{s}`' for s in there)}" if there else
                  f"No competitor reaches 0.1 % in most runs of {plan.long_epochs} epochs with the slowly falling step")
                 + (f"; not by {listed(f'`{s}`' for s, _ in long if s not in there)}." if
                    there and len(there) < len(long) else "."))
    rows = quality_rows(plan, optimum, best, sklearn, ranks)
    worst = [max(rows, key=lambda row: row[3][k]) for k in (0, 1)]
    lines.append(f"At equal epochs the objective is at most {100 * (worst[0][3][0] - 1):+.2f} % from "
                 f"scikit-learn's with `sequential` (epoch {worst[0][0]}) and "
                 f"{100 * (worst[1][3][1] - 1):+.2f} % with lock-free (epoch {worst[1][0]}); after "
                 f"{rows[-1][0]} epochs {100 * (rows[-1][3][0] - 1):+.2f} % and "
                 f"{100 * (rows[-1][3][1] - 1):+.2f} %.")
    active = median([r["active_fraction"] for r in base.records if r["active_fraction"] is not None])
    lines.append(f"{100 * active:.0f} % of the documents have a gradient and write; the others only read.")
    for terms, _, outcomes in others:
        o, locked = outcomes["lock-free", ranks], outcomes["locked", ranks]
        lines.append(f"With {terms} terms per document `locked` takes "
                     f"{interval(bootstrap_ratio(locked.seconds[0.1], o.seconds[0.1]), 2)} times lock-free's "
                     "seconds to 10 %.")
    if optimum.certified > 1e-4:
        lines.append("The optimum is not known well enough to judge 0.1 %.")
    return lines


def csv_rows(equal, best, long, ablation, others):
    columns = ["part", "strategy", "ranks", "oversubscribed", "learning_rate", "seed",
               *[f"{what}_to_{100 * t:g}_percent" for t in TARGETS for what in ("epochs", "seconds")],
               "seconds_per_epoch", "last_gap", "active_fraction", "contention_collisions",
               "contention_lost_fraction", "lock_wait_seconds", "staleness_median", "staleness_p99",
               "staleness_max", "test_accuracy"]
    rows = []
    parts = [("equal step", equal), ("best step", best), ("slow", long),
             ("ablation", {(name, o.ranks): o for name, o in ablation.items()}),
             *[(f"{terms} terms", outcomes) for terms, _, outcomes in others]]
    for part, outcomes in parts:
        for (name, ranks), o in outcomes.items():
            for i, r in enumerate(o.records):
                rows.append([part, name, ranks, r.oversubscribed, o.step, r.seed,
                             *[values[t][i] for t in TARGETS for values in (o.epochs, o.seconds)],
                             o.seconds_per_epoch[i], o.last_gap[i], *[r[c] for c in columns[14:]]])
    return columns, rows
