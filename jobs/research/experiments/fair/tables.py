"""The report's tables."""
import math

from report import fixed, interval, meter_cells, number, with_range
from stats import bootstrap_ratio, mean_paired_difference, median, quartiles, relative_gap, time_to_target

from .contest import BASE, EQUAL_STEP, TARGETS, falling_slowly


def percent(fraction):
    return f"{100 * fraction:g} %"


def ratio_text(numerators, denominators, name):
    """A ratio of seconds with its interval; `name` is whose the denominators are."""
    if math.isinf(median(numerators)):
        return "not reached"
    if math.isinf(median(denominators)):
        return f"{name}: not reached"
    return interval(bootstrap_ratio(numerators, denominators))


def speed_up_text(serial, own):
    if math.isinf(median(own)):
        return "not reached"
    if math.isinf(median(serial)):
        return "that did not reach it"
    return interval(bootstrap_ratio(serial, own))


def contest_table(lab, caption, outcomes, ranks, serial, theirs):
    base = outcomes["lock-free", ranks]
    header = ["strategy", "ranks", "η", "s to 10 %", "s to 1 %", "reached 1 %", "reached 0.1 %",
              "epochs to 1 %", "ms per epoch", "last gap", "s to 1 %: ratio to lock-free",
              f"speed-up over our best serial run ({serial.name}, η = {serial.step:g})",
              "speed-up over scikit-learn"]
    rows = []
    for (s, p), o in outcomes.items():
        rows.append([
            s, lab.named(p), f"{o.step:g}", with_range(*quartiles(o.seconds[0.1])),
            with_range(*quartiles(o.seconds[0.01])), o.reached(0.01), o.reached(0.001),
            number(median(o.epochs[0.01])), number(1000 * median(o.seconds_per_epoch)),
            gap_text(median(o.last_gap)),
            "1" if o is base else ratio_text(o.seconds[0.01], base.seconds[0.01], "lock-free"),
            "1" if o is serial else speed_up_text(serial.seconds[0.01], o.seconds[0.01]),
            speed_up_text(theirs, o.seconds[0.01])])
    return (caption + ": medians (quartiles) [95 % bootstrap interval]; an interval from 0 or to ∞: in some "
            "resamples one side does not reach the target", header, rows)


def gap_text(gap):
    return "diverged" if math.isinf(gap) else f"{100 * gap:.2f} %"


def long_table(lab, plan, long):
    return (f"To 0.1 %: step {EQUAL_STEP:g} · {falling_slowly(plan.long_epochs)['decay']:g}^epoch, "
            f"{plan.long_epochs} epochs, {len(plan.long_seeds)} seed{'s' * (len(plan.long_seeds) > 1)}",
            ["strategy", "ranks", "s to 1 %", "s to 0.1 %", "reached 0.1 %", "epochs to 0.1 %", "smallest gap",
             "last gap"],
            [[s, lab.named(p), number(median(o.seconds[0.01])), number(median(o.seconds[0.001])),
              o.reached(0.001), number(median(o.epochs[0.001])),
              gap_text(median([min(g for _, _, g in points) for points in o.gaps])),
              gap_text(median(o.last_gap))] for (s, p), o in long.items()])


def sklearn_points(run, optimum):
    return [(k + 1, seconds, relative_gap(value, optimum.dual, optimum.primal))
            for k, (value, seconds) in enumerate(zip(run["objectives"], run["seconds"]))]


def serial_table(plan, optimum, best, sklearn):
    rows = []
    for key in (("sequential", 1), ("lock-free", 1)):
        o = best[key]
        rows.append([f"`{o.name}` on one rank, η = {o.step:g}",
                     *[number(median(o.seconds[t])) for t in TARGETS],
                     number(1000 * median(o.seconds_per_epoch))])
    times = [[time_to_target(sklearn_points(run, optimum), t)[1] for run in sklearn] for t in TARGETS]
    rows.append([f"scikit-learn `SGDClassifier`, its own step, {plan.sklearn_epochs} epochs", *[number(median(t)) for t in times],
                 number(1000 * median([run["seconds"][-1] / plan.sklearn_epochs for run in sklearn]))])
    rows.append([f"LIBLINEAR, dual coordinate descent: {number(optimum.seconds)} s to a gap of "
                 f"{optimum.certified:.0e}, reading text included", "–", "–", "–", "–"])
    return ("Serial programs: seconds to the targets (medians)",
            ["program", *[f"s to {percent(t)}" for t in TARGETS], "ms per epoch"], rows)


def at_epoch(points, epoch):
    """The gap of the snapshot at an epoch."""
    return min(points, key=lambda point: abs(point[0] - epoch))[2]


def quality_rows(plan, optimum, best, sklearn, ranks):
    """(epoch, scikit-learn's objective, ours, ours / its) at equal epochs: medians over seeds."""
    rows = []
    for epoch in (e for e in (1, 2, 5, 10, 20, 40, 60) if e <= plan.epochs):
        theirs = median([run["objectives"][epoch - 1] for run in sklearn])
        ours = [optimum.dual + optimum.primal * median([at_epoch(points, epoch) for points in
                                                       best[key].gaps])
                for key in (("sequential", 1), ("lock-free", ranks))]
        rows.append((epoch, theirs, ours, [value / theirs for value in ours]))
    return rows


def quality_table(plan, optimum, best, sklearn, ranks):
    return ("The objective at equal epochs beside scikit-learn's (same λ, bias a column of ones; medians)",
            ["epochs", "scikit-learn", "sequential", "ratio", f"lock-free, {ranks} ranks", "ratio"],
            [[epoch, fixed(theirs, 5), fixed(ours[0], 5), fixed(ratio[0], 4), fixed(ours[1], 5),
              fixed(ratio[1], 4)] for epoch, theirs, ours, ratio in
             quality_rows(plan, optimum, best, sklearn, ranks)])


def accuracy_table(lab, best, ranks):
    base = best["lock-free", ranks]
    rows = []
    for (s, p), o in best.items():
        difference, error = mean_paired_difference(
            [(a.right, b.right) for a, b in zip(o.records, base.records) if a.valid and b.valid])
        rows.append([s, lab.named(p), fixed(median([r["test_accuracy"] for r in o.records]), 4),
                     "–" if o is base else f"{difference:+.4f} ± {error:.4f}"])
    documents = len(base.records[0].right)
    return (f"Test accuracy with the best steps, {documents:,} documents, paired with lock-free's by seed and "
            "document",
            ["strategy", "ranks", "median", "difference ± standard error"], rows)


def ablation_table(plan, ablation):
    base = ablation[BASE]
    return (f"What the parts contribute: lock-free, η = {EQUAL_STEP:g}, {plan.ablation_epochs} epochs, "
            f"{len(plan.ablation_seeds)} seeds",
            ["change", "ms per epoch", "ratio", "last gap"],
            [[name, with_range(*(1000 * q for q in quartiles(o.seconds_per_epoch))),
              "1" if o is base else
              interval(bootstrap_ratio(o.seconds_per_epoch, base.seconds_per_epoch)),
              gap_text(median(o.last_gap))] for name, o in ablation.items()])


def other_table(lab, plan, terms, optimum, outcomes, ranks):
    base = outcomes["lock-free", ranks]
    return (f"Synthesised data, {terms} terms per document on average ({optimum.documents:,} documents, P* = "
            f"{optimum.primal:.5f}, {plan.other_epochs} epochs, {len(plan.other_seeds)} seeds)",
            ["strategy", "ranks", "s to 10 %", "s to 1 %", "reached 1 %", "epochs to 1 %", "ms per epoch",
             "last gap", "s to 1 %: ratio to lock-free", "colliding stores", "changes destroyed"],
            [[s, lab.named(p), number(median(o.seconds[0.1])), number(median(o.seconds[0.01])),
              o.reached(0.01), number(median(o.epochs[0.01])),
              number(1000 * median(o.seconds_per_epoch)), gap_text(median(o.last_gap)),
              "1" if o is base else ratio_text(o.seconds[0.01], base.seconds[0.01], "lock-free"),
              *meter_cells(o.records)[:2]] for (s, p), o in outcomes.items()])
