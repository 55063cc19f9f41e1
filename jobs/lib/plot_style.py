"""One look for all pictures: Okabe and Ito's colours, which colour-blind readers can tell apart."""
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, BLACK, GREY, BROWN = "#CC79A7", "#56B4E9", "#000000", "#777777", "#8B5A2B"
# For things that have no colour of their own, in this order.
CYCLE = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK, BROWN]

plt.rcParams.update({
    "figure.figsize": (7.5, 4.6), "figure.dpi": 100, "savefig.dpi": 130,
    "font.family": "sans-serif", "font.size": 10, "axes.titlesize": 11,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "grid.color": "#E5E5E5", "grid.linewidth": 0.7, "axes.axisbelow": True,
    "legend.frameon": False, "lines.linewidth": 1.8, "svg.hashsalt": "hogwild",
    "svg.fonttype": "path",
})


def name_ends(axes, ends, fontsize=9, gap=0.052, x=None):
    """Names lines at their right ends, pushed apart where they would cover each other.

    @param ends  (y in data coordinates, text, colour)
    @param x     where all lines end, if that is not the right border; a name that was pushed
              away is tied to it
    """
    if not ends:
        return
    transform = axes.transData + axes.transAxes.inverted()
    x_right = axes.get_xlim()[1]
    placed = sorted(((transform.transform((x_right, y))[1], text, paint)
                     for y, text, paint in ends), key=lambda end: end[0])
    heights = []
    for at, _, _ in placed:
        heights.append(at if not heights else max(at, heights[-1] + gap))
    # What was pushed over the top goes back down, the others with it.
    over = heights[-1] - 1.0
    if over > 0:
        heights[-1] = 1.0
        for i in range(len(heights) - 2, -1, -1):
            heights[i] = min(heights[i], heights[i + 1] - gap)
    x_end = 1.0 if x is None else transform.transform((x, ends[0][0]))[0]
    for height, (at, text, paint) in zip(heights, placed):
        tie = {"arrowstyle": "-", "color": paint, "linewidth": 0.6, "shrinkA": 1,
               "shrinkB": 0 if x is None else 5}
        axes.annotate(text, xy=(x_end, at), xycoords="axes fraction", xytext=(1.035, height),
                      textcoords="axes fraction", color=paint, fontsize=fontsize, va="center",
                      arrowprops=tie if abs(height - at) > gap / 4 else None)
