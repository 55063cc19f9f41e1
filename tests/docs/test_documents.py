"""The documents: links lead somewhere, the README stays short, commands and options exist."""
import re

import command

DOCUMENTS = sorted(command.SOURCE.glob("*.md")) + sorted((command.SOURCE / "docs").rglob("*.md"))


def anchor(title):
    """As GitHub makes it from a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def anchors(path):
    return {anchor(title) for title in re.findall(r"(?m)^#+ (.*)$", path.read_text())}


class TestDocuments(command.Case):
    def test_links_lead_somewhere(self):
        for document in DOCUMENTS:
            for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
                if re.match(r"[a-z]+:", link):
                    continue
                name, _, place = link.partition("#")
                target = document.parent / name if name else document
                with self.subtests.test(document=document.name, link=link):
                    assert target.exists(), target
                    if place:
                        assert place in anchors(target)

    def test_every_document_is_linked(self):
        linked = set()
        for document in DOCUMENTS:
            for link in re.findall(r"\]\(([^)#\s]+)", document.read_text()):
                if not re.match(r"[a-z]+:", link):
                    linked.add((document.parent / link).resolve())
        for document in DOCUMENTS:
            if document.name != "README.md":
                assert document.resolve() in linked

    def test_the_readme_is_short(self):
        assert len((command.SOURCE / "README.md").read_text().splitlines()) <= 200

    def test_scripts_that_are_named_exist(self):
        for document in DOCUMENTS:
            names = re.findall(
                r"\b((?:jobs|tests|src|include|hdf5_tools)/[\w./-]*\w)", document.read_text()
            )
            for name in names:
                with self.subtests.test(document=document.name, name=name):
                    assert (command.SOURCE / name).exists(), name

    def test_options_that_are_named_exist(self):
        """Those of the commands in the tables and examples of the documents."""
        commands = ("train", "sweep", "predict", "evaluate", "export", "bench", "bench-exchange")
        known = set()
        for name in commands:
            text = self.check(command.hogwild(None, name, "--help-all")).out
            known |= set(re.findall(r"--([a-z][a-z-]+)", text))
        call = rf"\bhogwild (?:{'|'.join(commands[:-1])})\b"
        for document in DOCUMENTS:
            for line in re.findall(rf"(?m)^.*{call}.*(?:\\\n.*)*", document.read_text()):
                told = re.split(call, line, maxsplit=1)[1]
                for option in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", told.split("`")[0]):
                    with self.subtests.test(document=document.name, option=option):
                        assert option in known | {"help", "version", "all"}
        table = (command.SOURCE / "docs/options.md").read_text()
        for option in re.findall(r"(?m)^\| `--([a-z-]+)`", table):
            assert option in known
