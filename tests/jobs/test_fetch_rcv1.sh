#!/usr/bin/env bash
# Runs jobs/fetch_rcv1.sh against a small server on this machine that behaves well or badly, with small files.
# The only programs that it can find are bash, dirname and python3. Exit codes: 0, 1, 77 cannot be run here.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
skip() { echo "SKIP test_fetch_rcv1: $*"; exit 77; }
command -v python3 >/dev/null || skip "no python3"

scratch=$(mktemp -d)
server=''
cleanup() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- the files, their sums, and the server -----------------------------------------------------------------------

train=lyrl2004_vectors_train.dat.gz
topics=rcv1-v2.topics.qrels.gz
names=("$train" "$topics" lyrl2004_vectors_test_pt{0..3}.dat.gz)

make_files() {
  local name
  mkdir "$scratch/files"
  for name in "${names[@]}"; do
    head -c 300000 /dev/urandom >"$scratch/files/$name"
  done
  (cd "$scratch/files" && sha256sum -- *) >"$scratch/sums"
}

# http://127.0.0.1:PORT/<behaviour>/…/<file name or figshare number>. Behaviours: plain (whole files only), ranges
# (can go on in the middle), wrong (right length, wrong bytes), cut (announces the whole, sends the first half),
# slow (sends a half, then nothing for a minute). Writes "behaviour name first-byte" per request to a log.
start_server() {
  cat >"$scratch/server.py" <<'END'
import http.server, os, sys, time
folder, log = sys.argv[1], open(sys.argv[2], "a", buffering=1)
NUMBERS = {"5976057": "lyrl2004_vectors_train.dat.gz", "5976048": "rcv1-v2.topics.qrels.gz",
           "5976069": "lyrl2004_vectors_test_pt0.dat.gz", "5976066": "lyrl2004_vectors_test_pt1.dat.gz",
           "5976063": "lyrl2004_vectors_test_pt2.dat.gz", "5976060": "lyrl2004_vectors_test_pt3.dat.gz"}

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args):
        pass
    def do_GET(self):
        self.close_connection = True
        steps = self.path.strip("/").split("/")
        behaviour, name = steps[0], NUMBERS.get(steps[-1], steps[-1])
        # Either the number at the top, as figshare has it, or JMLR's folders.
        folders = {"rcv1-v2.topics.qrels.gz": "a08-topic-qrels"}.get(name, "a13-vector-files")
        if steps[1:] not in ([k for k, v in NUMBERS.items() if v == name], [folders, name]):
            return self.send_error(404)
        body = open(os.path.join(folder, name), "rb").read()
        first = 0
        if behaviour in ("ranges", "cut") and "Range" in self.headers:
            first = int(self.headers["Range"].split("=")[1].split("-")[0])
        print(behaviour, name, first, file=log)
        if first >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if behaviour == "wrong":
            body = bytes(b ^ 1 for b in body)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        half = first + (len(body) - first) // 2
        self.wfile.write(body[first:half] if behaviour in ("cut", "slow") else body[first:])
        self.wfile.flush()
        if behaviour == "slow":
            time.sleep(60)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(sys.argv[3] + ".new", "w") as port:
    port.write(str(server.server_address[1]))
os.rename(sys.argv[3] + ".new", sys.argv[3])
server.serve_forever()
END
  python3 "$scratch/server.py" "$scratch/files" "$scratch/requests" "$scratch/port" 2>"$scratch/server.err" &
  server=$!
  local i
  for ((i = 0; i < 100; i++)); do
    [[ ! -s $scratch/port ]] || return 0
    sleep 0.1
  done
  cat "$scratch/server.err"
  skip "the server did not start"
}

# --- running and checking ----------------------------------------------------------------------------------------

# Starts every case with an empty folder and an empty list of requests.
begin() { # WHAT
  what=$1
  folder="$scratch/a folder/text"
  rm -rf "$folder"
  : >"$scratch/requests"
}

# dead: a port that nothing listens on.
address() { # BEHAVIOUR
  if [[ $1 == dead ]]; then echo http://127.0.0.1:1; else echo "http://127.0.0.1:$(<"$scratch/port")/$1"; fi
}

# Sets status.
fetch() { # FIRST SECOND ARGUMENTS...: behaviours of the first and second address
  status=0
  PATH=$scratch/path HOGWILD_RCV1_SHA256=$scratch/sums no_proxy=127.0.0.1 \
    HOGWILD_RCV1_URL_FIGSHARE=$(address "$1") HOGWILD_RCV1_URL_JMLR=$(address "$2") \
    "$BASH" "$root/jobs/fetch_rcv1.sh" --dir "$folder" "${@:3}" >"$scratch/output" 2>&1 || status=$?
}

failures=0
checks=0
check() { # MESSAGE COMMAND...: the command must succeed
  checks=$((checks + 1))
  if ! "${@:2}"; then
    failures=$((failures + 1))
    echo "FAILED: $what: $1 (exit code was $status); fetch_rcv1.sh said:"
    sed 's/^/    | /' "$scratch/output"
  fi
}

exit_code_is() { ((status == $1)); }
nothing_requested() { [[ ! -s $scratch/requests ]]; }
folder_holds() { [[ $(ls -A "$folder") == "$(printf '%s\n' "$@" | sort)" ]]; }
folder_is_empty() { [[ -z $(ls -A "$folder") ]]; }
is_whole() { cmp -s "$scratch/files/$1" "$folder/$1"; }

# Whatever happened: under a final name stands the right file or nothing.
never_half_a_file() {
  local name
  for name in "${names[@]}"; do
    [[ ! -e $folder/$name ]] || is_whole "$name" || return 1
  done
}

# A folder with just the programs that fetch_rcv1.sh may use.
make_path() {
  mkdir "$scratch/path"
  ln -s "$(command -v bash)" "$(command -v dirname)" "$scratch/path"
  ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$scratch/path/python3"
}

test_all_files() {
  begin "all six files"
  fetch plain dead
  check "exits 0" exit_code_is 0
  check "six files and nothing else" folder_holds "${names[@]}"
  check "the right bytes" never_half_a_file
  : >"$scratch/requests"
  fetch plain plain
  check "a second call exits 0" exit_code_is 0
  check "a second call downloads nothing" nothing_requested
  printf 'x' | dd of="$folder/$train" bs=1 seek=1000 conv=notrunc status=none
  fetch plain dead
  check "a spoilt file is fetched again" exit_code_is 0
  check "and it alone" test "$(wc -l <"$scratch/requests")" -eq 1
  check "and is right again" is_whole "$train"
}

test_only_train() {
  begin "--only train"
  fetch plain dead --only train
  check "exits 0" exit_code_is 0
  check "training file and topics" folder_holds "$train" "$topics"
}

test_second_address() { # BEHAVIOUR_OF_THE_FIRST
  begin "first address $1"
  fetch "$1" plain --only train
  check "exits 0" exit_code_is 0
  check "two whole files" folder_holds "$train" "$topics"
  check "the right bytes" never_half_a_file
}

test_no_right_file() {
  begin "both addresses wrong"
  fetch wrong wrong --only train
  check "exits 65" exit_code_is 65
  check "leaves nothing behind" folder_is_empty
  begin "both addresses dead"
  fetch dead dead
  check "exits 66" exit_code_is 66
  check "no file" never_half_a_file
}

test_cut_and_resumed() {
  begin "both addresses cut"
  fetch cut cut --only train
  check "exits 66" exit_code_is 66
  check "only an unfinished file" folder_holds ".$train.hogwild-part"
  local size
  size=$(stat -c %s "$folder/.$train.hogwild-part")
  check "which holds what came" test "$size" -ge 150000
  : >"$scratch/requests"
  fetch ranges dead --only train
  check "going on exits 0" exit_code_is 0
  check "from where it stopped" grep -qx "ranges $train $size" "$scratch/requests"
  check "the right bytes" is_whole "$train"

  begin "cut, then a server that cannot go on"
  fetch cut dead --only train
  fetch plain dead --only train
  check "exits 0" exit_code_is 0
  check "the right bytes" folder_holds "$train" "$topics"

  begin "an unfinished file of something else"
  mkdir -p "$folder"
  head -c 1000 /dev/zero >"$folder/.$train.hogwild-part"
  fetch ranges dead --only train
  check "starts again and exits 0" exit_code_is 0
  check "the right bytes" is_whole "$train"

  begin "an unfinished file that is whole, not yet renamed"
  mkdir -p "$folder"
  cp "$scratch/files/$train" "$folder/.$train.hogwild-part"
  cp "$scratch/files/$topics" "$folder/$topics"
  fetch plain plain --only train
  check "exits 0" exit_code_is 0
  check "without a request" nothing_requested
  check "under its name" folder_holds "$train" "$topics"

  begin "a user's own file called .part"
  mkdir -p "$folder"
  echo mine >"$folder/$train.part"
  fetch plain dead --only train
  check "exits 0" exit_code_is 0
  check "it is still there" grep -qx mine "$folder/$train.part"
  rm -f "$folder/$train.part"
  check "the right bytes" folder_holds "$train" "$topics"

  begin "a link in the place of the unfinished file"
  mkdir -p "$folder"
  echo precious >"$scratch/victim"
  ln -s "$scratch/victim" "$folder/.$train.hogwild-part"
  fetch plain dead --only train
  check "exits 73" exit_code_is 73
  check "what it leads to is untouched" grep -qx precious "$scratch/victim"
  rm "$folder/.$train.hogwild-part"

  begin "an unfinished file that is longer than the file"
  mkdir -p "$folder"
  head -c 400000 /dev/zero >"$folder/.$train.hogwild-part"
  fetch ranges dead --only train
  check "starts again and exits 0" exit_code_is 0
  check "the right bytes" is_whole "$train"
}

test_interrupted() {
  begin "terminated in the middle"
  local fetcher i
  mkdir -p "$folder"
  PATH=$scratch/path HOGWILD_RCV1_SHA256=$scratch/sums no_proxy=127.0.0.1 \
    HOGWILD_RCV1_URL_FIGSHARE=$(address slow) HOGWILD_RCV1_URL_JMLR=$(address dead) \
    "$BASH" "$root/jobs/fetch_rcv1.sh" --dir "$folder" --only train >"$scratch/output" 2>&1 &
  fetcher=$!
  for ((i = 0; i < 100; i++)); do
    [[ ! -s $folder/.$train.hogwild-part ]] || break
    sleep 0.1
  done
  fetch plain plain --only train
  check "a second one beside it is refused" exit_code_is 73
  kill "$fetcher"
  status=0
  wait "$fetcher" || status=$?
  check "exits 143" exit_code_is 143
  check "only an unfinished file" folder_holds ".$train.hogwild-part"
  fetch ranges dead --only train
  check "the next run exits 0" exit_code_is 0
  check "the right bytes" never_half_a_file
}

test_folder_and_disk() {
  begin "a folder that cannot be"
  folder=$scratch/sums/text
  fetch plain plain
  check "exits 73" exit_code_is 73
  begin "a disk that is full"
  # A limit on the size of files, its signal ignored, looks like a full disk.
  trap '' XFSZ
  ulimit -S -f 100
  fetch plain plain --only train
  ulimit -S -f unlimited
  trap - XFSZ
  check "exits 74" exit_code_is 74
  check "no file" never_half_a_file
}

test_usage() {
  begin "usage"
  fetch plain plain --only half
  check "exits 2" exit_code_is 2
  fetch plain plain --no-such-option
  check "exits 2" exit_code_is 2
  check "downloads nothing" nothing_requested
}

make_files
make_path
start_server
test_all_files
test_only_train
for behaviour in dead wrong cut; do test_second_address "$behaviour"; done
test_no_right_file
test_cut_and_resumed
test_interrupted
test_folder_and_disk
test_usage

echo "test_fetch_rcv1: $checks checks, $failures failed"
((failures == 0))
