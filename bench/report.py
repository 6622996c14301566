#!/usr/bin/env python3
"""results.csv as an aligned table, or as the Markdown tables of docs/performance.md, between its markers:
report.py [RESULTS.csv] [--docs docs/performance.md]"""
import csv
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build/bench/results.csv"
COLUMNS = "problem,parameters,threads,tool,unit,n_runs,best,median"
BEGIN, END = "<!-- results: written by bench/report.py -->", "<!-- end of results -->"
OURS = ("flockcast", "machine")


def read(path):
    """Facts about the machine, and one dict for every line of results."""
    lines = pathlib.Path(path).read_text().splitlines()
    facts = [line[2:] for line in lines if line.startswith("# ")]
    return facts, list(csv.DictReader(line for line in lines if not line.startswith("#")))


def number(text):
    value = float(text)
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}" if value >= 0.1 else f"{value:.2g}"


def ratio(ours, other):
    """How many times better ours is."""
    quotient = float(other["best"]) / float(ours["best"])
    return number(1 / quotient if ours["unit"].endswith("/s") else quotient)


def comparisons(rows):
    """Each of our lines beside every equivalent of the same problem."""
    out = [("problem", "parameters", "unit", "threads", "best", "median", "beside", "threads", "best", "median", "times better")]
    for ours in rows:
        if ours["tool"] not in OURS or is_scaling(ours):
            continue
        mine = [ours[name] for name in ("problem", "parameters", "unit", "threads")] + [number(ours["best"]), number(ours["median"])]
        others = [row for row in rows if row["tool"] not in OURS and (row["problem"], row["parameters"]) == (ours["problem"], ours["parameters"])]
        out += [tuple(mine + [row["tool"], row["threads"], number(row["best"]), number(row["median"]), ratio(ours, row)]) for row in others]
        if not others:
            out.append(tuple(mine + [""] * 5))
    return out


def is_scaling(row):
    return row["problem"].startswith("scaling: ")


def exponents(rows):
    """Least squares through the logarithms of size and best time, one line for each series."""
    series = {}
    for row in filter(is_scaling, rows):
        name, size = row["parameters"].split("=")
        series.setdefault((row["problem"].removeprefix("scaling: "), name), []).append((float(size), float(row["best"])))
    out = [("cost of", "against", "from", "to", "ms", "exponent")]
    for (problem, name), points in series.items():
        x, y = [math.log(size) for size, _ in points], [math.log(cost) for _, cost in points]
        mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
        slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
        costs = ", ".join(number(cost) for _, cost in points)
        out.append((problem, name, f"{points[0][0]:,.0f}", f"{points[-1][0]:,.0f}", costs, f"{slope:.2f}"))
    return out


def aligned(table):
    widths = [max(map(len, column)) for column in zip(*table)]
    left = [not any(cell[:1].isdigit() for cell in column[1:]) or column[0] == "parameters" for column in zip(*table)]
    return "\n".join("  ".join(cell.ljust(width) if is_left else cell.rjust(width) for cell, width, is_left in zip(line, widths, left)).rstrip()
                     for line in table)


def markdown(table):
    head, *lines = ["| " + " | ".join(line) + " |" for line in table]
    return "\n".join([head, "|" + "---|" * len(table[0]), *lines])


def text(path):
    facts, rows = read(path)
    parts = ["\n".join(facts)] + [aligned(table) for table in (comparisons(rows), exponents(rows)) if len(table) > 1]
    return "\n\n".join(parts)


def rewrite(docs, path):
    facts, rows = read(path)
    parts = ["\n".join(f"- {fact}" for fact in facts)] + [markdown(table) for table in (comparisons(rows), exponents(rows)) if len(table) > 1]
    before, rest = pathlib.Path(docs).read_text().split(BEGIN)
    after = rest.split(END)[1]
    pathlib.Path(docs).write_text(before + BEGIN + "\n\n" + "\n\n".join(parts) + "\n\n" + END + after)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    target = arguments.index("--docs") if "--docs" in arguments else None
    docs = arguments[target + 1] if target is not None else None
    paths = [a for i, a in enumerate(arguments) if target is None or i not in (target, target + 1)]
    source = paths[0] if paths else RESULTS
    if docs:
        rewrite(docs, source)
    else:
        print(text(source))
