"""`hogwild train` with whatever can be wrong: one line that says so, the right exit code, soon, and
every file as it was before."""
import concurrent.futures
import fcntl
import hashlib
import itertools
import os
import pwd
import shlex
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, NamedTuple, Optional

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

# mpirun takes up to two seconds to notice that its ranks have gone: the cases wait side by side.
AT_A_TIME = 6
PROMPT = 10  # seconds


class Case(NamedTuple):
    """`arguments` is a command line after `train`: {data} stands for the folder of the datasets.
    --log and --model are added unless `outputs` is False, and are there from an earlier run."""
    name: str
    arguments: str
    code: int
    says: tuple = ()
    ranks: Optional[int] = 2  # None: without mpirun
    prepare: Optional[Callable] = None  # gets the case's folder
    outputs: bool = True


GOOD = "--train {data}/train.h5 --category CCAT"


def usage(name, arguments, *says):
    return Case(name, arguments, 2, says, ranks=None)


def number(option, value):
    name = "number_" + option.replace("-", "_") + "_" + value.replace("-", "minus_")
    return usage(name.replace(".", "_").replace("+", "_"), f"{GOOD} --{option}={value}", option)


def config(text):
    return lambda folder: (folder / "run.ini").write_text(text)


def spoilt(array, index, value):
    """A dataset that was written with wrong content, checksums and all."""
    def prepare(folder):
        h5py = command.need("h5py")
        shutil.copy(BadInput.shared / "train.h5", folder / "spoilt.h5")
        with h5py.File(folder / "spoilt.h5", "r+") as file:
            target, _, attribute = array.partition("@")
            if attribute:
                if value is None:
                    del file[target or "/"].attrs[attribute]
                else:
                    file[target or "/"].attrs[attribute] = value
            else:
                file[array][index] = value
    return prepare


SPOILT = "--train spoilt.h5 --category CCAT"

CASES = [
    # files that are not there, or not what they should be
    Case("train_missing", "--train {data}/none.h5 --category CCAT", 66, ("none.h5",)),
    Case("train_missing_alone", "--train {data}/none.h5 --category CCAT", 66, ("none.h5",), 1),
    Case("train_in_missing_folder", "--train none/none.h5 --category CCAT", 66, ("none/none.h5",)),
    Case("train_below_a_file", "--train {data}/train.h5/a.h5 --category CCAT", 66),
    Case("train_is_a_folder", "--train {data} --category CCAT", 66, ("directory",)),
    Case("train_is_a_loop", "--train loop --category CCAT", 66, ("loop",),
         prepare=lambda folder: (folder / "loop").symlink_to("loop")),
    Case("test_missing", GOOD + " --test {data}/test.h5 {data}/none.h5", 66, ("none.h5",)),
    Case("train_is_text", "--train {data}/text.h5 --category CCAT", 65, ("text.h5",)),
    Case("train_is_empty", "--train {data}/empty.h5 --category CCAT", 65, ("empty.h5",)),
    Case("train_is_packed", "--train {data}/packed.gz --category CCAT", 65, ("packed.gz",)),
    Case("train_is_cut_in_half", "--train {data}/half.h5 --category CCAT", 65, ("half.h5",)),
    Case("train_lacks_a_byte", "--train {data}/cut.h5 --category CCAT", 65, ("cut.h5",)),
    Case("train_is_a_model", "--train {data}/model.h5 --category CCAT", 65, ("model.h5",)),
    Case("test_is_text", GOOD + " --test {data}/text.h5", 65, ("text.h5",)),
    Case("flipped_data", "--train {data}/flipped_data.h5 --category CCAT", 65,
         ("flipped_data.h5", "X/data")),
    Case("flipped_indices", "--train {data}/flipped_indices.h5 --category CCAT", 65,
         ("flipped_indices.h5", "X/indices")),
    Case("flipped_in_one_shard", "--train {data}/flipped.h5 --category CCAT", 65,
         ("flipped.shard-00001-of-00003.h5",)),
    Case("spoilt_by_foreign_hdf5", SPOILT, 65, ("spoilt.h5",),
         prepare=lambda folder: command.need("h5py").File(folder / "spoilt.h5", "w").close()),
    Case("spoilt_incomplete", SPOILT, 65, ("spoilt.h5", "complete"),
         prepare=spoilt("@complete", None, None)),
    Case("spoilt_version", SPOILT, 65, ("spoilt.h5", "version 99"),
         prepare=spoilt("@version", None, 99)),
    Case("spoilt_shape", SPOILT, 65, ("spoilt.h5",), prepare=spoilt("X@shape", None, [5, 5])),
    Case("spoilt_value", SPOILT, 65, ("spoilt.h5", "finite"),
         prepare=spoilt("X/data", 2000, float("nan"))),
    Case("spoilt_column", SPOILT, 65, ("spoilt.h5", "row"),
         prepare=spoilt("X/indices", 2011, 1 << 30)),
    Case("spoilt_negative_column", SPOILT, 65, ("spoilt.h5", "row"),
         prepare=spoilt("X/indices", 2004, -1)),
    Case("spoilt_row_start", SPOILT, 65, ("spoilt.h5",), prepare=spoilt("X/indptr", 100, 1 << 40)),
    Case("spoilt_topic_start", SPOILT, 65, ("spoilt.h5",),
         prepare=spoilt("topics/indptr", 100, 1 << 40)),
    Case("spoilt_topic", SPOILT, 65, ("spoilt.h5", "topic number"), ranks=None,
         prepare=spoilt("topics/indices", 100, 9999)),
    Case("spoilt_feature_counts", SPOILT + " --regularizer hogwild", 65,
         ("spoilt.h5", "feature_counts"), ranks=None, prepare=spoilt("feature_counts", 3, 1 << 40)),

    # categories and labels
    Case("unknown_category", "--train {data}/train.h5 --category XCAT", 65, ("XCAT",)),
    Case("unknown_category_of_test", GOOD + " --test {data}/other_topics.h5", 65,
         ("other_topics.h5", "CCAT")),
    Case("no_category", "--train {data}/train.h5", 2, ("--category",)),
    Case("category_with_own_labels", "--train {data}/own.h5 --category CCAT", 2, ("own.h5",)),
    Case("test_has_topics_train_has_not", "--train {data}/own.h5 --test {data}/test.h5", 2,
         ("test.h5",)),
    Case("one_class_negative", "--train {data}/train.h5 --category RARE", 65, ("RARE",)),
    Case("one_class_positive", "--train {data}/train.h5 --category ALL", 65, ("ALL",)),
    Case("one_class_own_labels", "--train {data}/own_positive.h5", 65, ("own_positive.h5",)),
    Case("all_held_out", "--train {data}/tiny.h5 --category CCAT --validation-fraction 0.95", 65,
         ("tiny.h5", "--validation-fraction")),

    # shards
    Case("shard_missing", "--train {data}/missing.h5 --category CCAT", 65,
         ("missing.shard-00001-of-00003.h5",)),
    Case("file_and_set", "--train {data}/both.h5 --category CCAT", 65, ("both.h5",)),
    Case("two_sets", "--train {data}/two.h5 --category CCAT", 65, ("two.h5",)),
    Case("foreign_shard", "--train {data}/foreign.h5 --category CCAT", 65,
         ("foreign.shard-00001-of-00003.h5", "another conversion")),
    Case("shards_exchanged", "--train {data}/exchanged.h5 --category CCAT", 65,
         ("exchanged.shard-0000",)),
    Case("single_shard", "--train {data}/three.shard-00001-of-00003.h5 --category CCAT", 65,
         ("three.shard-00001-of-00003.h5",)),
    Case("single_shard_renamed", "--train {data}/renamed.h5 --category CCAT", 65, ("renamed.h5",)),
    Case("shard_missing_from_test", GOOD + " --test {data}/missing.h5", 65, ("missing.shard",)),

    # the command line
    Case("sequential_on_two_ranks", GOOD + " --strategy sequential", 2, ("sequential",)),
    Case("unknown_option", GOOD + " --no-such-option", 2, ("--no-such-option",)),
    usage("unknown_command_option", GOOD + " -x 1", "-x"),
    usage("no_options", ""),
    usage("no_train", "--category CCAT", "--train"),
    usage("stray_word", GOOD + " stray", "stray"),
    usage("abbreviated_option", GOOD + " --iter 5", "iter"),
    usage("abbreviated_option_of_output", GOOD + " --qui", "qui"),
    usage("option_given_twice", GOOD + " --seed 1 --seed 2", "seed"),
    Case("option_without_value", GOOD + " --seed", 2, ("--seed",), None, outputs=False),
    # to Boost %name% is a placeholder, and to replace it by itself has no end
    usage("placeholder_as_value", GOOD + " --seed %value%", "seed", "%value%"),
    usage("placeholder_as_option", GOOD + " --%original_token%", "--%original_token%"),
    usage("unknown_strategy", GOOD + " --strategy fast", "fast", "lock-free"),
    usage("unknown_regularizer", GOOD + " --regularizer l1", "l1", "hogwild"),
    usage("unknown_loss", GOOD + " --loss squared", "squared", "hinge"),
    usage("unknown_schedule", GOOD + " --schedule linear", "linear", "inverse"),
    usage("unknown_sampling", GOOD + " --sampling x", "permutation"),
    usage("unknown_precision", GOOD + " --precision half", "half", "double"),
    usage("unknown_balance", GOOD + " --balance x", "nonzeros"),
    usage("unknown_bias", GOOD + " --bias yes", "on"),
    usage("unknown_regularization", GOOD + " --regularization x", "aggregated"),
    usage("batch_size_and_fraction", GOOD + " --batch-size 5 --batch-fraction 0.1", "--batch-size",
          "--batch-fraction"),
    usage("batch_fraction_of_nothing", GOOD + " --batch-fraction 0", "--batch-fraction"),
    usage("batch_fraction_above_one", GOOD + " --batch-fraction 1.5", "--batch-fraction"),
    usage("iterations_and_epochs", GOOD + " --iterations 5 --epochs 1", "--epochs", "--iterations"),
    usage("scalar_aggregated", GOOD + " --regularizer scalar --regularization aggregated",
          "scalar", "aggregated"),
    *[number(option, value) for option, values in {
        "validation-fraction": "1 -0.1 nan", "lambda": "-1 nan inf", "learning-rate": "0 nan inf",
        "decay": "0 1.5", "batch-size": "0 2.5", "iterations": "0 ten 99999999999999999999",
        "epochs": "0", "evaluate-every": "-1", "patience": "-1", "seed": "-1",
    }.items() for value in values.split()],

    # the configuration file
    Case("config_missing", GOOD + " --config none.ini", 66, ("none.ini",)),
    Case("config_is_a_folder", GOOD + " --config {data}", 66, ranks=None),
    Case("config_unknown_key", GOOD + " --config run.ini", 2, ("run.ini", "lamda"),
         prepare=config("lamda = 1\n")),
    Case("config_bad_value", GOOD + " --config run.ini", 2, ("iterations",), ranks=None,
         prepare=config("iterations = many\n")),
    Case("config_placeholder_as_value", GOOD + " --config run.ini", 2,
         ("run.ini", "%original_token%"), ranks=None, prepare=config("seed = %original_token%\n")),
    Case("config_placeholder_as_key", GOOD + " --config run.ini", 2,
         ("run.ini", "%canonical_option%"), ranks=None, prepare=config("%canonical_option% = 1\n")),
    Case("config_bad_choice", GOOD + " --config run.ini", 2, ("fast",), ranks=None,
         prepare=config("strategy = fast\n")),
    Case("config_bad_line", GOOD + " --config run.ini", 2, ("run.ini",), ranks=None,
         prepare=config("seed 1\n")),
    Case("config_iterations_and_epochs", GOOD + " --config run.ini", 2, ("--epochs",), ranks=None,
         prepare=config("iterations = 5\nepochs = 1\n")),

    # outputs
    Case("log_in_missing_folder", GOOD + " --log none/run.jsonl --model model.h5", 73,
         ("none/run.jsonl",), outputs=False),
    Case("model_in_missing_folder", GOOD + " --log run.jsonl --model none/model.h5", 73,
         ("none/model.h5",), outputs=False),
    Case("log_below_a_file", GOOD + " --log model.h5/run.jsonl", 73, ("model.h5/run.jsonl",),
         outputs=False),
    Case("model_is_a_folder", GOOD + " --log run.jsonl --model folder", 73, ("folder",),
         prepare=lambda folder: (folder / "folder").mkdir(), outputs=False),
    # /dev/null is such a thing: it must not become a file
    Case("model_is_a_pipe", GOOD + " --log run.jsonl --model pipe --iterations 1", 73, ("pipe",),
         prepare=lambda folder: os.mkfifo(folder / "pipe"), outputs=False),
    Case("log_is_a_folder", GOOD + " --log folder --model model.h5", 73, ("folder",),
         prepare=lambda folder: (folder / "folder").mkdir(), outputs=False),
    Case("log_is_the_model", GOOD + " --log model.h5 --model model.h5", 2, ("--log", "--model"),
         outputs=False, ranks=None),
    Case("log_is_the_model_by_another_name", GOOD + " --log model.h5 --model ./model.h5", 2,
         ("--log", "--model"), outputs=False, ranks=None),
    Case("log_is_the_training_data", "--train own.h5 --log own.h5", 2, ("own.h5",),
         prepare=lambda folder: shutil.copy(BadInput.shared / "own.h5", folder), outputs=False),
    Case("model_is_the_training_data", "--train own.h5 --model own.h5 --iterations 1", 2,
         ("own.h5",), prepare=lambda folder: shutil.copy(BadInput.shared / "own.h5", folder),
         outputs=False),
    Case("model_is_a_shard_of_the_training_data",
         "--train two.h5 --category CCAT --iterations 1 --model two.shard-00000-of-00002.h5", 2,
         prepare=lambda folder: command.convert(command.make_documents(40), folder / "two.h5",
                                                "--shards", "2"), outputs=False),
    Case("model_is_the_test_data", GOOD + " --test own_test.h5 --model own_test.h5 --iterations 1",
         2, ("own_test.h5",), outputs=False,
         prepare=lambda folder: shutil.copy(BadInput.shared / "test.h5", folder / "own_test.h5")),
]


class BadInput(command.TestCase):
    """One test per case; all run at the start, some at a time, and the tests look at the outcomes.
    """
    shared = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_data(cls.shared)
        pool = concurrent.futures.ThreadPoolExecutor(AT_A_TIME)
        cls.addClassCleanup(pool.shutdown)
        cls.runs = {case.name: pool.submit(cls.run_case, case) for case in CASES}

    @classmethod
    def run_case(cls, case):
        """@return the outcome, and what its folder held before and after."""
        folder = cls.shared / "runs" / case.name
        folder.mkdir(parents=True)
        (folder / "run.jsonl").write_text('{"event":"start","program":"of an earlier run"}\n')
        (folder / "model.h5").write_text("")
        if case.prepare:
            case.prepare(folder)
        before = content_of(folder)
        arguments = shlex.split(case.arguments.format(data=cls.shared))
        if case.outputs:
            arguments += ["--log", "run.jsonl", "--model", "model.h5"]
        outcome = command.hogwild(case.ranks, "train", *arguments, cwd=folder)
        return outcome, before, content_of(folder)

    def check_case(self, case):
        outcome, before, after = self.runs[case.name].result()
        self.assertEqual(after, before, f"files have changed\n{outcome}")
        self.check_refused(outcome, case.code, "hogwild", *case.says)
        self.assertLess(outcome.seconds, PROMPT, str(outcome))


for _case in CASES:
    setattr(BadInput, "test_" + _case.name, lambda self, case=_case: self.check_case(case))


def content_of(folder):
    """What there is, long content as its sum."""
    def short(data):
        return data if len(data) < 100 else hashlib.sha256(data).hexdigest()
    return {str(path.relative_to(folder)): short(path.read_bytes()) if path.is_file() else "no file"
            for path in folder.rglob("*")}


def run_tool(name, *arguments):
    outcome = command.tool(name, *arguments, "--quiet")
    if outcome.code != 0:
        raise AssertionError(str(outcome))


def make_data(folder):
    """The datasets of the cases, by the names that they have in them."""
    documents = command.make_documents(400)
    # ALL holds every document, RARE none that has a vector
    everything = [d._replace(topics=(*d.topics, "ALL")) for d in documents]
    train = folder / "train.h5"
    vectors = command.write_vectors(folder / "vectors.dat", everything)
    topics = command.write_topics(folder / "topics.qrels", [
        *everything, command.Document(1, (), ("RARE",))])
    run_tool("rcv1_to_hdf5", "--vectors", vectors, "--topics", topics, "--no-shuffle", "--output",
             train)
    command.convert(command.make_documents(50, seed=2, first_id=50000), folder / "test.h5")
    command.convert([d._replace(topics=("ECAT",)) for d in documents[:50]],
                    folder / "other_topics.h5")
    command.convert(documents[:8], folder / "tiny.h5")

    # labels of their own
    for name, label in (("own", "CCAT"), ("own_positive", "ALL")):
        text = folder / (name + ".txt")
        text.write_text("".join(d.svmlight_line(label) for d in everything))
        run_tool("svmlight_to_hdf5", "--input", text, "--output", folder / (name + ".h5"))

    # no datasets at all
    (folder / "text.h5").write_text("".join(d.vector_line() for d in documents))
    (folder / "empty.h5").write_text("")
    command.write_text(folder / "packed.gz", "text")
    data = train.read_bytes()
    (folder / "half.h5").write_bytes(data[:len(data) // 2])
    (folder / "cut.h5").write_bytes(data[:-1])
    run_tool("hogwild", "train", "--train", train, "--category", "CCAT", "--iterations", "1",
             "--model", folder / "model.h5")

    # flipped bytes, in the last rows, which the last rank reads
    weights = [float(w) for _, w in documents[390].terms]
    columns = [t - 1 for t, _ in documents[390].terms]
    for name, content in (("data", struct.pack("<12f", *weights)),
                          ("indices", struct.pack("<12i", *columns))):
        copy = shutil.copy(train, folder / f"flipped_{name}.h5")
        command.flip_byte(copy, command.offset_of(copy, content) + 5)

    # shard sets
    def shards(name, count=3, *options):
        command.convert(documents, folder / (name + ".h5"), "--shards", str(count), *options)
        return command.shards_of(folder / (name + ".h5"), count)
    shards("three")
    shutil.copy(command.shards_of(folder / "three.h5", 3)[0], folder / "renamed.h5")
    shards("missing")[1].unlink()
    shards("both")
    shutil.copy(train, folder / "both.h5")
    other = shards("other", 2)
    shards("two")
    for path in other:
        path.rename(path.with_name(path.name.replace("other", "two")))
    foreign = shards("foreign")
    shutil.copy(shards("seed", 3, "--shuffle-seed", "9")[1], foreign[1])
    exchanged = shards("exchanged")
    data = [path.read_bytes() for path in exchanged]
    exchanged[0].write_bytes(data[1])
    exchanged[1].write_bytes(data[0])
    flipped = shards("flipped")[1]
    weights = [float(w) for _, w in documents[200].terms]
    command.flip_byte(flipped, command.offset_of(flipped, struct.pack("<12f", *weights)) + 5)


class BadSurroundings(command.TestCase):
    """What needs more than a command line."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.train = command.convert(command.make_documents(300), cls.shared / "train.h5")
        cls.good = ("train", "--train", cls.train, "--category", "CCAT")

    def test_locked_outputs(self):
        locks = (".{}.hogwild-lock", "{}.lock")  # ours, and the one of earlier versions
        for name, lock_name in itertools.product(("run.jsonl", "model.h5"), locks):
            lock_name = lock_name.format(name)
            with self.subTest(lock=lock_name), open(self.dir / lock_name, "w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                (self.dir / name).write_text("of the other run")
                before = content_of(self.dir)
                outcome = command.hogwild(2, *self.good, "--log", "run.jsonl", "--model",
                                          "model.h5", "--force", cwd=self.dir)
                self.check_refused(outcome, 73, "hogwild", name, "still writing")
                self.assertEqual(content_of(self.dir), before)
            for path in self.dir.iterdir():
                path.unlink()

    def test_lock_of_a_dead_run_is_no_obstacle(self):
        for name in (".run.jsonl.hogwild-lock", ".model.h5.hogwild-lock"):
            (self.dir / name).touch()
        self.check(command.hogwild(1, *self.good, "--log", "run.jsonl", "--model", "model.h5",
                                   "--iterations", "1", cwd=self.dir))
        self.assertEqual(self.names(), ["model.h5", "run.jsonl"])

    def test_unreadable_file(self):
        """Root reads everything: then as nobody."""
        nobody = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            nobody = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            if subprocess.run([command.BIN / "hogwild", "--version"], cwd="/", **nobody,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                self.skipTest(f"nobody but root can run {command.BIN}/hogwild")
        self.dir.chmod(0o777)
        shutil.copy(self.train, self.dir / "train.h5")
        (self.dir / "train.h5").chmod(0)
        (self.dir / "closed").mkdir()
        (self.dir / "closed").chmod(0o555)
        before = self.names()
        options = ("--category", "CCAT", "--log", "run.jsonl", "--model", "model.h5")
        outcome = command.hogwild(2, "train", "--train", "train.h5", *options, cwd=self.dir,
                                  **nobody)
        self.check_refused(outcome, 66, "hogwild", "train.h5", "Permission denied")
        self.assertEqual(self.names(), before)
        # outputs where nobody may write
        (self.dir / "train.h5").chmod(0o644)
        for options in (("--log", "closed/run.jsonl"), ("--model", "closed/model.h5")):
            outcome = command.hogwild(2, "train", "--train", "train.h5", "--category", "CCAT",
                                      *options, cwd=self.dir, **nobody)
            self.check_refused(outcome, 73, "hogwild", options[1], "Permission denied")
            self.assertEqual(self.names(), before)

    def test_weights_that_are_not_finite(self):
        (self.dir / "model.h5").write_text("of an earlier run")
        for ranks, rate, options in [
                (2, "1e300", ()),
                (2, "1e38", ("--strategy", "locked", "--precision", "float")),
                (None, "1e300", ("--strategy", "sequential")),
                (None, "1e300", ("--quiet", "--validation-fraction", "0"))]:
            with self.subTest(options=options):
                outcome = command.hogwild(ranks, *self.good, "--learning-rate", rate, "--log",
                                          "run.jsonl", "--model", "model.h5", "--force", *options,
                                          cwd=self.dir)
                self.assertEqual(outcome.code, 1, str(outcome))
                self.assertIn("INVALID", outcome.out + outcome.err)
                result = command.read_json_lines(self.dir / "run.jsonl")[-1]
                self.assertEqual(result["event"], "result")
                self.assertRegex(result["verdict"], "^INVALID: .*finite")
                self.assertEqual(self.names(), ["model.h5", "run.jsonl"])
                self.assertEqual((self.dir / "model.h5").read_text(), "of an earlier run")

    def test_invalid_is_said_on_stderr(self):
        outcome = command.hogwild(None, *self.good, "--learning-rate", "1e300", "--quiet")
        self.check_refused(outcome, 1, "hogwild", "finite", "--learning-rate")

    def test_damaged_test_data(self):
        """Found when training is over, at the latest."""
        documents = command.make_documents(300, seed=2)
        test = command.convert(documents, self.shared / "test.h5")
        weights = [float(w) for _, w in documents[290].terms]
        command.flip_byte(test, command.offset_of(test, struct.pack("<12f", *weights)) + 5)
        outcome = command.hogwild(2, *self.good, "--test", test, "--quiet", "--log", "run.jsonl",
                                  "--model", "model.h5", cwd=self.dir)
        self.check_refused(outcome, 65, "hogwild", "test.h5", "X/data")
        self.assertLessEqual(set(self.names()), {"run.jsonl", "model.h5"})

    def test_too_little_shared_memory(self):
        """MPI itself needs 4 MiB per rank or says so at length; the weights 24 MB."""
        (self.shared / "wide.txt").write_text("".join(
            f"{'+1' if k % 2 else '-1'} {1 + k % 2}:1 {3 + k}:1\n" for k in range(20)))
        wide = self.shared / "wide.h5"
        self.check(command.tool("svmlight_to_hdf5", "--input", self.shared / "wide.txt",
                                "--features", "3000000", "--output", wide, "--quiet"))
        before = content_of(self.dir)
        for size in ("12m", "23m"):
            with self.subTest(size=size):
                outcome, _ = command.on_small_disk(
                    "/dev/shm", size, command.hogwild_command(
                        2, "train", "--train", wide, "--iterations", "2", "--log",
                        self.dir / "run.jsonl", "--model", self.dir / "model.h5"))
                self.check_refused(outcome, 71, "hogwild", "shared memory", "/dev/shm")
                self.assertLess(outcome.seconds, PROMPT)
                self.assertEqual(content_of(self.dir), before)
        outcome, left = command.on_small_disk("/dev/shm", "64m", command.hogwild_command(
            2, "train", "--train", wide, "--iterations", "2", "--quiet"))
        self.check(outcome)
        self.assertEqual(left, [])

    def test_full_disk(self):
        """The model, and a log that grows too long."""
        documents = command.make_documents(300, features=20000)
        train = command.convert(documents, self.shared / "broad.h5")
        base = command.hogwild_command(None, "train", "--train", train, "--category", "CCAT",
                                       "--quiet")
        for size, options in [(8192, ("--model", "model.h5")), (81920, ("--model", "model.h5")),
                              (4096, ("--log", "run.jsonl", "--evaluate-every", "1",
                                      "--patience", "0"))]:
            with self.subTest(size=size):
                outcome, left = command.on_small_disk(self.dir, size, [*base, *options])
                self.assertEqual([name for name in left if name != "run.jsonl"], [])
                self.check_refused(outcome, 74, "hogwild", options[1], "No space left")

    def test_a_killed_rank_ends_the_job(self):
        """No rank is left waiting for it, and no model appears."""
        process = command.start(
            command.hogwild_command(3, *self.good, "--iterations", "1000000000", "--patience", "0",
                                    "--evaluate-every", "0", "--model", "model.h5", "--log",
                                    "run.jsonl"),
            cwd=self.dir, env={**os.environ, "TMPDIR": str(self.shared)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ranks = wait_for(lambda: children_of(process.pid, 3))
            wait_for(lambda: (self.dir / "run.jsonl").exists()
                     and len(command.read_json_lines(self.dir / "run.jsonl")) >= 1)
            os.kill(ranks[1], 9)
            self.assertNotEqual(process.wait(20), 0)
        finally:
            command.end_group(process)
        self.assertNotIn("model.h5", self.names())
        # the next run is not hindered by what this one left
        self.check(command.hogwild(1, *self.good, "--iterations", "1", "--model", "model.h5",
                                   "--log", "run.jsonl", cwd=self.dir))
        self.assertEqual(self.names(), ["model.h5", "run.jsonl"])


def children_of(parent, count):
    listing = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(parent)], text=True,
                             stdout=subprocess.PIPE).stdout.split("\n")
    pids = [int(line.split()[0]) for line in listing if line.endswith("hogwild")]
    return pids if len(pids) == count else None


def wait_for(condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


if __name__ == "__main__":
    command.main()
