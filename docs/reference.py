#!/usr/bin/env python3
"""The reference of the `package` API: DocC pages of every target, from a debug build, with the toolchain's own tools.

`make docs` builds them into .build-docs. A warning of DocC is an error, and so is a type that its target's catalogue
(Sources/<target>/<target>.docc) leaves out.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import shutil
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
SOURCES = REPOSITORY / "Sources"
#: Programs; what they are made of is in the targets.
PROGRAMS = {"anteroom", "DemoShop"}


def targets() -> list:
    """Those of Swift. Libraries of the system have a module map."""
    folders = (folder for folder in SOURCES.iterdir() if folder.is_dir() and not (folder / "module.modulemap").exists())
    return sorted(folder.name for folder in folders if folder.name not in PROGRAMS)


class Complaint(Exception):
    """What a tool finds fault with."""


def run(*command) -> None:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise Complaint(done.stdout + done.stderr)


class Toolchain:
    """What stands beside the compiler; and what a module needs to be read."""

    def __init__(self, build):
        swift = shutil.which("swift")
        if not swift:
            sys.exit("swift is not on the PATH")
        self.folder = pathlib.Path(swift).resolve().parent
        information = json.loads(subprocess.run([swift, "-print-target-info"], capture_output=True, text=True).stdout)
        self.triple = information["target"]["triple"]
        self.modules = build / "Modules"
        # C modules: those that SwiftPM wrote a map for, and those that came with one.
        checkouts = (REPOSITORY / ".build/checkouts").glob("*/Sources/*/**/module.modulemap")
        maps = [*build.glob("*.build/module.modulemap"), *SOURCES.glob("*/module.modulemap"), *checkouts]
        self.includes = [f"-I{folder}" for folder in sorted({file.parent for file in maps})]

    def symbols(self, target, folder):
        """What the target declares for others, as JSON."""
        run(
            self.folder / "swift-symbolgraph-extract",
            *("-module-name", target, "-target", self.triple, "-sdk", "/", "-minimum-access-level", "package"),
            *("-I", self.modules, *self.includes, "-Xcc", "-D_GNU_SOURCE"),
            *("-skip-synthesized-members", "-skip-inherited-docs", "-output-dir", folder),
        )

    def convert(self, target, symbols, archive):
        run(
            *(self.folder / "docc", "convert", SOURCES / target / f"{target}.docc"),
            *("--additional-symbol-graph-dir", symbols, "--output-path", archive, "--warnings-as-errors"),
            *("--fallback-display-name", target, "--fallback-bundle-identifier", f"anteroom.{target}"),
            *("--fallback-default-module-kind", "Target"),
        )

    def merge(self, archives, output):
        run(
            *(self.folder / "docc", "merge", *archives, "--output-path", output),
            *("--synthesized-landing-page-name", "Anteroom", "--synthesized-landing-page-topics-style", "list"),
        )


def types(symbols, target) -> set:
    """The target's own, those inside others left out."""
    graph = json.loads((symbols / f"{target}.symbols.json").read_text())
    return {symbol["pathComponents"][0] for symbol in graph["symbols"] if len(symbol["pathComponents"]) == 1}


def grouped(target) -> list:
    """What the topics of its catalogue name."""
    text = (SOURCES / target / f"{target}.docc/{target}.md").read_text()
    return re.findall(r"^- ``(\w+)``$", text, re.MULTILINE)


def left_out(symbols, target) -> str:
    names = grouped(target)
    missing = sorted(types(symbols, target) - set(names))
    twice = sorted({name for name in names if names.count(name) > 1})
    return "".join(
        f"{target}.docc {what}: {', '.join(names)}\n"
        for what, names in (("leaves out", missing), ("has twice", twice))
        if names
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=REPOSITORY / ".build/debug", help="of `swift build`")
    parser.add_argument("--output", type=pathlib.Path, default=REPOSITORY / ".build-docs")
    parser.add_argument("--only", action="append", metavar="TARGET", help="may be repeated; nothing is merged then")
    arguments = parser.parse_args()
    toolchain = Toolchain(arguments.build)
    output = arguments.output
    shutil.rmtree(output, ignore_errors=True)

    def document(target):
        symbols, archive = output / "symbols" / target, output / "targets" / f"{target}.doccarchive"
        symbols.mkdir(parents=True)
        archive.parent.mkdir(parents=True, exist_ok=True)
        try:
            toolchain.symbols(target, symbols)
            toolchain.convert(target, symbols, archive)
        except Complaint as complaint:
            return archive, f"{target}: {complaint}\n"
        return archive, left_out(symbols, target)

    # docc waits more than it computes.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(document, arguments.only or targets()))
    problems = "".join(problem for _, problem in made)
    if problems:
        sys.exit(problems)
    if not arguments.only:
        toolchain.merge([archive for archive, _ in made], output / "anteroom.doccarchive")
    print(f"{len(made)} targets documented in {output}")


if __name__ == "__main__":
    main()
