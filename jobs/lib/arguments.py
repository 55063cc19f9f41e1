"""Command lines of scripts: argparse, with errors like those of the programs (one line, code 2)."""
import argparse
import os
import sys

USAGE = 2  # as docs/output.md has it


class Parser(argparse.ArgumentParser):
    """@param prog  the script; messages begin with its name without .sh"""

    def __init__(self, prog, description, **more):
        super().__init__(prog=prog, description=description, allow_abbrev=False, **more)

    def error(self, message):
        name = os.path.splitext(self.prog)[0]  # login nodes may have Python 3.6
        print(f"{name}: {message} (see {self.prog} --help)", file=sys.stderr)
        sys.exit(USAGE)
