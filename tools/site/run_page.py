#!/usr/bin/python3
"""Run the code blocks of a Markdown page in an empty directory, in order, and compare what they say with the page.

$FLOCKCAST is the program (default: build/release/flockcast). Exit status 1 where something does not hold.
"""
import argparse
import contextlib
import difflib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import blocks
import recordings

ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
QUANTITY = re.compile(rf"({NUMBER.pattern})(?=( (?:s|ms|us|min|kB|MB|GB)\b)?)")


class Mismatch(Exception):
    pass


def numbers_agree(shown, found, vary, is_measured):
    """Integers exactly, decimals to 2 % or one unit of the last place shown; times and sizes are the machine's."""
    if vary or is_measured:
        return True
    if not re.search(r"[.e]", shown + found):
        return shown == found
    places = len(shown.partition(".")[2].partition("e")[0])
    return abs(float(shown) - float(found)) <= max(0.02 * abs(float(shown)), 1.01 * 10.0**-places)


def line_agrees(shown, found, vary):
    """`...` stands for any text."""
    pattern, numbers, end = "", [], 0
    shown = re.sub(r"\s+", " ", shown.strip())
    for match in re.finditer(rf"\.\.\.|{QUANTITY.pattern}", shown):
        pattern += re.escape(shown[end : match.start()])
        if match[0] == "...":
            pattern += ".*?"
        else:
            pattern += f"({NUMBER.pattern})"
            numbers.append((match[1], bool(match[2])))
        end = match.end()
    match = re.fullmatch(pattern + re.escape(shown[end:]), re.sub(r"\s+", " ", found.strip()))
    return bool(match) and all(
        numbers_agree(number, other, vary, measured) for (number, measured), other in zip(numbers, match.groups())
    )


def output_agrees(shown, found, vary):
    """A line `...` stands for any lines, also none."""
    if not shown:
        return not found
    if shown[0].strip() == "...":
        return output_agrees(shown[1:], found, vary) or bool(found) and output_agrees(shown, found[1:], vary)
    return bool(found) and line_agrees(shown[0], found[0], vary) and output_agrees(shown[1:], found[1:], vary)


def compare(shown, found, vary):
    """Empty lines do not count, nor what only a slow machine says: how far a stage is."""
    progress = re.compile(r".*: \d+ of \d+ after \d+ s")
    found = [line for line in found.splitlines() if line.strip() and not progress.fullmatch(line)]
    shown = [line for line in shown if line.strip()]
    if not output_agrees(shown, found, vary):
        raise Mismatch("\n".join(difflib.unified_diff(shown, found, "shown", "found", lineterm="")))


class Page:
    """The state of a page: its directory and the names its Python cells have made."""

    def __init__(self, directory, programs):
        """programs: the folder that comes first in PATH."""
        self.directory = pathlib.Path(directory)
        self.names = {"__name__": "__main__"}
        self.output = ""  # of the last Python cell
        self.environment = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", COLUMNS="120")

    def shell(self, command, status, after_queue=False):
        """What a command says; after_queue: every command waits until the queue of Slurm is empty."""
        if after_queue:
            command = f"trap 'while [ -n \"$(squeue -h)\" ]; do sleep 0.2; done' DEBUG\n{command}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode != status:
            raise Mismatch(f"{command}\nexit status {done.returncode}, expected {status}:\n{done.stdout}")
        return done.stdout

    def python(self, block):
        """Returns what the cell printed; pictures stay open in Matplotlib."""
        said, before = io.StringIO(), os.getcwd()
        os.chdir(self.directory)
        try:
            with contextlib.redirect_stdout(said):
                exec(compile("\n" * block.line + block.text, "cell", "exec"), self.names)
        except Exception as error:
            raise Mismatch(f"{block.text}\n{type(error).__name__}: {error}") from error
        finally:
            os.chdir(before)
        self.output = said.getvalue()
        return self.output

    def run(self, block):
        if block.needs == "recordings":
            recordings.write(self.directory)
        if block.language == "sh":
            self.shell(block.text, block.exit, block.needs == "slurm")
        elif block.language == "console":
            list_of = blocks.commands(block)
            for i, (command, shown) in enumerate(list_of):
                found = self.shell(command, block.exit if i == len(list_of) - 1 else 0, block.needs == "slurm")
                if shown:
                    compare(shown, found, block.vary)
        elif block.language == "python":
            self.python(block)
        elif block.language == "output":
            compare(block.text.splitlines(), self.output, block.vary)
        elif block.file:
            (self.directory / block.file).write_text(block.text)
        if block.language == "yaml":
            self.shell(
                f"cat > .page.yml <<'END'\n{block.text}END\nflockcast config --config .page.yml; rm .page.yml", 0
            )


def program_of(environment=os.environ):
    return pathlib.Path(environment.get("FLOCKCAST", ROOT / "build/release/flockcast")).resolve()


def undocumented(spans, help_of):
    """Commands, options and targets of make that a page speaks of and nobody knows."""
    for span in spans:
        for command, rest in re.findall(r"(?:^(?:\$ )?|[;|(&] *)flockcast ([a-z]+)([^;|)&#]*)", span):
            known = help_of(command)
            if known is None:
                yield f"flockcast {command}: no such command"
                continue
            for option in re.findall(r"(?<!\S)--([a-z][\w-]*)", rest):
                if not re.search(rf"--{option.replace('-', '_')}\b", known):
                    yield f"flockcast {command} --{option}: no such option"
        for target in re.findall(r"^make ([a-z][\w-]*)", span):
            if not re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.M):
                yield f"make {target}: no such target"


def spans_of(parts):
    for part in parts:
        if isinstance(part, str):
            yield from re.findall(r"`([^`\n]+)`", part)
        elif part.language in ("sh", "console"):
            yield from re.sub(r"\\\n\s*(> )?", " ", part.text).splitlines()


def helps(program):
    cache = {}

    def help_of(command):
        if command not in cache:
            done = subprocess.run([program, command, "--help"], capture_output=True, text=True)
            cache[command] = done.stdout if done.returncode == 0 else None
        return cache[command]

    return help_of


def is_wanted(block, given):
    if given.only:
        return block.needs == given.only
    return not block.reason() or given.slurm and block.needs == "slurm"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("page", type=pathlib.Path)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--slurm", action="store_true", help="run the blocks that need a Slurm too")
    which.add_argument(
        "--only", choices=blocks.NEEDS, help="run the blocks that need this, and what is in ~/.local/bin"
    )
    parser.add_argument("--directory", type=pathlib.Path, help="the directory to run in (default: a new one)")
    given = parser.parse_args()
    os.environ.setdefault("MPLBACKEND", "Agg")
    program = program_of()
    parts = blocks.split(given.page.read_text())
    problems = [f"{given.page.name}: {problem}" for problem in undocumented(spans_of(parts), helps(program))]
    n_run, left_out = 0, []
    with tempfile.TemporaryDirectory(prefix="page-") as directory:
        programs = pathlib.Path.home() / ".local/bin" if given.only else program.parent
        page = Page(given.directory or directory, programs)
        for block in (part for part in parts if isinstance(part, blocks.Block)):
            if not is_wanted(block, given):
                if block.reason() and not given.only:
                    left_out.append(f"{given.page.name}:{block.line}: {block.reason()}")
                continue
            try:
                page.run(block)
                n_run += block.language in blocks.RUN
            except Mismatch as error:
                problems.append(f"{given.page.name}:{block.line}: {error}")
                break  # what follows builds on it
    if given.only and not n_run and not problems:
        problems.append(f"{given.page.name}: no block needs {given.only}")
    for line in [f"not run: {line}" for line in left_out] + problems:
        print(line)
    print(f"{given.page.name}: {n_run} blocks run, {len(left_out)} not run, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
