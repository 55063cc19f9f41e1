"""What each command and tool says of itself, in help, man pages and completion, and what it makes
of mistyped words."""
import os
import re
import shutil

import pytest

import command

COMMANDS = ("train", "predict", "evaluate", "export", "sweep", "bench", "bench-exchange")
TOOLS = ("rcv1_to_hdf5", "svmlight_to_hdf5", "matrix_to_hdf5", "hdf5_to_svmlight", "hdf5_inspect",
         "rcv1_synthesize")


def long_options(text):
    """Those that begin a line, be it an option's or one of a list of options."""
    return re.findall(r"(?m)^ +(?:-\w \[ )?--([a-z-]+)", text)


def has_two_examples_and_exit_codes(text, program):
    examples, codes = text.split("Examples:")[1].split("Exit codes:")
    calls = re.findall(rf"{program}(?![\w-])", examples)
    return len(calls) >= 2 and re.search(r"(?m)^  2 +wrong", codes)


class TestHelp(command.Case):
    def text(self, *words, ranks=None):
        outcome = self.check(command.hogwild(ranks, *words))
        assert outcome.err == ""
        return outcome.out

    def tool_text(self, name, option="--help"):
        return self.check(command.tool(name, option)).out

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_command_has_its_own(self, name):
        text = self.text(name, "--help")
        assert text.startswith(f"usage: mpirun -np P hogwild {name} "), text
        for other in set(COMMANDS) - {name, "train"}:
            assert f"hogwild {other} " not in text
        assert has_two_examples_and_exit_codes(text, f"hogwild {name}")
        assert self.text("help", name) == text
        assert self.text(name, "--quiet", "-h") == text
        assert self.text(name, "--help", ranks=2) == text

    @pytest.mark.parametrize("name", TOOLS)
    def test_each_tool_has_its_own(self, name):
        text = self.tool_text(name)
        assert text.startswith(f"usage: {name} "), text
        assert has_two_examples_and_exit_codes(text, f"  {name}")
        assert " arg" not in text, "values have names"
        assert self.tool_text(name, "-h") == text

    @pytest.mark.parametrize("name", ("train", "sweep", "bench"))
    def test_the_common_options_come_first(self, name):
        few = long_options(self.text(name, "--help"))
        every = long_options(self.text(name, "--help-all"))
        assert "help-all" in few
        assert len(few) < 0.5 * len(every)
        assert set(few) - {"help-all"} - set(every) == set()
        assert "elastic-rate" in every, "sweep and bench take train's options"

    def test_other_commands_show_what_train_says(self):
        train, sweep, bench = (self.text(name, "--help-all")
                               for name in ("train", "sweep", "bench"))
        assert "what ranks get equal shares of" in train
        assert "what ranks get equal shares of" in sweep
        for name in ("log", "model", "dump-config"):
            assert name in long_options(train)
            assert name not in long_options(sweep) + long_options(bench)
        assert "--batch-size B (=100)" in train
        assert "--batch-size B (=1)" in bench, "a bench's own default"

    def test_it_fits_into_80_columns(self):
        texts = {name: self.text(name, "--help-all") for name in COMMANDS}
        texts["hogwild"] = self.text("--help")
        texts.update({name: self.tool_text(name) for name in TOOLS})
        for name, text in texts.items():
            for line in text.splitlines():
                assert len(line) <= 80, f"{name}: {line}"
                assert line == line.rstrip(), name
                described = re.match(r"( +--.*?\S) {2,}\S", line)
                if described:
                    assert described.end() - 1 < 30, f"{name}: {line}"

    def test_a_commands_help_is_its_own_and_short(self):
        """That of train, which has the most options, is cut (--help-all)."""
        for name in ("predict", "evaluate", "export"):
            assert len(self.text(name, "--help").splitlines()) < 40, name

    def test_overview(self):
        text = self.text("--help")
        for name in COMMANDS:
            assert re.search(rf"(?m)^  {name} +\w", text)
        for words in (("help",), ("help", "help"), ("help", "--help")):
            assert self.text(*words) == text
        assert self.text("-h", ranks=2) == text
        for option in ("--oversubscribe", "--allow-run-as-root"):  # before mpirun lets us speak
            assert option in text
        self.check_refused(command.hogwild(None, "help", "trian"), 2, "hogwild", "trian", "train?")

    def test_examples_name_settings_that_there_are(self):
        texts = [self.text("--help"), *(self.text(name, "--help") for name in COMMANDS)]
        named = set(re.findall(r"jobs/\S+\.\w+", "".join(texts)))
        assert "jobs/settings/fast.ini" in named
        for name in named:
            assert (command.SOURCE / name).is_file(), name


class TestNearMisses(command.Case):
    @pytest.mark.parametrize("words, meant", (
        (("trian",), "did you mean train?"),
        (("train", "--epoch", "3"), "did you mean --epochs?"),
        (("train", "--strategy", "lockfree"), "did you mean lock-free?"),
        (("sweep", "--lamda", "1"), "did you mean --lambda?"),
        (("predict", "--modle", "m.h5"), "did you mean --model?"),
        (("bench", "--lamda", "1"), "did you mean --lambda?")))
    def test_are_suggested(self, words, meant):
        self.check_refused(command.hogwild(None, *words), 2, "hogwild", meant)

    def test_nothing_like_it(self):
        outcome = command.hogwild(None, "train", "--nothing-like-it", "3")
        assert "did you mean" not in outcome.err

    def mistyped(self, option):
        return "--" + option[:2] + option[3:] if len(option) > 4 else "--" + option + "x"

    @pytest.mark.parametrize("name, option", (
        ("train", "model"), ("train", "merge-every"), ("sweep", "best"), ("sweep", "lambda"),
        ("predict", "output"), ("bench", "repeats"), ("bench", "epochs"),
        ("bench-exchange", "max-bytes")))
    def test_of_every_command(self, name, option):
        self.check_refused(command.hogwild(None, name, self.mistyped(option), "1"), 2, "hogwild",
                           f"did you mean --{option}?")

    @pytest.mark.parametrize("name", TOOLS)
    def test_of_every_tool(self, name):
        options = long_options(self.check(command.tool(name, "--help")).out)
        assert options
        for option in options:
            with self.subtests.test(option=option):
                self.check_refused(command.tool(name, self.mistyped(option), "1"), 2, name,
                                   f"did you mean --{option}?")


# --- what a shell would complete --------------------------------------------------------------

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
    assert outcome.code == 0 and not outcome.err, str(outcome)
    return outcome.out.split()


class TestReference(command.Case):
    """Man pages and completion have the options that help has, and no others."""

    @classmethod
    def setup_class(cls):
        for program in ("hogwild",) + TOOLS:
            outcome = command.run([command.BIN / program, "--reference", cls.shared])
            assert outcome.code == 0 and not outcome.out and not outcome.err, str(outcome)
        cls.helps = cls.options_by_page()

    @classmethod
    def options_by_page(cls):
        """As help has them, with those that ask for it."""
        found = {}
        for name in COMMANDS:
            every, few = (cls.table(command.hogwild(None, name, option))
                          for option in ("--help-all", "--help"))
            found[f"hogwild-{name}"] = every | {"help"} | few & {"help-all"}
        for name in TOOLS:
            found[name] = cls.table(command.tool(name, "--help"))
        return found

    @staticmethod
    def table(outcome):
        assert outcome.code == 0, str(outcome)
        return set(re.findall(r"(?m)^  (?:-\w \[ )?--([a-z-]+)", outcome.out))

    def test_man_pages(self):
        pages = {path.stem: path.read_text().replace("\\-", "-")
                 for path in (self.shared / "man1").iterdir()}
        assert set(pages) == set(self.helps) | {"hogwild"}
        for name, text in pages.items():
            for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"):
                assert f"\n.SH {section}\n" in text, name
        for name, options in self.helps.items():
            shown = re.findall(r"(?m)^\.TP\n(?:.*, )?\\fB--([a-z-]+)", pages[name])
            assert set(shown) == options, name
            program = name.replace("hogwild-", "hogwild ", 1)
            assert f"{program} " in pages[name].split(".SH EXAMPLES")[1]
        assert "(default: lock-free)" in pages["hogwild-train"]
        for name in COMMANDS:
            assert f"hogwild-{name}" in pages["hogwild"]

    def test_man_pages_are_sound(self):
        if shutil.which("man") is None or shutil.which("groff") is None:
            pytest.skip("no man or groff")
        for path in sorted((self.shared / "man1").iterdir()):
            outcome = self.check(command.run(
                ["man", "--warnings=w", "-E", "UTF-8", "-l", path],
                env={**os.environ, "MANPAGER": "cat", "MANWIDTH": "80"}))
            assert outcome.err == "", path.name

    def test_bash(self):
        script = self.shared / "bash/hogwild"
        offered = bash_completes(script, "hogwild", "")
        assert set(offered) == {*COMMANDS, "help", "--help", "--version"}
        assert bash_completes(script, "hogwild", "help", "tr") == ["train"]
        for name in COMMANDS:
            offered = bash_completes(script, "hogwild", name, "--")
            assert set(offered) == {f"--{option}" for option in self.helps[f"hogwild-{name}"]}
        for name in TOOLS:
            offered = bash_completes(self.shared / "bash" / name, name, "--")
            assert set(offered) == {f"--{option}" for option in self.helps[name]}

    @pytest.mark.parametrize("words, offered", (
        (("--strategy", "lock"), {"lock-free", "locked"}),
        (("--loss", ""), {"hinge", "logistic", "modified-huber", "squared-hinge"}),
        (("--loss", "=", "l"), {"logistic"}),
        (("--loss", "=", "h"), {"hinge"}),
        (("--seed", ""), set())))
    def test_bash_offers_values(self, words, offered):
        script = self.shared / "bash/hogwild"
        assert set(bash_completes(script, "hogwild", "train", *words)) == offered

    def test_bash_offers_files_and_folders(self):
        (self.dir / "my data.h5").touch()
        (self.dir / "my folder").mkdir()
        for words, offered in ((("hogwild", "train", "--train", "my"), "my data.h5 my folder"),
                               (("hogwild", "train", "--stage", "my"), "my folder"),
                               (("hdf5_inspect", "my d"), "my data.h5")):
            script = self.shared / "bash" / words[0]
            assert bash_completes(script, *words, cwd=self.dir) == offered.split(), words

    def test_zsh(self):
        arms = re.split(r"(?m)^  ([a-z-]+)\)$", (self.shared / "zsh/_hogwild").read_text())
        texts = {f"hogwild-{name}": text for name, text in zip(arms[1::2], arms[2::2])}
        texts.update({name: (self.shared / f"zsh/_{name}").read_text() for name in TOOLS})
        assert set(texts) == set(self.helps)
        for name, text in texts.items():
            assert set(re.findall(r"(?m)^ +'\*?--([a-z-]+)", text)) == self.helps[name], name
        if shutil.which("zsh") is not None:
            for path in (self.shared / "zsh").iterdir():
                self.check(command.run(["zsh", "-n", path]))

    def test_a_folder_that_cannot_be(self):
        (self.dir / "file").touch()
        self.check_refused(command.run([command.BIN / "hdf5_inspect", "--reference",
                                        self.dir / "file"]), 73, "hdf5_inspect", "file")
