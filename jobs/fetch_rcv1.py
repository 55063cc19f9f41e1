"""Downloads the RCV1-v2 text files (Lewis, Yang, Rose, Li 2004) and checks their SHA-256 sums. A
file gets its name only when it is complete and correct; until then it is .NAME.hogwild-part, from
which the next run continues.

Exit codes: 0 all files are there and verified; 65 a server sent wrong files; 66 no server gave the
file, run again to continue; 73 cannot create or use the folder; 74 cannot write, disk full?"""
import argparse
import fcntl
import hashlib
import http.client
import os
import shlex
import signal
import sys
import urllib.request
from pathlib import Path
from shutil import disk_usage
from urllib.error import HTTPError

sys.path.append(str(Path(__file__).resolve().parent / "lib"))
import installation  # noqa: E402
from arguments import Parser  # noqa: E402

# Other servers, and another list of sums (lines as sha256sum prints them): for mirrors and the test
FIGSHARE = os.environ.get("HOGWILD_RCV1_URL_FIGSHARE", "https://ndownloader.figshare.com/files")
JMLR = os.environ.get("HOGWILD_RCV1_URL_JMLR",
                      "http://www.ai.mit.edu/projects/jmlr/papers/volume5/lewis04a")
SUMS = os.environ.get("HOGWILD_RCV1_SHA256", "")
# Number at figshare, path at JMLR, SHA-256. The files of --only train come first.
FILES = (
    ("5976057", "a13-vector-files/lyrl2004_vectors_train.dat.gz",
     "5468f656d0ba7a83afc7ad44841cf9a53048a5c083eedc005dcdb5cc768924ae"),
    ("5976048", "a08-topic-qrels/rcv1-v2.topics.qrels.gz",
     "2a98e5e5d8b770bded93afc8930d88299474317fe14181aee1466cc754d0d1c1"),
    ("5976069", "a13-vector-files/lyrl2004_vectors_test_pt0.dat.gz",
     "ed40f7e418d10484091b059703eeb95ae3199fe042891dcec4be6696b9968374"),
    ("5976066", "a13-vector-files/lyrl2004_vectors_test_pt1.dat.gz",
     "87700668ae45d45d5ca1ef6ae9bd81ab0f5ec88cc95dcef9ae7838f727a13aa6"),
    ("5976063", "a13-vector-files/lyrl2004_vectors_test_pt2.dat.gz",
     "48143ac703cbe33299f7ae9f4995db49a258690f60e5debbff8995c34841c7f5"),
    ("5976060", "a13-vector-files/lyrl2004_vectors_test_pt3.dat.gz",
     "dfcb0d658311481523c6e6ca0c3f5a3e1d3d12cde5d7a8ce629a9006ec7dbb39"),
)
SILENCE = 60  # s without a byte, after which a server is given up
BLOCK = 1 << 18  # bytes


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class NoAnswer(Exception):
    """A server gave nothing, or not all of a file. What has arrived is kept."""


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(BLOCK), b""):
            digest.update(block)
    return digest.hexdigest()


def expected_sum(name, default):
    if not SUMS:
        return default
    try:
        lines = Path(SUMS).read_text().splitlines()
    except OSError as error:
        raise Failure(66, f"cannot read {SUMS} (HOGWILD_RCV1_SHA256): {error.strerror}")
    for line in lines:
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name:
            return words[0]
    raise Failure(65, f"{SUMS} has no line for {name}")


def open_folder(folder):
    """@return a descriptor that holds the folder's lock: two downloads would write the same files
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Failure(73, f"cannot create the folder {folder}: {error.strerror}")
    if not os.access(folder, os.W_OK):
        raise Failure(73, f"cannot write to the folder {folder}")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Failure(73, f"another fetch_rcv1.sh is at work in {folder}")
    return descriptor


def show(name, done, total):
    if sys.stderr.isatty():
        percent = 100 * done // max(1, total)
        print(f"\r{name}: {percent} % of {total >> 20} MB\033[K", end="", file=sys.stderr)


def receive(answer, part, first):
    """Writes what a server sends behind the first bytes of `part`."""
    length = int(answer.headers.get("Content-Length") or -1)
    received = 0
    with open(part, "r+b" if first else "wb") as file:
        file.seek(first)
        while True:
            block = answer.read(BLOCK if length < 0 else min(BLOCK, length - received))
            if not block:
                break
            try:
                file.write(block)
                file.flush()
            except OSError as error:
                free = disk_usage(part.parent).free >> 20
                raise Failure(74, f"cannot write {part}: {error.strerror} ({free} MB free)")
            received += len(block)
            show(part.name, first + received, first + max(received, length))
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if received < length:
        raise NoAnswer(f"broke off after {first + received} of {first + length} bytes")


def download(url, part):
    """Continues where `part` ends. @return whether its old bytes were kept."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "hogwild-fetch", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers),
                                    timeout=SILENCE) as answer:
            kept = have > 0 and answer.status == 206
            receive(answer, part, have if kept else 0)
            return kept
    except HTTPError as error:
        if error.code == 416 and have:  # nothing beyond the end of `part`, which must be too long
            return True
        raise NoAnswer(str(error))
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error))


def attempt(url, part, wanted):
    """@return whether `part` is correct now. If not, it is gone."""
    for _ in range(2):
        kept = download(url, part)
        if sha256(part) == wanted:
            return True
        part.unlink()
        if not kept:
            break  # else the old bytes may have been wrong: once more from the beginning
    return False


def fetch(folder, number, path, default_sum):
    file = folder / Path(path).name
    part = folder / f".{file.name}.hogwild-part"
    if part.is_symlink() or (part.exists() and not part.is_file()):  # a link leads to another file
        raise Failure(73, f"{part} is in the way: not a file; move it away")
    wanted = expected_sum(file.name, default_sum)
    if file.is_file():
        if sha256(file) == wanted:
            return print(f"{file.name}: already there, verified", flush=True)
        print(f"{file.name}: there, but its checksum is wrong; fetching it again", flush=True)
    wrong = False
    for url in (f"{FIGSHARE}/{number}", f"{JMLR}/{path}"):
        try:
            correct = part.is_file() and part.stat().st_size > 0 and sha256(part) == wanted
            if not correct:
                print(f"{file.name}: from {url}", flush=True)
                correct = attempt(url, part, wanted)
        except NoAnswer as error:
            print(f"{file.name}: no complete answer: {error}", file=sys.stderr)
            continue
        if correct:
            os.replace(part, file)
            return print(f"{file.name}: verified", flush=True)
        print(f"{file.name}: what came has the wrong checksum and was deleted", file=sys.stderr)
        wrong = True
    if wrong:
        raise Failure(65, f"{file.name}: no server sent the right file; "
                          "tell the maintainers if this lasts")
    raise Failure(66, f"{file.name}: no server gave all of it; "
                      "check the network and run again to continue")


def interrupted(number, _frame):
    raise Failure(128 + number, "interrupted; what has arrived is kept, run again to continue")


def main(arguments):
    parser = Parser("fetch_rcv1.sh", __doc__, usage="bash jobs/fetch_rcv1.sh [options]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, metavar="DIR",
                        default=installation.DATA_DIR / "rcv1/text",
                        help="where the files go (data/rcv1/text in the source tree, or below the "
                             "current folder for an installed script)")
    parser.add_argument("--only", choices=("train", "all"), default="all",
                        help="train: the training documents and the topics; all: 656 MB (all)")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupted)
    try:
        lock = open_folder(options.dir)
        for number, path, wanted in FILES[:2] if options.only == "train" else FILES:
            fetch(options.dir, number, path, wanted)
        os.close(lock)
    except Failure as failure:
        print(f"fetch_rcv1: {failure}", file=sys.stderr)
        return failure.code
    except OSError as error:
        print(f"fetch_rcv1: {error}", file=sys.stderr)
        return 74
    print(f"All files are in {options.dir}")
    if options.only == "all":
        print("Next: bash " + " ".join(shlex.quote(str(word)) for word in (
            installation.ROOT / "jobs/quickstart.sh", "--rcv1", options.dir)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
