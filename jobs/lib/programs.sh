# shellcheck shell=bash
# Where the programs are and where data go: in a source tree, or for scripts that `cmake --install` or a package has put
# into PREFIX/share/hogwild/jobs. To be sourced; Python scripts use it through installation.py.

_programs_tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# Whether these scripts are installed ones: a source tree can be built.
scripts_are_installed() { [[ ! -e $_programs_tree/CMakeLists.txt ]]; }

# Prints the folder in whose bin/ the programs are: BUILD_DIR; for installed scripts their PREFIX, unless BUILD_DIR has
# programs.
programs_prefix() { # BUILD_DIR
  if scripts_are_installed && [[ ! -x $1/bin/hogwild ]]; then
    (cd "$_programs_tree/../.." && pwd)
  else
    echo "$1"
  fi
}

# Prints the default folder for data: data in the source tree, or of installed scripts in the current folder.
default_data_dir() {
  if scripts_are_installed; then echo "$PWD/data"; else echo "$_programs_tree/data"; fi
}
