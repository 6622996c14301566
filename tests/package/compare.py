#!/usr/bin/env python3
"""compare.py main.c OUTPUT: does an example print what its opening comment says?

The lines of the comment that are indented like code, as many as were printed: equal words, and numbers within a
few units of their last digit, or within their errors where they have one ("0.48 +- 0.01").
"""
import re
import sys

NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"


def parts(line):
    """The words of a line, and its numbers as (value, tolerance)."""
    numbers = []
    for value, error in re.findall(rf"({NUMBER})(?:\s*\+-\s*({NUMBER}))?", line):
        unit = 10.0 ** -len(value.partition(".")[2]) if "." in value else 0.0
        numbers.append((float(value), 5.0 * float(error) + unit if error else 3.0 * unit))
    return re.sub(NUMBER, "#", line).split(), numbers


comment = open(sys.argv[1]).read().partition("*/")[0]
expected = [line[7:] for line in comment.splitlines() if line.startswith(" *     ")]
printed = open(sys.argv[2]).read().splitlines()
wrong = [f"expected at least 4 lines, found {len(printed)}"] if len(printed) < 4 else []
for want, found in zip(expected, printed):
    words, numbers = parts(want)
    found_words, found_numbers = parts(found)
    near = [abs(a - b) <= tolerance for (a, tolerance), (b, _) in zip(numbers, found_numbers)]
    if words != found_words or len(numbers) != len(found_numbers) or not all(near):
        wrong.append(f"expected: {want}\n   found: {found}")
print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
