"""Medians, quartiles, intervals and times to a target. A run that never reached it took infinitely
long. It stays in every list, so a median can be infinite and no failure improves a figure."""
import math

INFINITE = math.inf


def quantile(values, q):
    """Linear between order statistics, like NumPy's default, but correct for infinite values."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    position = q * (len(ordered) - 1)
    low = math.floor(position)
    fraction = position - low
    if fraction == 0.0 or ordered[low] == ordered[low + 1]:
        return ordered[low]
    return ordered[low] + fraction * (ordered[low + 1] - ordered[low])


def median(values):
    return quantile(values, 0.5)


def quartiles(values):
    """@return lower quartile, median, upper quartile"""
    return quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)


def ratio_of_medians(numerators, denominators):
    """NaN if neither side reaches the target: there is nothing to compare."""
    above, below = median(numerators), median(denominators)
    if math.isinf(above) and math.isinf(below):
        return math.nan
    return above / below if below else INFINITE


def bootstrap_ratio(numerators, denominators, resamples=2000, seed=1, level=0.95):
    """The ratio of two medians over the same seeds, with a percentile bootstrap interval: seeds are
    drawn with replacement, for both sides alike, since the runs of one seed belong together.

    @return (ratio, low, high). With one pair, or where more than half of the draws have no ratio
            (neither side reached the target), the interval is NaN.
    """
    import numpy as np  # the benchmarks do without it
    if len(numerators) != len(denominators):
        raise ValueError("paired values are expected")
    ratio = ratio_of_medians(numerators, denominators)
    count = len(numerators)
    if count < 2:
        return ratio, math.nan, math.nan
    draw = np.random.default_rng(seed)
    ratios = []
    for _ in range(resamples):
        chosen = draw.integers(0, count, count)
        ratios.append(ratio_of_medians([numerators[i] for i in chosen],
                                       [denominators[i] for i in chosen]))
    ratios = [r for r in ratios if not math.isnan(r)]
    if len(ratios) * 2 < resamples:
        return ratio, math.nan, math.nan
    tail = (1.0 - level) / 2.0
    return ratio, quantile(ratios, tail), quantile(ratios, 1.0 - tail)


def relative_gap(objective, dual, primal):
    """(P(w) - D*) / P*: an upper bound on how far `objective` is from the optimum, relative to
    it."""
    if objective is None or not math.isfinite(objective):
        return INFINITE
    return (objective - dual) / primal


def time_to_target(points, target):
    """The first snapshot whose gap is at most `target`.

    @param points  (epochs, seconds, gap) in the order of the run
    @return (epochs, seconds), both infinite when no snapshot is that good
    """
    for epochs, seconds, gap in points:
        if gap <= target:
            return epochs, seconds
    return INFINITE, INFINITE


def paired_difference(right_a, right_b):
    """Accuracy of a minus accuracy of b on the same documents, and its standard error.

    @param right_a, right_b  arrays of bool: which documents each classified rightly
    """
    import numpy as np  # the benchmarks do without it
    difference = np.asarray(right_a, dtype=float) - np.asarray(right_b, dtype=float)
    return float(difference.mean()), float(difference.std() / math.sqrt(len(difference)))


def mean_paired_difference(pairs):
    """The mean over seeds of paired differences. Its standard error is the larger of what the
    documents leave open (the same test documents serve all seeds) and what the seeds do."""
    import numpy as np  # the benchmarks do without it
    results = [paired_difference(a, b) for a, b in pairs]
    differences = [difference for difference, _ in results]
    mean = float(np.mean(differences))
    right_a = np.mean([np.asarray(a, dtype=float) for a, _ in pairs], axis=0)
    right_b = np.mean([np.asarray(b, dtype=float) for _, b in pairs], axis=0)
    per_document = right_a - right_b
    of_documents = float(per_document.std() / math.sqrt(len(per_document)))
    of_seeds = (float(np.std(differences, ddof=1) / math.sqrt(len(differences)))
                if len(differences) > 1 else 0.0)
    return mean, max(of_documents, of_seeds)
