"""The Markdown report: one part per experiment, which stays until that experiment is run again."""
import csv
import io
import json
import math
import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import paper
from pages import render
from runner import write_file

TEMPLATES = Path(__file__).parent


@dataclass
class Section:
    """What one experiment has to say."""
    title: str
    shows: str                                    # what the experiment shows
    settings: str                                 # what was run
    tables: list = field(default_factory=list)    # (caption, header, rows)
    plots: list = field(default_factory=list)     # (stem, what is to be seen)
    reading: list = field(default_factory=list)   # sentences computed from the data
    differences: list = field(default_factory=list)  # where and why ours is not the paper's
    columns: list = field(default_factory=list)   # of the CSV file
    rows: list = field(default_factory=list)


# --- numbers ------------------------------------------------------------------------------------

def number(value, digits=3):
    """`digits` significant digits; a dash where there is none, words where it never came to be."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if math.isinf(value):
        return "not reached"
    if value == 0:
        return "0"
    if abs(value) >= 10 ** digits:
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        return f"{value:.{digits - 1}e}"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{places}f}"


def given(value):
    """A figure of the paper, as the paper has it."""
    return "–" if value is None else f"{value:g}"


def fixed(value, places=3):
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{places}f}"


def with_range(low, middle, high, digits=3):
    """A median and its quartiles in brackets."""
    if math.isinf(middle) and math.isinf(low):
        return "not reached"
    return f"{number(middle, digits)} ({number(low, digits)}–{number(high, digits)})"


def interval(estimate, digits=3):
    """A ratio with its bootstrap interval."""
    ratio, low, high = estimate
    if math.isnan(ratio):
        return "–"
    if math.isinf(ratio):
        return "∞"
    if math.isnan(low):
        return f"{number(ratio, digits)}"
    top = "∞" if math.isinf(high) else number(high, digits)
    return f"{number(ratio, digits)} [{number(low, digits)}, {top}]"


def listed(words):
    """a, b and c"""
    words = list(words)
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + " and " + words[-1]


# --- tables -------------------------------------------------------------------------------------

METER_HEADER = ["colliding stores", "changes destroyed", "waited, s a rank",
                "staleness median / 99 % / max, batches", "active documents"]


def meter_cells(records):
    """Medians over runs of what the meters say, for a table's row."""
    from stats import median  # pylint: disable=import-outside-toplevel

    def middle(key):
        values = [r[key] for r in records if r[key] is not None]
        return median(values) if values else None

    stale = [middle(f"staleness_{k}") for k in ("median", "p99", "max")]
    share = middle("active_fraction")
    return [number(middle("contention_collisions"), 2), number(middle("contention_lost_fraction"), 2),
            number(middle("lock_wait_seconds"), 2),
            "–" if stale[0] is None else " / ".join(f"{s:.0f}" for s in stale),
            "–" if share is None else f"{100 * share:.1f} %"]


# --- files --------------------------------------------------------------------------------------

def publish(output, name, section, records, rerun):
    """Writes name.jsonl, name.csv and name.md; the plots are there already."""
    output = Path(output)
    write_file(output / f"{name}.jsonl",
               "".join(json.dumps(record.stored) + "\n" for record in records))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(section.columns)
    writer.writerows(section.rows)
    write_file(output / f"{name}.csv", table.getvalue())

    files = [f"{name}.jsonl", f"{name}.csv", *(f"{stem}.svg" for stem, _ in section.plots)]
    write_file(output / f"{name}.md",
               render(TEMPLATES / "section.md.j2", section=section, files=files, rerun=rerun))


def assemble(output, names, runner, settings):
    """report.md out of the parts that are there."""
    output = Path(output)
    sections = [(output / f"{name}.md").read_text() for name in names
                if (output / f"{name}.md").exists()]
    titles = [text.splitlines()[0][3:] for text in sections]
    write_file(output / "report.md",
               render(TEMPLATES / "report.md.j2", machine=machine(runner), settings=settings,
                      contents=[(title, anchor(title)) for title in titles], sections=sections))


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


# --- the machine --------------------------------------------------------------------------------

def machine(runner):
    """@return (what, figure) of each row"""
    return [
        ("processor", f"{processor()}, {runner.cores} cores used of {os.cpu_count()}"),
        ("memory", f"{memory_bytes() / 1e9:.1f} GB"),
        ("system", f"{distribution()}, Linux {platform.release()}"),
        ("program", runner.version[0]),
        ("compiler, MPI", ", ".join(runner.version[1:3])),
        ("date", time.strftime("%Y-%m-%d")),
        ("the paper's machine", paper.MACHINE),
    ]


def processor():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_bytes():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def distribution():
    try:
        with open("/etc/os-release") as file:
            for line in file:
                if line.startswith("PRETTY_NAME="):
                    return line.split("=", 1)[1].strip().strip('"')
    except OSError:
        pass
    return platform.system()


def physical_cores():
    """Cores that we may use; hardware threads of one core count once."""
    allowed = os.sched_getaffinity(0)
    try:
        done = subprocess.run(["lscpu", "-p=CPU,CORE,SOCKET"], stdout=subprocess.PIPE, check=True,
                              universal_newlines=True)
        rows = [line.split(",") for line in done.stdout.splitlines() if not line.startswith("#")]
        return len({tuple(row[1:]) for row in rows if int(row[0]) in allowed}) or len(allowed)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return len(allowed)
