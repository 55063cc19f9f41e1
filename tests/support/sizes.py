#!/usr/bin/env python3
"""No file, class or function is longer than a reader can keep in mind (CONTRIBUTING.md)."""
import ast
import os
import re
import sys
from typing import NamedTuple

MOST = {"file": 400, "class": 250, "function": 60}  # lines

CODE = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)")
      | (?P<text>"(?:\\.|[^"\\\n])*")
      | (?P<letter>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')
      | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)""", re.S | re.M | re.X)


class Part(NamedTuple):
    kind: str  # a key of MOST
    name: str
    lines: int


def blank(match):
    """Nothing but the line ends, which are counted, and quotes in place of a text."""
    ends = "\n" * match[0].count("\n")
    return '""' + ends if match["text"] or match["raw"] or match["letter"] else ends


def kind_of(head, outside):
    """What a brace opens.
    @param head     the code between it and the statement before
    @param outside  what it is in"""
    if re.search(r"\bnamespace\b|^\s*extern\s*\"\"", head):
        return "namespace"
    if outside == "function":
        return "block"
    flat = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", " ", head)
    flat = re.sub(r"^\s*template\s*<.*?>\s*(?=(class|struct|union)\b)", "", flat, flags=re.S)
    if re.match(r"\s*(class|struct|union)\b(?![^{]*\))", flat):
        return "class"
    if re.search(r"\)\s*:[^:].*\w\s*$", flat, re.S):
        return "block"  # a constructor's initializer, m_{1}
    if re.search(r"\)[^=]*$", flat) and not re.match(r"\s*(enum|concept)\b", flat):
        return "function"
    return "block"


def name_of(kind, head):
    if kind == "class":
        found = re.findall(r"\b(?:class|struct|union)\s+(?:\[\[.*?\]\]\s*)?([\w:]+)", head)
        return found[-1] if found else "(no name)"
    found = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", head)
    return found[1] if found else "(no name)"


def cpp_parts(text):
    """Classes and functions; a function in a class counts for both, a lambda for its function."""
    code = CODE.sub(blank, text)
    opened = []  # of every brace that is open: kind, name, first line
    begin = 0    # of the statement
    for mark in re.finditer(r"[{};]|\b(?:public|private|protected)\s*:", code):
        at = mark.start()
        if mark[0] == "{":
            head = code[begin:at]
            kind = kind_of(head, opened[-1][0] if opened else "namespace")
            first = begin + len(head) - len(head.lstrip())
            in_function = opened and opened[-1][0] == "function"
            inside = "function" if kind == "block" and in_function else kind
            opened.append((inside, kind, name_of(kind, head), first))
        elif mark[0] == "}" and opened:
            inside, kind, name, first = opened.pop()
            if kind in MOST:
                yield Part(kind, name, code.count("\n", first, at) + 1)
            if inside == "block":  # of a declaration that goes on
                begin = first
                continue
        begin = mark.end()


def python_parts(text):
    for node in ast.walk(ast.parse(text)):
        kind = {ast.ClassDef: "class", ast.FunctionDef: "function"}.get(type(node))
        if kind:
            yield Part(kind, node.name, node.end_lineno - node.lineno + 1)


def shell_parts(text):
    """Functions of which the closing brace stands where the name does, as shfmt writes them."""
    for found in re.finditer(r"^([ \t]*)(\w+)\(\) *\{.*?^\1\}", text, re.S | re.M):
        yield Part("function", found[2], found[0].count("\n") + 1)


READERS = {".cpp": cpp_parts, ".hpp": cpp_parts, ".py": python_parts, ".sh": shell_parts,
           ".sbatch": shell_parts}


def parts_of(path, text):
    """The file, and what is in it."""
    yield Part("file", "", text.count("\n"))
    yield from READERS[os.path.splitext(path)[1]](text)


def too_long(path, text):
    for part in parts_of(path, text):
        if part.lines > MOST[part.kind]:
            yield f"{path}: {part.name}" if part.name else path, part


def main():
    os.chdir(os.environ.get("HOGWILD_SOURCE", os.path.join(os.path.dirname(__file__), "../..")))
    paths = sorted(os.path.join(folder, name)
                   for top in ("src", "include", "hdf5_tools", "jobs")
                   for folder, _, names in os.walk(top) for name in names
                   if os.path.splitext(name)[1] in READERS)
    if len(paths) < 100:
        sys.exit(f"only {len(paths)} files found: is this the source folder?")
    failed = False
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for where, part in too_long(path, text):
            failed = True
            print(f"{where}: a {part.kind} of {part.lines} lines; cut it, "
                  f"{MOST[part.kind]} at most")
    sys.exit(failed)


if __name__ == "__main__":
    main()
