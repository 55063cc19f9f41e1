"""What an experiment gets: the runner, how thorough to be, and where its plots go."""
from dataclasses import dataclass
from pathlib import Path

from runner import Runner


@dataclass
class Lab:
    runner: Runner
    output: Path
    quick: bool
    tools: Path

    @property
    def cores(self):
        return self.runner.cores

    def seeds(self, thorough, quick=2, first=1):
        return range(first, first + (quick if self.quick else thorough))

    def plot(self, stem):
        return str(self.output / stem)

    def named(self, ranks):
        """A number of ranks for a table; what has more ranks than cores is marked."""
        return f"{ranks} †" if ranks > self.cores else str(ranks)

    def dagger(self, ranks):
        """The note for tables in which `named` may have set a mark."""
        if max(ranks) <= self.cores:
            return ""
        return (f" † more ranks than the {self.cores} cores of this machine: ranks take turns on the "
                "cores, and no claim about scaling is made beyond them.")
