# shellcheck shell=bash disable=SC2154,SC2034
# From a source tree to programs and data sets: what quickstart.sh and experiments.sh share. To be sourced.
# Before that set `program` (whose name messages begin with) and `root`; the functions also read build_dir,
# default_build_dir and rcv1_dir.

# shellcheck source=jobs/lib/programs.sh
source "$root/jobs/lib/programs.sh"

fail() { # EXIT_CODE MESSAGE...
  echo "$program: ${*:2}" >&2
  exit "$1"
}

step() { printf '\n== %s\n' "$*"; }

make_folder() { # DIR OPTION_THAT_CHANGES_IT
  { mkdir -p "$1" && [[ -w $1 ]]; } 2>/dev/null || fail 73 "cannot write to $1: choose another folder with $2"
}

build() { # TARGET...
  if scripts_are_installed; then
    build_dir=$(programs_prefix "$build_dir")
    [[ -x $build_dir/bin/hogwild ]] || fail 66 "no programs in $build_dir/bin: install hogwild again"
    echo "these scripts are installed: using the programs in $build_dir/bin"
    return
  fi
  # A finished build of somebody else's (root's, a colleague's) will do.
  if [[ -x $build_dir/bin/hogwild && ! -w $build_dir ]]; then
    echo "$build_dir is not ours to write to: using the programs that are built there"
    return
  fi
  make_folder "$build_dir" --build-dir
  if [[ $build_dir == "$default_build_dir" ]]; then
    (cd "$root" && cmake --preset release)
  else
    cmake -S "$root" -B "$build_dir" -DCMAKE_BUILD_TYPE=Release
  fi
  cmake --build "$build_dir" -j"$(nproc)" --target "$@"
}

# What a product was made from and what it was when finished: one line per file with size and time of change.
# A stamp beside the product holds it; a product whose stamp still tells the truth need not be made again.
signature() { stat -c '%n %s %y' -- "$@" 2>/dev/null || true; }
up_to_date() { [[ -f $1 && $(<"$1") == "$(signature "${@:2}")" ]]; } # STAMP FILE...

# Sets text_files: train, four test files, topics; packed or not. Names in missing_text what is not there.
find_text() { # DIR
  local name
  text_files=()
  missing_text=()
  for name in lyrl2004_vectors_train.dat lyrl2004_vectors_test_pt{0..3}.dat rcv1-v2.topics.qrels; do
    if [[ -f $1/$name.gz ]]; then
      text_files+=("$1/$name.gz")
    elif [[ -f $1/$name ]]; then
      text_files+=("$1/$name")
    else
      missing_text+=("${name}[.gz]")
    fi
  done
  ((${#missing_text[@]} == 0))
}

check_rcv1() {
  find_text "$rcv1_dir" || fail 66 "not in $rcv1_dir: ${missing_text[*]}." \
    "To download: $(printf '%q ' bash "$root/jobs/fetch_rcv1.sh" --dir "$rcv1_dir")"
}

synthesize() { # DIR: its text goes into DIR/text
  local text=$1/text stamp=$1/.text.stamp tool=$build_dir/bin/rcv1_synthesize
  if find_text "$text" && up_to_date "$stamp" "$tool" "${text_files[@]}"; then
    echo "$text is up to date"
    return
  fi
  rm -f "$stamp"
  mkdir -p "$text"
  "$tool" --output-dir "$text" --train-documents 23149 --test-documents 20000 --seed 1
  find_text "$text" || fail 1 "rcv1_synthesize did not write ${missing_text[*]} into $text"
  signature "$tool" "${text_files[@]}" >"$stamp"
}

convert() { # DIR NAME COMMAND...: the command makes DIR/NAME.h5 out of text_files
  local output=$1/$2.h5 stamp=$1/.$2.h5.stamp
  shift 2
  if up_to_date "$stamp" "$1" "${text_files[@]}" "$output"; then
    echo "$output is up to date"
    return
  fi
  rm -f "$stamp"
  "$@"
  signature "$1" "${text_files[@]}" "$output" >"$stamp"
}

# Sets train_set and test_set: the commands that convert text_files into DIR/train.h5 and DIR/test.h5.
compose_conversions() { # DIR
  local converter=$build_dir/bin/rcv1_to_hdf5 topics=${text_files[5]}
  train_set=("$converter" --vectors "${text_files[0]}" --topics "$topics" --output "$1/train.h5")
  test_set=("$converter" --vectors "${text_files[@]:1:4}" --topics "$topics" --output "$1/test.h5")
}
