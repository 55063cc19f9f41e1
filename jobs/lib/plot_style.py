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
