"""What all Python tests share: the helpers of tests/support and jobs/lib, folders of their own, and
exit code 77 where all were skipped."""
import contextlib
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.dont_write_bytecode = True
TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS / "support"), str(TESTS.parent / "jobs/lib")]


@contextlib.contextmanager
def scratch_folder():
    folder = Path(tempfile.mkdtemp(prefix="hogwild-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True, scope="class")
def _class_folder(request):
    """`shared` of a command.Case, there before its setup_class."""
    if not hasattr(request.cls, "at_class_end"):
        yield
        return
    with (
        scratch_folder() as request.cls.shared,
        contextlib.ExitStack() as request.cls._at_class_end,
    ):
        yield


@pytest.fixture(autouse=True)
def _test_folder(request, subtests):
    """`dir` and `subtests` of a command.Case, there before its setup_method."""
    if not hasattr(request.instance, "at_end"):
        yield
        return
    request.instance.subtests = subtests
    with (
        scratch_folder() as request.instance.dir,
        contextlib.ExitStack() as request.instance._at_end,
    ):
        yield


@pytest.fixture
def folder():
    """A folder of the test's own, for tests that belong to no command.Case."""
    with scratch_folder() as path:
        yield path


def pytest_runtest_setup(item):
    import command  # not before sys.path is set
    if item.get_closest_marker("sample") and not (command.SAMPLE / "train_in_order.h5").exists():
        pytest.skip(f"there is no converted RCV1 sample in {command.SAMPLE}")


def pytest_sessionfinish(session, exitstatus):
    """77, ctest's code for "skipped", when every test was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        exitstatus == pytest.ExitCode.OK
        and reporter.stats.get("skipped")
        and not reporter.stats.get("passed")
    ):
        session.exitstatus = 77
