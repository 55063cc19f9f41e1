"""jobs/quickstart.sh: which training it composes, what it refuses, installed scripts; the stamps of
what it makes."""
import os
import shutil
import sys

import pytest

import command

sys.path.append(str(command.SOURCE / "jobs"))
import prepare  # noqa: E402
import quickstart  # noqa: E402

pytestmark = [pytest.mark.mpi]
WITHOUT_PACKAGES = {**os.environ, "HOGWILD_SKIP_PACKAGES": "1"}


def options_of(*words):
    """Those of hogwild train, by name."""
    line = quickstart.train_command(quickstart.parse(list(words)))
    pairs = [word.split("=", 1) if "=" in word else [word, value]
             for word, value in zip(line[5:], line[6:] + [""]) if word.startswith("--")]
    assert len({name for name, _ in pairs}) == len(pairs), f"an option comes twice: {line}"
    return dict(pairs)


class TestTraining:
    def test_paper_like_defaults(self):
        options = options_of()
        assert options["--category"] == "CCAT"
        assert (options["--strategy"], options["--iterations"]) == ("lock-free", "400")
        assert options["--model"].endswith("data/synthetic/model.h5")

    @pytest.mark.parametrize("given", (["--epochs", "3"], ["--epochs=3"]))
    def test_epochs_replace_iterations(self, given):
        options = options_of("--", *given)
        assert options["--epochs"] == "3"
        assert "--iterations" not in options

    def test_a_configuration_file_settles_what_it_names(self, folder):
        (folder / "run.ini").write_text("strategy = locked\n category = ECAT\n")
        options = options_of("--", "--config", str(folder / "run.ini"))
        assert not {"--category", "--strategy", "--iterations"} & set(options)


class TestScript(command.Case):
    @pytest.mark.parametrize("code, says, words", (
        (2, "--ranks", ("--ranks", "0")),
        (2, "unrecognized arguments: --fast", ("--fast",)),
        (66, "fetch_rcv1.sh", ("--rcv1", "/nowhere"))))
    def test_refused(self, code, says, words):
        script = command.SOURCE / "jobs/quickstart.sh"
        outcome = command.run(["bash", script, *words], env=WITHOUT_PACKAGES)
        self.check_refused(outcome, code, "quickstart", says)

    def test_installed_scripts_use_the_programs_of_their_prefix(self):
        jobs = self.dir / "share/hogwild/jobs"
        shutil.copytree(command.SOURCE / "jobs", jobs)
        (self.dir / "bin").symlink_to(command.BIN)
        (self.dir / "home").mkdir()
        outcome = self.check(command.run(
            ["bash", jobs / "quickstart.sh", "--ranks", "2", "--", "--iterations", "10"],
            env=WITHOUT_PACKAGES, cwd=self.dir / "home", timeout=120))
        assert "VALID" in outcome.out
        assert (self.dir / "home/data/synthetic/model.h5").exists()


class TestStamp:
    def test_tells_when_a_file_has_changed(self, folder):
        source, product = folder / "source", folder / "product"
        source.write_text("a")
        product.write_text("b")
        stamp = prepare.Stamp(folder, "product", source, product)
        assert not stamp.holds()
        stamp.write()
        assert stamp.holds()
        source.write_text("aa")
        assert not stamp.holds()
        stamp.write()
        product.unlink()
        assert not stamp.holds()
