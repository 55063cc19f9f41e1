"""What an exchange costs: alpha + beta * bytes per message, and how many messages an allreduce takes."""
import math
from dataclasses import dataclass

# Figures that vendors and benchmark reports typically give for MPI between two nodes. NOT measured here.
PUBLISHED = {
    "ethernet-10g": (25e-6, 1 / 1.1e9, "10 Gb/s Ethernet over TCP"),
    "ethernet-100g": (5e-6, 1 / 11e9, "100 Gb/s Ethernet with RDMA"),
    "infiniband-hdr": (1.2e-6, 1 / 24e9, "InfiniBand HDR, 200 Gb/s"),
}


@dataclass(frozen=True)
class Network:
    name: str
    alpha: float      # s per message
    beta: float       # s per byte
    gamma: float = 2.5e-10      # s per byte to add up two contributions
    cpu_alpha: float = 2e-6     # s of the leader's core per message, hidden by nothing
    cpu_beta: float = 2.5e-10   # s of it per byte that is sent and received
    looks: float = 1.0          # that it takes until a node that computes gets on to its next message
    origin: str = "assumed"

    @staticmethod
    def named(text):
        """@param text  a key of PUBLISHED, or `alpha,beta` in seconds and seconds per byte.
        @raises ValueError"""
        if text in PUBLISHED:
            alpha, beta, what = PUBLISHED[text]
            return Network(text, alpha, beta, origin=f"{what}: typical published figures, not measured")
        try:
            alpha, beta = (float(part) for part in text.split(","))
        except ValueError:
            raise ValueError(f"network '{text}': alpha,beta in seconds and seconds per byte, or one of "
                             + ", ".join(PUBLISHED)) from None
        if not (0.0 <= alpha < math.inf and 0.0 <= beta < math.inf):
            raise ValueError(f"network '{text}': alpha and beta must not be negative")
        return Network(text, alpha, beta, origin="given")


@dataclass(frozen=True)
class Exchange:
    """One allreduce as a node sees it."""
    rounds: int      # messages of a node, one after the other
    volume: float    # bytes that a node sends
    latency: float   # s from the moment when the last node is there, looked at all the time
    visible: float   # s of the leader's core


NOTHING = Exchange(0, 0.0, 0.0, 0.0)


def allreduce(network, nodes, size, algorithm="open-mpi"):
    """@param size  bytes of a contribution.
    @param algorithm  `ring`, `doubling` (every message holds all), `halving` (Rabenseifner's); `open-mpi`: what
                      MPI_Iallreduce of Open MPI 4.1 takes (ring from 4 nodes and 64 KiB on, else doubling);
                      `best`: the fastest of the three."""
    if nodes == 1:
        return NOTHING
    if algorithm == "best":
        return min((allreduce(network, nodes, size, one) for one in ("ring", "doubling", "halving")),
                   key=lambda exchange: exchange.latency)
    if algorithm == "open-mpi":
        algorithm = "ring" if nodes >= 4 and size >= 65536 else "doubling"
    logarithm = math.ceil(math.log2(nodes))
    parts = 2.0 * (nodes - 1) / nodes * size
    rounds, volume, added = {
        "ring": (2 * (nodes - 1), parts, 0.5 * parts),
        "halving": (2 * logarithm, parts, 0.5 * parts),
        "doubling": (logarithm, logarithm * size, logarithm * size),
    }[algorithm]
    latency = rounds * network.alpha + volume * network.beta + added * network.gamma
    return Exchange(rounds, volume, latency, rounds * network.cpu_alpha + volume * network.cpu_beta)


def hidden_latency(exchange, poll, looks):
    """The same for nodes that compute and poll every `poll` seconds: no round continues until a node polls."""
    return exchange.latency + looks * poll * exchange.rounds
