"""From measurements to a table: medians, and ratios of what was measured in the same repeat."""
import math
import os
import platform
import subprocess

from pages import markdown_table, plain_table
from stats import median


def spread(values):
    """Median and extremes; what was not reached counts as infinite."""
    values = [math.inf if value is None else value for value in values]
    return {"median": median(values), "least": min(values), "most": max(values)}


def ratios(above, below):
    """Pairs of the same repeat. Two that were both not reached have no ratio."""
    pairs = [(math.inf if a is None else a, math.inf if b is None else b)
             for a, b in zip(above, below)]
    return [a / b for a, b in pairs if not (math.isinf(a) and math.isinf(b))]


class Table:
    """Rows of what, figure, and range over the repeats."""

    def __init__(self):
        self.rows = []

    def add(self, what, values, form="{:.4g}", unit=""):
        values = list(values)
        if not values:
            return
        show = lambda v: "not reached" if math.isinf(v) else form.format(v)  # noqa: E731
        s = spread(values)
        between = "" if s["least"] == s["most"] else f"{show(s['least'])} – {show(s['most'])}"
        figure = show(s["median"]) + (f" {unit}" if unit and math.isfinite(s["median"]) else "")
        self.rows.append((what, figure, between))

    def add_ratio(self, what, above, below):
        self.add(what, ratios(above, below), "{:.2f}", "×")

    def plain(self):
        return plain_table(self.rows, ("left", "right", "left"))

    def markdown(self):
        return markdown_table(["what", "median", "range"], self.rows) + "\n"


def _first_line(command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              universal_newlines=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def machine(hogwild):
    import sklearn
    with open("/proc/cpuinfo") as file:
        names = [line.split(": ", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.machine(),
            "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release(),
            "load": os.getloadavg()[0],
            "hogwild": _first_line([hogwild, "--version"]),
            "scikit-learn": sklearn.__version__,
            "liblinear": _first_line(["dpkg-query", "--show", "--showformat=${Version}\n",
                                      "liblinear-tools"]),
            "mpi": _first_line(["mpirun", "--version"])}


def machine_line(about):
    return (f"{about['cpu']}, {about['cores']} cores, Linux {about['kernel']}, load "
            f"{about['load']:.1f} at the start; {about['hogwild']}, scikit-learn "
            f"{about['scikit-learn']}, LIBLINEAR {about['liblinear']}, {about['mpi']}")
