"""Pages of reports: tables, and Markdown from templates (*.md.j2)."""
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tabulate import tabulate


def markdown_table(header, rows):
    """@param rows  lists of cells of any type."""
    escaped = [[str(cell).replace("|", "\\|") for cell in row] for row in [header, *rows]]
    return tabulate(escaped[1:], escaped[0], tablefmt="github", disable_numparse=True)


def plain_table(rows, alignment):
    """For a terminal. @param alignment  "left" or "right" for each column."""
    text = tabulate(rows, tablefmt="plain", colalign=alignment, disable_numparse=True)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def render(template, **values):
    """@param template  path. In it, `{{ header | table(rows) }}` is a table."""
    template = Path(template)
    environment = Environment(loader=FileSystemLoader(template.parent), trim_blocks=True,
                              lstrip_blocks=True, keep_trailing_newline=True,
                              undefined=StrictUndefined)
    environment.filters["table"] = markdown_table
    return environment.get_template(template.name).render(**values)
