"""What each command says of itself, and what it makes of mistyped words."""
import os
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import command  # noqa: E402

COMMANDS = ("train", "predict", "sweep", "bench", "bench-exchange")
TOOLS = ("rcv1_to_hdf5", "svmlight_to_hdf5", "hdf5_to_svmlight", "hdf5_inspect", "rcv1_synthesize")


# --- what a shell would complete ----------------------------------------------------------------

BASH = """
source "$1"; shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p "$1" | sed 's/.*-F //; s/ .*//')
"$function"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def bash_completes(script, *words, **options):
    """The words that bash offers for the last one of these."""
    outcome = command.run(["bash", "--norc", "-c", BASH, "bash", script, *words], **options)
    if outcome.code != 0 or outcome.err:
        raise AssertionError(str(outcome))
    return outcome.out.split()


class Help(command.TestCase):
    def text(self, *words, ranks=None):
        outcome = self.check(command.hogwild(ranks, *words))
        self.assertEqual(outcome.err, "")
        return outcome.out

    def options(self, text):
        return re.findall(r"(?m)^ +(?:-\w \[ )?--([a-z-]+)", text)

    def test_each_command_has_its_own(self):
        for name in COMMANDS:
            with self.subTest(command=name):
                text = self.text(name, "--help")
                self.assertTrue(text.startswith(f"usage: mpirun -np P hogwild {name} "), text)
                for other in set(COMMANDS) - {name, "train"}:
                    self.assertNotIn(f"hogwild {other} ", text)
                examples = text.split("Examples:")[1].split("Exit codes:")[0]
                self.assertGreaterEqual(examples.count(f"hogwild {name}"), 2)
                self.assertRegex(text.split("Exit codes:")[1], r"(?m)^  2 +wrong")
                self.assertEqual(self.text("help", name), text)
                self.assertEqual(self.text(name, "--quiet", "-h"), text)
                self.assertEqual(self.text(name, "--help", ranks=2), text)

    def test_the_common_options_come_first(self):
        for name in ("train", "sweep", "bench"):
            few = self.options(self.text(name, "--help"))
            every = self.options(self.text(name, "--help-all"))
            self.assertIn("help-all", few)
            self.assertLess(len(few), 0.5 * len(every))
            self.assertEqual(set(few) - {"help-all"} - set(every), set())
            self.assertIn("elastic-rate", every, "sweep and bench take train's options")

    def test_other_commands_show_what_train_says(self):
        train, sweep, bench = (self.text(name, "--help-all") for name in ("train", "sweep", "bench"))
        self.assertIn("what ranks get equal shares of", train)
        self.assertIn("what ranks get equal shares of", sweep)
        for name in ("log", "model", "dump-config"):
            self.assertIn(name, self.options(train))
            self.assertNotIn(name, self.options(sweep) + self.options(bench))
        self.assertIn("--batch-size B (=100)", train)
        self.assertIn("--batch-size B (=1)", bench, "a bench's own default")

    def test_each_tool_has_its_own(self):
        for name in TOOLS:
            with self.subTest(tool=name):
                text = self.check(command.tool(name, "--help")).out
                self.assertTrue(text.startswith(f"usage: {name} "), text)
                examples = text.split("Examples:")[1].split("Exit codes:")[0]
                self.assertGreaterEqual(examples.count(f"  {name} "), 2)
                self.assertRegex(text.split("Exit codes:")[1], r"(?m)^  2 +wrong")
                self.assertNotIn(" arg", text, "values have names")
                self.assertEqual(self.check(command.tool(name, "-h")).out, text)

    def test_it_fits_into_80_columns(self):
        texts = {name: self.text(name, "--help-all") for name in COMMANDS}
        texts["hogwild"] = self.text("--help")
        texts.update({tool: self.check(command.tool(tool, "--help")).out for tool in TOOLS})
        for name, text in texts.items():
            for line in text.splitlines():
                self.assertLessEqual(len(line), 80, f"{name}: {line}")
                self.assertEqual(line, line.rstrip(), name)
                described = re.match(r"( +--.*?\S) {2,}\S", line)
                if described:
                    self.assertLess(described.end() - 1, 30, f"{name}: {line}")

    def test_overview(self):
        text = self.text("--help")
        for name in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {name} +\w")
        for words in (("help",), ("help", "help"), ("help", "--help")):
            self.assertEqual(self.text(*words), text)
        self.assertEqual(self.text("-h", ranks=2), text)
        self.check_refused(command.hogwild(None, "help", "trian"), 2, "hogwild", "trian", "train?")

    def test_near_misses_are_suggested(self):
        for words, meant in ((("trian",), "did you mean train?"),
                             (("train", "--epoch", "3"), "did you mean --epochs?"),
                             (("train", "--strategy", "lockfree"), "did you mean lock-free?"),
                             (("sweep", "--lamda", "1"), "did you mean --lambda?"),
                             (("predict", "--modle", "m.h5"), "did you mean --model?"),
                             (("bench", "--lamda", "1"), "did you mean --lambda?")):
            with self.subTest(words=words):
                self.check_refused(command.hogwild(None, *words), 2, "hogwild", meant)
        outcome = command.hogwild(None, "train", "--nothing-like-it", "3")
        self.assertNotIn("did you mean", outcome.err)

    def mistyped(self, option):
        return "--" + option[:2] + option[3:] if len(option) > 4 else "--" + option + "x"

    def test_every_program_suggests(self):
        for name in COMMANDS:
            for option in {"train": ("model", "merge-every"), "sweep": ("best", "lambda"),
                           "predict": ("output",), "bench": ("repeats", "epochs"),
                           "bench-exchange": ("max-bytes",)}[name]:
                with self.subTest(command=name, option=option):
                    self.check_refused(command.hogwild(None, name, self.mistyped(option), "1"), 2,
                                       "hogwild", f"did you mean --{option}?")
        for name in TOOLS:
            for option in self.options(self.check(command.tool(name, "--help")).out):
                with self.subTest(tool=name, option=option):
                    self.check_refused(command.tool(name, self.mistyped(option), "1"), 2, name,
                                       f"did you mean --{option}?")


class Reference(command.TestCase):
    """Man pages and completion have the options that help has, and no others."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for program in ("hogwild",) + TOOLS:
            outcome = command.run([command.BIN / program, "--reference", cls.shared])
            if outcome.code != 0 or outcome.out or outcome.err:
                raise AssertionError(str(outcome))

    def helps(self):
        """Options by page, as help has them, with those that ask for it."""
        found = {}
        for name in COMMANDS:
            text = self.check(command.hogwild(None, name, "--help-all")).out
            few = self.check(command.hogwild(None, name, "--help")).out
            found[f"hogwild-{name}"] = (self.table(text) | {"help"} |
                                        self.table(few) & {"help-all"})
        for name in TOOLS:
            found[name] = self.table(self.check(command.tool(name, "--help")).out)
        return found

    def table(self, text):
        return set(re.findall(r"(?m)^  (?:-\w \[ )?--([a-z-]+)", text))

    def test_man_pages(self):
        helps = self.helps()
        pages = {path.stem: path.read_text() for path in (self.shared / "man1").iterdir()}
        self.assertEqual(set(pages), set(helps) | {"hogwild"})
        for name, text in pages.items():
            plain = text.replace("\\-", "-")
            with self.subTest(page=name):
                for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"):
                    self.assertIn(f"\n.SH {section}\n", text)
                if name != "hogwild":
                    self.assertEqual(set(re.findall(r"(?m)^\.TP\n(?:.*, )?\\fB--([a-z-]+)", plain)),
                                     helps[name])
                    self.assertIn(f"{name.replace('hogwild-', 'hogwild ', 1)} ",
                                  plain.split(".SH EXAMPLES")[1])
        self.assertIn("(default: lock-free)", pages["hogwild-train"].replace("\\-", "-"))
        for name in COMMANDS:
            self.assertIn(f"hogwild-{name}", pages["hogwild"].replace("\\-", "-"))

    def test_man_pages_are_sound(self):
        if shutil.which("man") is None or shutil.which("groff") is None:
            self.skipTest("no man or groff")
        for path in sorted((self.shared / "man1").iterdir()):
            outcome = command.run(["man", "--warnings=w", "-E", "UTF-8", "-l", path],
                                  env={**os.environ, "MANPAGER": "cat", "MANWIDTH": "80"})
            self.check(outcome)
            self.assertEqual(outcome.err, "", path.name)

    def test_bash(self):
        helps = self.helps()
        script = self.shared / "bash/hogwild"
        self.assertEqual(set(bash_completes(script, "hogwild", "")),
                         set(COMMANDS) | {"help", "--help", "--version"})
        self.assertEqual(bash_completes(script, "hogwild", "help", "tr"), ["train"])
        for name in COMMANDS:
            self.assertEqual(set(bash_completes(script, "hogwild", name, "--")),
                             {f"--{option}" for option in helps[f"hogwild-{name}"]})
        for name in TOOLS:
            self.assertEqual(set(bash_completes(self.shared / "bash" / name, name, "--")),
                             {f"--{option}" for option in helps[name]})

    def test_bash_offers_values(self):
        script = self.shared / "bash/hogwild"
        for words, offered in ((("--strategy", "lock"), {"lock-free", "locked"}),
                               (("--loss", ""), {"hinge", "logistic"}),
                               (("--loss", "="), {"hinge", "logistic"}),
                               (("--loss", "=", "h"), {"hinge"}),
                               (("--seed", ""), set())):
            self.assertEqual(set(bash_completes(script, "hogwild", "train", *words)), offered, words)
        (self.dir / "my data.h5").touch()
        (self.dir / "my folder").mkdir()
        offer = ["hogwild", "train"]
        self.assertEqual(bash_completes(script, *offer, "--train", "my", cwd=self.dir),
                         ["my", "data.h5", "my", "folder"])
        self.assertEqual(bash_completes(script, *offer, "--stage", "my", cwd=self.dir),
                         ["my", "folder"])
        self.assertEqual(bash_completes(self.shared / "bash/hdf5_inspect", "hdf5_inspect", "my d",
                                        cwd=self.dir), ["my", "data.h5"])

    def test_zsh(self):
        helps = self.helps()
        arms = re.split(r"(?m)^  ([a-z-]+)\)$", (self.shared / "zsh/_hogwild").read_text())
        texts = {f"hogwild-{name}": text for name, text in zip(arms[1::2], arms[2::2])}
        texts.update({name: (self.shared / f"zsh/_{name}").read_text() for name in TOOLS})
        self.assertEqual(set(texts), set(helps))
        for name, text in texts.items():
            self.assertEqual(set(re.findall(r"(?m)^ +'\*?--([a-z-]+)", text)), helps[name], name)
        if shutil.which("zsh") is not None:
            for path in (self.shared / "zsh").iterdir():
                self.check(command.run(["zsh", "-n", path]))

    def test_a_folder_that_cannot_be(self):
        (self.dir / "file").touch()
        self.check_refused(command.run([command.BIN / "hdf5_inspect", "--reference",
                                        self.dir / "file"]), 73, "hdf5_inspect", "file")


if __name__ == "__main__":
    command.main()
