"""Where the programs are and where data go, in a source tree and for installed scripts:
asks jobs/lib/programs.sh for Python."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_BUILD_DIR = ROOT / "build/release"


def _ask(function, *arguments):
    """@return whether a function of programs.sh succeeds, and what it prints."""
    done = subprocess.run(
        ["bash", "-c", 'source "$1" && "${@:2}"', "bash", str(ROOT / "jobs/lib/programs.sh"),
         function, *map(str, arguments)], stdout=subprocess.PIPE, universal_newlines=True)
    return done.returncode == 0, done.stdout.rstrip("\n")


INSTALLED = _ask("scripts_are_installed")[0]
DATA_DIR = Path(_ask("default_data_dir")[1])


def programs_prefix(build_dir):
    """@return the folder in whose bin/ the programs are: `build_dir`, or the scripts' prefix"""
    return Path(_ask("programs_prefix", build_dir)[1])


def missing_programs(prefix):
    """@return why nothing can be run from prefix/bin; empty when hogwild is there"""
    if os.access(prefix / "bin/hogwild", os.X_OK):
        return ""
    remedy = "install hogwild again" if INSTALLED else "build first (bash jobs/quickstart.sh)"
    return f"no programs in {prefix / 'bin'}: {remedy}"
