"""The report page of the model: the figures of page.md.j2."""
from pathlib import Path

from epochs import ANY, EXTRAPOLATED
from pages import render
from prediction import PASSES, where_it_stops
from report import fixed, number

SHOWN = (1, 2, 4, 16, 64, 256, 1024)


def write(facts, rows, checked, plot, note=""):
    shown = [n for n in SHOWN if any(row.nodes == n for row in rows)]
    epoch_nodes = sorted({row["nodes"] for row in facts["epochs"]} - {ANY}) + [ANY]
    costs = ", ".join(f"{number(ratio, 2)} (to {100 * target:g} %)" for target, ratio in facts["costs"].items())
    return render(
        Path(__file__).with_name("page.md.j2"), note=note, plot=plot, summary=_summary(rows),
        nodes=[f"{n:,}" for n in shown], predictions=_predictions(rows, shown),
        measured=_measured(facts), settings=facts["settings"], stragglers=facts["stragglers"],
        merges=", ".join(f"{int(n)}: {ns:.1f}" for n, ns in facts["merges"]),
        extrapolated=EXTRAPOLATED, passes=PASSES, schedules=facts["schedules"],
        documents=facts["plan"].documents, costs=costs, all_documents=facts["documents"], epochs=_epochs(facts, epoch_nodes),
        epochs_header=["above the optimum", "combine", "exchanges an epoch",
                       *map(_nodes_text, epoch_nodes)],
        laws=_laws(facts), ratios=_ratios_to_formulas(rows), checked=_checked(checked))


def _curves(rows):
    curves = {}
    for row in rows:
        curves.setdefault((row.dataset, row.network, row.goal), []).append(row)
    return curves


def _summary(rows):
    lines = []
    for (dataset, network, goal), curve in _curves(rows).items():
        stop = where_it_stops(curve)
        best = next(row for row in curve if row.nodes == stop)
        lines.append([dataset, network, goal, stop, number(best.speedup, 2), number(best.seconds),
                      _share(best.lost_share)])
    return lines


def _predictions(rows, shown):
    """@return (network, lines of its table)"""
    tables = []
    for network in dict.fromkeys(row.network for row in rows):
        lines = []
        for (dataset, net, goal), curve in _curves(rows).items():
            if net == network:
                at = {row.nodes: row for row in curve}
                lines.append([dataset, goal] + [f"{number(at[n].seconds)} ({number(at[n].epochs, 2)})"
                                                if n in at else "–" for n in shown])
        tables.append((network, lines))
    return tables


def _measured(facts):
    machine = facts["machine"]
    lines = [
        ["ns per document of a rank, without merges", number(1e9 * machine.document_seconds)],
        ["ns per merge of its hot head", number(1e9 * machine.merge_seconds)],
        ["ranks per node, documents/s of a node",
         f"{machine.ranks}, {1 / machine.seconds_per_document:,.0f}"],
        ["ns per weight that an exchange takes from a leader, beside its messages",
         number(1e9 * facts["settings"][0].touch_seconds)]]
    for name, report in facts["exchanges"].items():
        for operation in ("ping_pong", "iallreduce", "visible"):
            cost = report[operation]
            lines.append([f"{name}: {operation.replace('_', '-')}, {report['participants']} participants",
                          f"{1e6 * cost['alpha_seconds']:.2f} µs + {1e9 * cost['beta_seconds_per_byte']:.3f} "
                          f"ns per byte (largest error {100 * cost['largest_relative_error']:.0f} %)"])
    return lines


def _epochs(facts, nodes):
    rows = facts["epochs"]
    lines = []
    keys = dict.fromkeys((r["target"], r["combine"], r["exchanges"]) for r in rows if r["nodes"] != 1)
    for target, combine, exchanges in keys:
        cells = []
        for n in nodes:
            found = [r for r in rows if (r["target"], r["nodes"]) == (target, n)
                     and _same_way(r, combine) and (n == 1 or r["exchanges"] == exchanges)]
            cells.append(_epoch_text(found[0]["epochs"], facts["plan"].limit) if found else "–")
        lines.append([f"{100 * target:g} %", combine, exchanges, *cells])
    return lines


def _same_way(row, combine):
    """One node of SGD combines nothing, so it belongs to all of SGD's ways."""
    return row["combine"] == combine or (row["nodes"] == 1 and "dual" not in (row["combine"], combine))


def _laws(facts):
    return [[f"{100 * target:g} %", combine,
             f"{number(law.one)} (1 + {number(law.a)} (N − 1)^{fixed(law.p, 2)} X^−{fixed(law.q, 2)})",
             f"{law.least:g} to {law.most}",
             f"{100 * law.error:.0f} %" if law.points > law.unknowns else "exact fit", law.points,
             "yes" if law.usable else "no"]
            for (target, combine), law in facts["laws"].items() if law]


def _nodes_text(nodes):
    return "any number" if nodes == ANY else "1 node" if nodes == 1 else f"{nodes} nodes"


def _epoch_text(epochs, limit):
    return f"> {limit}" if epochs is None else number(epochs, 2)


def _ratios_to_formulas(rows):
    """@return least, median and largest ratio of simulated to computed seconds"""
    ratios = sorted(row.seconds / row.formula_seconds for row in rows if row.nodes > 1)
    return [fixed(ratio, 2) for ratio in (ratios[0], ratios[len(ratios) // 2], ratios[-1])]


def _checked(checked):
    return [[f"{row.nodes}{' †' * row.oversubscribed}", row.exchanges or "–",
             f"{row.measured_per_second / 1e6:.2f}", f"{row.simulated_per_second / 1e6:.2f}",
             _share(row.measured_visible), _share(row.simulated_visible)] for row in checked]


def _share(value):
    return f"{100 * value:.1f} %"
