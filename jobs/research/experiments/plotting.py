"""What the experiments' plots share: a colour per system throughout, lines named at their ends, hollow
marks and dashes where ranks share cores."""
import io

from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from plot_style import (BLACK, BLUE, BROWN, GREEN, GREY, ORANGE, PURPLE, SKY,  # noqa: F401
                        VERMILLION, name_ends, plt)
from runner import write_file

PAPER_COLOUR = "#999999"

COLOURS = {
    "lock-free": BLUE, "locked": VERMILLION, "atomic": GREEN, "striped": ORANGE,
    "round-robin": PURPLE, "synchronous": SKY, "asynchronous": BLACK, "downpour": BROWN,
    "spark": GREY, "sequential": BLACK, "scikit-learn": "#444444",
}
MARKERS = {"lock-free": "o", "locked": "s", "atomic": "^", "striped": "D", "round-robin": "v",
           "synchronous": "P", "asynchronous": "X", "downpour": "*", "spark": "h",
           "sequential": ".", "scikit-learn": "1"}
# For 1, 2, 4, 8 and 16 ranks of one system.
BY_RANKS = [ORANGE, VERMILLION, GREEN, BLUE, BLACK]


def colour(system):
    """Variants of a system are named `system (variant)` and share its colour."""
    return COLOURS.get(system.split(" (")[0], GREY)


def marker(system):
    return MARKERS.get(system.split(" (")[0], "o")


def save(figure, stem):
    """Writes stem.svg and stem.png. @return their names."""
    names = []
    for suffix, metadata in ((".svg", {"Date": None}), (".png", {"Software": None})):
        content = io.BytesIO()
        figure.savefig(content, format=suffix[1:], bbox_inches="tight", metadata=metadata)
        write_file(f"{stem}{suffix}", content.getvalue())
        names.append(f"{stem}{suffix}")
    plt.close(figure)
    return names


def rank_axis(axes, ranks, cores):
    """Ranks on a log axis; more ranks than cores have a grey background."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(ranks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_xlabel("ranks")
    if max(ranks) > cores:
        last = max((r for r in ranks if r <= cores), default=min(ranks) / 2)
        first_more = min(r for r in ranks if r > cores)
        axes.axvspan((last * first_more) ** 0.5, max(ranks) * 1.25, color="#F3F3F3", zorder=0)
        axes.set_xlim(min(ranks) / 1.2, max(ranks) * 1.25)
        axes.text(max(ranks) * 1.2, 0.015, f"more ranks than the {cores} cores",
                  transform=axes.get_xaxis_transform(), ha="right", va="bottom", fontsize=8.5,
                  color="#666666")


def log_axis(axis):
    """Decades at 1, 2 and 5, as plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    plain_numbers(axis)


def plain_numbers(axis):
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


def power(value):
    """A number for a list that spans decades: 1e-6, 1e-4, 1e-2, all of one kind."""
    mantissa, exponent = f"{value:.6e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def line_over_ranks(axes, ranks, values, cores, *, system, label=None, low=None, high=None):
    """A line whose marks are filled where every rank has a core and hollow, on dashes, where not."""
    style = {"color": colour(system), "marker": marker(system), "markersize": 6}
    own = [i for i, r in enumerate(ranks) if r <= cores]
    shared = [i for i, r in enumerate(ranks) if r > cores]
    bridge = own[-1:] + shared
    axes.plot([ranks[i] for i in own], [values[i] for i in own], label=label, **style)
    if shared:
        axes.plot([ranks[i] for i in bridge], [values[i] for i in bridge], color=style["color"],
                  linestyle=(0, (4, 2)))
        axes.plot([ranks[i] for i in shared], [values[i] for i in shared], linestyle="none",
                  markerfacecolor="white", **style)
    if low is not None:
        axes.vlines(ranks, low, high, color=style["color"], linewidth=1, alpha=0.6)


def oversubscribed_note(cores, ranks):
    """For titles of plots in which every run is of one rank count."""
    return (f"{ranks} ranks, more than the {cores} cores" if ranks > cores
            else f"{ranks} rank{'s' * (ranks > 1)}, a core for each")
