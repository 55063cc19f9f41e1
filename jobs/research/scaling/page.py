"""What the model says, as Markdown: first the result, then what it rests on."""
from epochs import ANY, EXTRAPOLATED
from prediction import PASSES, where_it_stops
from report import fixed, markdown_table, number

SHOWN = (1, 2, 4, 16, 64, 256, 1024)


def write(facts, rows, checked, plot, note=""):
    parts = ["# Scaling beyond this machine", note, _summary(rows), f"![speed-up over one node]({plot})",
             _predictions(rows), "## What was measured, and what assumed", _measured(facts), _assumed(facts),
             "## Epochs", _epochs(facts), "## Simulation and formulas", _formulas(rows)]
    if checked:
        parts += ["## Simulation and real runs", _checked(checked)]
    return "\n\n".join(part for part in parts if part) + "\n"


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
    return ("Nodes up to which every doubling still saves a tenth of the time:\n\n"
            + markdown_table(["data", "network", "goal", "nodes", "times as fast as one", "seconds",
                              "lost to exchanges and stalls"], lines))


def _predictions(rows):
    text = []
    shown = [n for n in SHOWN if any(row.nodes == n for row in rows)]
    for network in dict.fromkeys(row.network for row in rows):
        lines = []
        for (dataset, net, goal), curve in _curves(rows).items():
            if net == network:
                at = {row.nodes: row for row in curve}
                lines.append([dataset, goal] + [f"{number(at[n].seconds)} ({number(at[n].epochs, 2)})"
                                                if n in at else "–" for n in shown])
        text.append(f"Seconds (epochs) on N nodes, {network}:\n\n"
                    + markdown_table(["data", "goal"] + [f"{n:,}" for n in shown], lines))
    return "\n\n".join(text)


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
    every = ", ".join(f"{int(n)}: {ns:.1f}" for n, ns in facts["merges"])
    return ("Measured here:\n\n" + markdown_table(["what", "figure"], lines)
            + (f"\n\nns per document by `--merge-every`: {every}." if facts["merges"] else ""))


def _assumed(facts):
    late = facts["stragglers"]
    lines = [f"- **{setting.label}**: {setting.net.origin}; {1e6 * setting.net.alpha:g} µs a message and "
             f"{1e9 * setting.net.beta:.3f} ns per byte; allreduce: {setting.algorithm}."
             for setting in facts["settings"]]
    one = facts["settings"][0]
    lines += [
        f"- Nodes like this machine, whose ranks stay as fast however many nodes there are; {one.weights:,} weights "
        "in float.",
        f"- A node looks at an exchange every {1e6 * one.poll_seconds:g} µs, and no round of messages goes on "
        f"before: each takes the {one.net.looks:.1f} looks that two participants were measured to need for their one. "
        "Messages cost the leader's core what they do on this machine.",
        f"- Stragglers: the time between two looks varies by {100 * late.spread:g} %; a stall of "
        f"{1e3 * late.stall:g} ms on average every {late.stall_every:g} s of a node.",
        "- Larger data have the same kind of documents and the same lambda times documents: the more there are, the "
        "finer the model, and as many epochs are needed. (With lambda left as it is, larger data need fewer.)",
        f"- Beyond the nodes in the table below the mean's epochs are extrapolated, to {EXTRAPOLATED} times as many; "
        "the sum's are those of large batches for any number of nodes. Where exchanges take too long for what was "
        "measured, nothing is said (–). In the epochs' measurement the result of an exchange is known at once.",
        f"- \"{PASSES} epochs\" asks for no accuracy: it is what the machines can do."]
    return "Assumed:\n\n" + "\n".join(lines)


def _epochs(facts):
    rows = facts["epochs"]
    nodes = sorted({row["nodes"] for row in rows} - {ANY}) + [ANY]
    lines = []
    keys = dict.fromkeys((r["target"], r["combine"], r["exchanges"]) for r in rows if r["nodes"] != 1)
    for target, combine, exchanges in keys:
        cells = []
        for n in nodes:
            found = [r for r in rows if (r["target"], r["nodes"]) == (target, n)
                     and (n == 1 or (r["combine"], r["exchanges"]) == (combine, exchanges))]
            cells.append(_epoch_text(found[0]["epochs"], facts["plan"].limit) if found else "–")
        lines.append([f"{100 * target:g} %", combine, exchanges, *cells])
    laws = [[f"{100 * target:g} %", combine,
             f"{number(law.one)} (1 + {number(law.a)} (N − 1)^{fixed(law.p, 2)} X^−{fixed(law.q, 2)})",
             f"{law.least:g} to {law.most}",
             f"{100 * law.error:.0f} %" if law.points > law.unknowns else "exact fit", law.points,
             "yes" if law.usable else "no"]
            for (target, combine), law in facts["laws"].items() if law]
    return (f"Epochs until the mean of all nodes' weights was within 10 or 1 % of the certified optimum, under the "
            f"best of {facts['schedules']} schedules, by a replay of {facts['plan'].documents:,} documents in "
            "which nodes take turns (nothing here depends on a clock). The last column is what the sum of very many "
            "nodes comes to, steps on large batches:\n\n"
            + markdown_table(["above the optimum", "combine", "exchanges an epoch"]
                             + [_nodes_text(n) for n in nodes], lines)
            + "\n\nFitted, N nodes and X exchanges an epoch (what was not reached is left out):\n\n"
            + markdown_table(["above the optimum", "combine", "epochs", "X", "error", "points", "used"], laws))


def _nodes_text(nodes):
    return "any number" if nodes == ANY else "1 node" if nodes == 1 else f"{nodes} nodes"


def _epoch_text(epochs, limit):
    return f"> {limit}" if epochs is None else number(epochs, 2)


def _formulas(rows):
    many = [row for row in rows if row.nodes > 1]
    ratios = sorted(row.seconds / row.formula_seconds for row in many)
    middle = ratios[len(ratios) // 2]
    return (f"With stragglers the simulated runs take {fixed(middle, 2)} times (median; {fixed(ratios[0], 2)} to "
            f"{fixed(ratios[-1], 2)}) as long as the formulas say, which know none; without stragglers both agree "
            "(`tests/jobs/test_scaling_model.py`).")


def _checked(checked):
    lines = [[f"{row.nodes}{' †' * row.oversubscribed}", row.exchanges or "–",
              f"{row.measured_per_second / 1e6:.2f}", f"{row.simulated_per_second / 1e6:.2f}",
              _share(row.measured_visible), _share(row.simulated_visible)] for row in checked]
    return (markdown_table(["nodes", "exchanges an epoch", "M documents/s, measured", "simulated",
                            "visible exchange, measured", "simulated"], lines)
            + "\n\nOne rank per node; the simulation knows the speed of one node, what messages cost, and what an "
              "exchange an epoch takes on two nodes. † more nodes than cores.")


def _share(value):
    return f"{100 * value:.1f} %"
