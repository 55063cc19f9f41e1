#!/usr/bin/env bash
# Downloads the RCV1-v2 text files (Lewis, Yang, Rose, Li 2004) and checks them against their SHA-256 sums.
# A file gets its name only when it is whole and right; until then it is .NAME.hogwild-part, from which the next run
# goes on.
set -euo pipefail

usage() {
  cat <<'END'
Usage: bash jobs/fetch_rcv1.sh [--dir DIR] [--only train|all]

  --dir DIR     where the files go (data/rcv1/text in the source tree; of an installed script, below the current folder)
  --only train  the training documents and the topics; all (the default): 656 MB

Exit codes: 0 all there and verified; 65 what the servers sent is not what it should be; 66 no server gave the
file, run again to go on where it stopped; 73 cannot create the folder; 74 cannot write, disk full?
END
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=jobs/lib/programs.sh
source "$root/jobs/lib/programs.sh"
dir=$(default_data_dir)/rcv1/text
only=all
# Other servers, and another list of sums (lines as sha256sum prints them): for mirrors and for the test.
url_figshare=${HOGWILD_RCV1_URL_FIGSHARE:-https://ndownloader.figshare.com/files}
url_jmlr=${HOGWILD_RCV1_URL_JMLR:-http://www.ai.mit.edu/projects/jmlr/papers/volume5/lewis04a}
sums=${HOGWILD_RCV1_SHA256:-}

# Number at figshare, path at JMLR, SHA-256. What --only train wants comes first.
files=(
  "5976057 a13-vector-files/lyrl2004_vectors_train.dat.gz    5468f656d0ba7a83afc7ad44841cf9a53048a5c083eedc005dcdb5cc768924ae"
  "5976048 a08-topic-qrels/rcv1-v2.topics.qrels.gz           2a98e5e5d8b770bded93afc8930d88299474317fe14181aee1466cc754d0d1c1"
  "5976069 a13-vector-files/lyrl2004_vectors_test_pt0.dat.gz ed40f7e418d10484091b059703eeb95ae3199fe042891dcec4be6696b9968374"
  "5976066 a13-vector-files/lyrl2004_vectors_test_pt1.dat.gz 87700668ae45d45d5ca1ef6ae9bd81ab0f5ec88cc95dcef9ae7838f727a13aa6"
  "5976063 a13-vector-files/lyrl2004_vectors_test_pt2.dat.gz 48143ac703cbe33299f7ae9f4995db49a258690f60e5debbff8995c34841c7f5"
  "5976060 a13-vector-files/lyrl2004_vectors_test_pt3.dat.gz dfcb0d658311481523c6e6ca0c3f5a3e1d3d12cde5d7a8ce629a9006ec7dbb39"
)

fail() { # EXIT_CODE MESSAGE...
  echo "fetch_rcv1: ${*:2}" >&2
  exit "$1"
}

parse_options() {
  while (($# > 0)); do
    case $1 in
      -h | --help) usage; exit 0 ;;
      --dir | --only) (($# > 1)) || fail 2 "$1 needs a value" ;;
      *) fail 2 "unknown option $1 (see --help)" ;;
    esac
    case $1 in
      --dir) dir=$2 ;;
      --only) only=$2 ;;
    esac
    shift 2
  done
  case $only in
    all) ;;
    train) files=("${files[@]:0:2}") ;;
    *) fail 2 "--only must be train or all, not '$only'" ;;
  esac
}

choose_downloader() {
  local bar=quiet
  [[ ! -t 2 ]] || bar=bar
  if command -v curl >/dev/null; then
    # Given up: no connection in 30 s, or less than 1 kB/s for a minute.
    downloader=(curl --fail --location --connect-timeout 30 --speed-limit 1024 --speed-time 60 --continue-at -
      --write-out '%{http_code}')
    case $bar in bar) downloader+=(--progress-bar) ;; *) downloader+=(--silent --show-error) ;; esac
    output_option=--output
    write_error=23 # from curl's list of exit codes
    cannot_resume=33
  elif command -v wget >/dev/null; then
    downloader=(wget --no-verbose --tries=2 --timeout=60 --continue)
    [[ $bar != bar ]] || downloader+=(--show-progress)
    output_option=--output-document
    write_error=3
    cannot_resume=1
  else
    fail 1 "needs curl or wget, and neither is installed (for example: apt-get install curl)"
  fi
}

open_folder() {
  { mkdir -p -- "$dir" && [[ -w $dir ]]; } 2>/dev/null || fail 73 "cannot create or write to the folder $dir"
  # Two of us would write into the same unfinished files. The lock is on the folder itself and goes with the process.
  exec {folder}<"$dir"
  flock -n "$folder" || fail 73 "another fetch_rcv1.sh is at work in $dir"
}

# In the background and waited for: a trap runs at once then, not when the download is through.
child=''
download() { # URL FILE: goes on where FILE ends; returns the downloader's exit code
  local status=0 answer http_status=''
  exec {answer}< <(exec "${downloader[@]}" "$output_option" "$2" -- "$1")
  child=$!
  wait "$child" || status=$?
  child=''
  read -r http_status <&"$answer" || true # curl only
  exec {answer}<&-
  # 416: the server has nothing beyond the end of FILE, which must be too long then.
  [[ $http_status != 416 ]] || status=$cannot_resume
  return "$status"
}

interrupted() { # EXIT_CODE
  [[ -z $child ]] || kill "$child" 2>/dev/null || true
  fail "$1" "interrupted; what has come so far is kept, run again to go on"
}

is_right() { # FILE SHA256
  local sum
  sum=$(sha256sum <"$1") && [[ ${sum%% *} == "$2" ]]
}

# 0: PART is whole and right. 1: no answer, or broken off; PART is kept. 2: not the right bytes; PART is gone.
attempt() { # URL PART SHA256
  local status resumed
  while true; do
    resumed=no
    [[ ! -s $2 ]] || resumed=yes
    status=0
    download "$1" "$2" || status=$?
    case $status in
      0) ! is_right "$2" "$3" || return 0 ;;
      "$write_error") fail 74 "cannot write $2: is the disk full? ($(df -h --output=avail -- "$dir" | tail -n 1 | tr -d ' ') free)" ;;
      "$cannot_resume") [[ $resumed == yes ]] || return 1 ;;
      *) return 1 ;;
    esac
    rm -f -- "$2"
    # The old half may have been at fault: once more from the beginning.
    [[ $resumed == yes ]] || return 2
  done
}

fetch() { # NUMBER PATH SHA256
  local name=${2##*/} wanted=$3 url result wrong=no
  local file=$dir/$name part=$dir/.$name.hogwild-part
  # A link there would lead the downloader to another file.
  [[ ! -L $part && (! -e $part || -f $part) ]] || fail 73 "$part is in the way: not a file; move it away"
  if [[ -n $sums ]]; then
    wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$sums")
    [[ -n $wanted ]] || fail 65 "$sums has no line for $name"
  fi
  if [[ -f $file ]]; then
    ! is_right "$file" "$wanted" || { echo "$name: already there, verified"; return; }
    echo "$name: there, but its checksum is wrong; fetching it again"
  fi
  for url in "$url_figshare/$1" "$url_jmlr/$2"; do
    result=0
    if [[ ! -s $part ]] || ! is_right "$part" "$wanted"; then
      echo "$name: from $url"
      attempt "$url" "$part" "$wanted" || result=$?
    fi
    case $result in
      0) mv -f -- "$part" "$file" || fail 74 "cannot rename $part"; echo "$name: verified"; return ;;
      1) echo "$name: no answer there, or it broke off" >&2 ;;
      2) echo "$name: what came from there has the wrong checksum; thrown away" >&2; wrong=yes ;;
    esac
  done
  [[ $wrong == no ]] || fail 65 "$name: no server sent the right file; tell the maintainers if this lasts"
  fail 66 "$name: no server gave it whole; check the network and run again, it goes on where it stopped"
}

parse_options "$@"
[[ -z $sums || -r $sums ]] || fail 66 "cannot read $sums (HOGWILD_RCV1_SHA256)"
choose_downloader
open_folder
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
for entry in "${files[@]}"; do
  read -r number path sha256 <<<"$entry"
  fetch "$number" "$path" "$sha256"
done
echo "All files are in $dir"
[[ $only == train ]] || echo "Next: bash $(printf %q "$root/jobs/quickstart.sh") --rcv1 $(printf %q "$dir")"
