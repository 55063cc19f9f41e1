"""What can be wrong with the input of `hogwild train`, case by case, and the datasets for it."""
import hashlib
import os
import shutil
import struct
from typing import Callable, NamedTuple, Optional

import command


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


def shared(folder):
    """Where the datasets are, for a case in this folder."""
    return folder.parents[1]


def config(text):
    return lambda folder: (folder / "run.ini").write_text(text)


def spoilt(array, index, value):
    """A dataset that was written with wrong content, checksums and all."""
    def prepare(folder):
        h5py = command.need("h5py")
        shutil.copy(shared(folder) / "train.h5", folder / "spoilt.h5")
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
         prepare=lambda folder: shutil.copy(shared(folder) / "own.h5", folder), outputs=False),
    Case("model_is_the_training_data", "--train own.h5 --model own.h5 --iterations 1", 2,
         ("own.h5",), prepare=lambda folder: shutil.copy(shared(folder) / "own.h5", folder),
         outputs=False),
    Case("model_is_a_shard_of_the_training_data",
         "--train two.h5 --category CCAT --iterations 1 --model two.shard-00000-of-00002.h5", 2,
         prepare=lambda folder: command.convert(command.make_documents(40), folder / "two.h5",
                                                "--shards", "2"), outputs=False),
    Case("model_is_the_test_data", GOOD + " --test own_test.h5 --model own_test.h5 --iterations 1",
         2, ("own_test.h5",), outputs=False,
         prepare=lambda folder: shutil.copy(shared(folder) / "test.h5", folder / "own_test.h5")),
]


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
    make_shards(folder, documents, train)


def make_shards(folder, documents, train):
    """Sets of shards, each spoilt in a way of its own."""
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
