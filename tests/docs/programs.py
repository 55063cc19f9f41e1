"""A PATH on which documents and examples find the programs under the names that they use."""
import os
import shutil

import command


def environment(folder):
    """@param folder  for the file `mpirun`, since MPIEXEC may have another name"""
    folder.mkdir()
    launcher = folder / "mpirun"
    launcher.write_text(f'#!/bin/sh\nexec {shutil.which(command.MPIEXEC)} "$@"\n')
    launcher.chmod(0o755)
    return {**os.environ, "PATH": f"{folder}:{command.BIN}:{os.environ['PATH']}"}
