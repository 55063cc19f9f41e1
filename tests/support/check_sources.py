#!/usr/bin/env python3
"""Runs a checker on every source of a build folder's compile_commands.json, on all cores.

    check_sources.py BUILD_DIR FOLDERS -- COMMAND...

FOLDERS, joined by commas, hold the sources that are checked; sources that the build compiles
together (CMAKE_UNITY_BUILD) are checked together. With the COMMAND `compile`, sources are compiled
as the build does, but nothing is written; any other COMMAND gets a source's name as its last
argument. Exits with 1 when one of them fails."""
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import time


def check(command, entry):
    if command == ["compile"]:
        words = shlex.split(entry["command"])
        output = words.index("-o")
        command = words[:output] + words[output + 2:] + ["-fsyntax-only"]
    else:
        command = command + [entry["file"]]
    outcome = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True,
                             check=False)
    return outcome.returncode, outcome.stdout + (outcome.stderr if outcome.returncode else "")


def place(path):
    """The path of a source; of a generated one that includes others, the path of the first."""
    if "/Unity/" not in path:
        return path
    with open(path, encoding="utf-8") as file:
        return next(line.split('"')[1] for line in file if line.startswith("#include"))


def main():
    separator = sys.argv.index("--")
    build, folders = sys.argv[1:separator]
    command = sys.argv[separator + 1:]
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
        entries = {os.path.realpath(os.path.join(entry["directory"], entry["file"])): entry
                   for entry in json.load(file)}
    root = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
    wanted = tuple(os.path.join(root, folder, "") for folder in folders.split(","))
    chosen = [{**entry, "file": path} for path, entry in sorted(entries.items())
              if place(path).startswith(wanted)]
    if not chosen:
        sys.exit(f"check_sources.py: {build} compiles no source of {folders}")
    begin = time.monotonic()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for entry, (code, text) in zip(chosen, pool.map(lambda e: check(command, e), chosen)):
            if code != 0:
                failed += 1
                print(f"{os.path.relpath(entry['file'], root)}:\n{text}", flush=True)
    print(f"{len(chosen)} sources in {time.monotonic() - begin:.0f} s, {failed} not clean")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
