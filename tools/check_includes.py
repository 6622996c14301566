#!/usr/bin/env python3
"""The ladder of src/ as a fact: a stage includes only what comes before it, and never io, cluster or cli."""
import pathlib
import re
import sys

STAGES = ["base", "linalg", "simulate", "density", "reduce", "learn", "forecast", "evaluate", "render"]
MAY_INCLUDE = {stage: set(STAGES[: i + 1]) for i, stage in enumerate(STAGES)}
MAY_INCLUDE["io"] = set(STAGES) - {"render"} | {"io"}
MAY_INCLUDE["cluster"] = MAY_INCLUDE["io"] | {"cluster"}
MAY_INCLUDE["cli"] = MAY_INCLUDE["cluster"] | {"render", "cli"}
# Only linalg/ may know BLAS, only video.c libav, and only the edges files.
EDGES = {"io", "cluster", "cli"}
PRIVATE = {"linalg/lapack.h": {"linalg", "reduce"}, "libavcodec": {"render"}, "cairo.h": {"render"}, "zip.h": {"io"}, "yaml.h": {"io"},
           "flockcast/npz.h": EDGES, "flockcast/files.h": EDGES, "flockcast/flockcast.h": set()}

source = pathlib.Path(__file__).resolve().parent.parent / "src"
wrong = []
for path in sorted(source.rglob("*.[ch]")):
    folder = path.parent.name
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        found = re.match(r'#include ["<]([^">]+)[">]', line)
        if not found:
            continue
        name = found.group(1)
        head = name.split("/")[0]
        if head in MAY_INCLUDE and head not in MAY_INCLUDE[folder]:
            wrong.append(f"{path.relative_to(source)}:{number}: {folder} must not include {head}")
        for private, folders in PRIVATE.items():
            if name.startswith(private) and folder not in folders:
                wrong.append(f"{path.relative_to(source)}:{number}: {private} belongs to {', '.join(sorted(folders))}")
print("\n".join(wrong), end="\n" if wrong else "")
sys.exit(1 if wrong else 0)
