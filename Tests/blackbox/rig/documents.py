"""README.md and docs/, and the command lines in them."""

import re
import textwrap
from typing import NamedTuple

import yaml

from rig.gate import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
TEXTS = {str(page.relative_to(REPOSITORY)): page.read_text() for page in PAGES}

FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`]+)`")
SHELLS = ("sh", "console")
#: What begins a command in a sentence: a name with words behind it. A configuration's keys have a colon.
PROGRAM = re.compile(r"[a-z][a-z0-9._-]*(?= )")


class Command(NamedTuple):
    """What a page tells to type: a line, or the lines of a block."""

    page: str
    text: str

    @property
    def lines(self) -> list:
        """Without the comments behind them."""
        return [re.sub(r"  +# .*", "", line) for line in self.text.split("\n")]

    @property
    def programs(self) -> set:
        """What its lines begin with; `=` stands for a variable that is set."""
        words = [line.split()[0] for line in self.lines if not line.startswith(" ")]
        return {"=" if re.match(r"\w+=", word) else word for word in words}


def without_fences(text) -> str:
    return FENCE.sub("", text)


def indented_blocks(text) -> list:
    """Those outside fences, after an empty line, a heading or the beginning, without their indentation."""
    blocks, lines = [], without_fences(text).split("\n")
    block, follows = [], True
    for line in [*lines, ""]:
        if line.startswith("    ") and line.strip() and (block or follows):
            block.append(line)
        elif block:
            blocks.append(textwrap.dedent("\n".join(block)) + "\n")
            block = []
        follows = not line.strip() or line.startswith("#")
    return blocks


def typed(block) -> list:
    """What somebody types of a block: the lines behind `$ `, or all of it. Continued lines are one."""
    joined = re.sub(r"\\\n\s*", "", block)
    prompted = re.findall(r"^\$ (.*)$", joined, re.MULTILINE)
    return prompted or [joined.strip()]


def is_mapping(block) -> bool:
    """YAML, or a field of HTTP."""
    if re.match(r"[A-Z][A-Za-z-]+: ", block):
        return True
    try:
        return isinstance(yaml.safe_load(block), dict)
    except yaml.YAMLError:
        return False


def commands() -> list:
    """All that looks like one, `anteroom`'s own included; each once a page."""
    found = []
    for page, text in TEXTS.items():
        for language, block in FENCE.findall(text):
            if language in SHELLS:
                found += [Command(page, line) for line in typed(block)]
        for block in indented_blocks(text):
            if not is_mapping(block):
                found += [Command(page, line) for line in typed(block)]
        prose = "\n".join(line for line in without_fences(text).split("\n") if not line.startswith("    "))
        for span in INLINE.findall(prose):
            line = " ".join(span.split())
            if PROGRAM.match(line):
                found.append(Command(page, line))
    return sorted(set(found))


def plain_fences() -> list:
    """Of no language: pictures and what programs say."""
    return [Command(page, block) for page, text in TEXTS.items() for name, block in FENCE.findall(text) if not name]
