"""What each command says of itself, and what it makes of mistyped words."""
import re

import pytest

import command

COMMANDS = ("train", "predict", "sweep", "bench", "bench-exchange")
TOOLS = ("rcv1_to_hdf5", "svmlight_to_hdf5", "hdf5_to_svmlight", "hdf5_inspect", "rcv1_synthesize")


class TestHelp(command.Case):
    def text(self, *words, ranks=None):
        outcome = self.check(command.hogwild(ranks, *words))
        assert outcome.err == ""
        return outcome.out

    def options(self, text):
        return re.findall(r"(?m)^ +(?:-\w \[ )?--([a-z-]+)", text)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_each_command_has_its_own(self, name):
        text = self.text(name, "--help")
        assert text.startswith(f"usage: mpirun -np P hogwild {name} "), text
        for other in set(COMMANDS) - {name, "train"}:
            assert f"hogwild {other} " not in text
        examples = text.split("Examples:")[1].split("Exit codes:")[0]
        assert examples.count(f"hogwild {name}") >= 2
        assert re.search(r"(?m)^  2 +wrong", text.split("Exit codes:")[1])
        assert self.text("help", name) == text
        assert self.text(name, "--quiet", "-h") == text
        assert self.text(name, "--help", ranks=2) == text

    def test_the_common_options_come_first(self):
        for name in ("train", "sweep"):
            few = self.options(self.text(name, "--help"))
            every = self.options(self.text(name, "--help-all"))
            assert "help-all" in few
            assert len(few) < 0.5 * len(every)
            assert set(few) - {"help-all"} - set(every) == set()
        assert "elastic-rate" in every, "a sweep takes train's options"

    def test_it_fits_into_80_columns(self):
        texts = {name: self.text(name, "--help-all") for name in COMMANDS}
        texts["hogwild"] = self.text("--help")
        texts.update({tool: self.check(command.tool(tool, "--help")).out for tool in TOOLS})
        for name, text in texts.items():
            for line in text.splitlines():
                assert len(line) <= 80, f"{name}: {line}"
                assert line == line.rstrip(), name
                described = re.match(r"( +--.*?\S) {2,}\S", line)
                if described:
                    assert described.end() - 1 < 30, f"{name}: {line}"

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

    def test_near_misses_are_suggested(self):
        for words, meant in ((("trian",), "did you mean train?"),
                             (("train", "--epoch", "3"), "did you mean --epochs?"),
                             (("train", "--strategy", "lockfree"), "did you mean lock-free?"),
                             (("sweep", "--lamda", "1"), "did you mean --lambda?"),
                             (("predict", "--modle", "m.h5"), "did you mean --model?"),
                             (("bench", "--lamda", "1"), "did you mean --lambda?")):
            with self.subtests.test(words=words):
                self.check_refused(command.hogwild(None, *words), 2, "hogwild", meant)
        self.check_refused(command.tool("hdf5_inspect", "--verfy", "x.h5"), 2, "hdf5_inspect",
                           "did you mean --verify?")
        outcome = command.hogwild(None, "train", "--nothing-like-it", "3")
        assert "did you mean" not in outcome.err
