#!/usr/bin/env python3
"""What the field model recovers, where it fails and how it generalises: the tables of docs/field-model.md.

usage: field.py PROGRAM [--docs FILE] [--transport PROGRAM]
Runs in build/field, each line some runs of the program. --docs puts the tables between the markers of that file; without
it they are printed. --transport adds the table of flockcast_transport.
"""
import csv
import json
import math
import pathlib
import shutil
import statistics
import subprocess
import sys

WORK = pathlib.Path("build/field")
TYPES = ["uniform", "gaussian_cluster", "ring", "two_clusters"]
PROGRAM = None

# what is learned: R, v0, eta, N, training runs, other settings
RECOVERY = [
    (2.0, 1.0, 0.3, 40, 100, []),
    (1.0, 1.0, 1.0, 40, 100, []),
    (1.37, 1.0, 0.3, 40, 100, []),
    (3.0, 0.5, 0.6, 100, 40, ["sim.bc=reflecting"]),
    (1.0, 2.0, 2.0, 200, 20, ["sim.dt=0.05"]),
    (2.0, 1.0, 4.0, 100, 40, []),
    (0.5, 1.0, 0.3, 1000, 8, []),
    (0.3, 0.3, 0.3, 40, 100, []),
]
FORCES = [
    ("none", []),
    ("steering, mu 0.5", ["forces.enabled=true", "model.speed_mode=constant_with_forces"]),
    ("driving", ["forces.enabled=true", "model.speed_mode=variable"]),
]
# where it fails: one setting at a time, everything else being the default
LIMITS = (
    [(f"N = {n}", [f"sim.N={n}"]) for n in (5, 10, 20, 40, 100, 400)]
    + [(f"bandwidth {b}", [f"density.bandwidth={b}"]) for b in (1, 4)]
    + [(f"eta = {e}", [f"noise.eta={e}"]) for e in (1, 2, 3.5, 5)]
    + [(f"box {b} x {b}", [f"sim.Lx={b}", f"sim.Ly={b}"]) for b in (8, 30)]
    + [(f"R = {r}", [f"params.R={r}"]) for r in (0.5, 4)]
    + [("walls", ["sim.bc=reflecting"]), ("every third frame", ["sim.save_every=3", "sim.T=6.0"])]
)


def program(words):
    done = subprocess.run([str(PROGRAM), *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr}")


def sets(settings):
    return [word for setting in settings for word in ("--set", setting)]


def simulate(directory, mode, n, settings):
    program(["simulate", "--mode", mode, "--sim_id", f"0-{n - 1}", "--output_dir", str(directory), *sets(settings)])


def train(directory, settings):
    program(["train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *sets(settings)])
    with open(directory / "models/training_metadata.json") as file:
        return json.load(file)


def mean(path, column="r2"):
    if not path.exists():
        return math.nan
    with open(path) as file:
        return statistics.mean(float(row[column]) for row in csv.DictReader(file))


def evaluate(directory, settings, with_limit=True):
    """Scores of the test runs by the models that are there."""
    if with_limit:
        program(["limit", "--oscar_dir", str(directory), *sets(settings)])
    out = directory / "out"
    program(["local", "--oscar_dir", str(directory), "--output_dir", str(out)])
    return {
        "field": mean(out / "metrics_field.csv"),
        "chosen": mean(out / "metrics_selected.csv"),
        "persistence": mean(out / "metrics_all_runs.csv", "r2_persistence"),
        "state": mean(out / "metrics_field.csv", "r2_pod"),
        "limit": mean(out / "metrics_field.csv", "r2_limit"),
        "coverage": mean(out / "uncertainty_field.csv", "coverage_90"),
        "crps": mean(out / "uncertainty_field.csv", "crps"),
    }


def fresh(name):
    directory = WORK / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def signed(value):
    return "" if math.isnan(value) else f"{value:+.3f}"


def interval(estimate, digits):
    return " to ".join(f"{number:.{digits}f}" for number in estimate[1:])


def off(value, truth):
    return f"{100.0 * (value / truth - 1.0):+.2f} %"


def recovery_table():
    rows = []
    for radius, speed, eta, n_agents, n_runs, others in RECOVERY:
        directory = fresh("recovery")
        settings = [f"params.R={radius}", f"model.speed={speed}", f"noise.eta={eta}", f"sim.N={n_agents}", *others]
        simulate(directory / "training", "train", n_runs, settings)
        field = train(directory, ["rom.select=none"])["field"]
        order = math.exp(-eta * eta / 24.0)
        rows.append([f"R {radius}, v0 {speed}, eta {eta}, N {n_agents}{', walls' if others[:1] == ['sim.bc=reflecting'] else ''}",
                     f"{field['edge'][0]:.5f}", interval(field["edge"], 5), off(field["edge"][0], radius),
                     off(field["speed"][0], speed), f"{field['order'][0]:.5f}", interval(field["order"], 5), f"{order:.5f}"])
    return table(["simulation", "edge", "95 % interval", "off R", "speed off v0", "order", "95 % interval", "true"], rows)


def forces_table():
    rows = []
    for name, settings in FORCES:
        for n_agents in (40, 200):
            directory = fresh("forces")
            mine = [f"sim.N={n_agents}", *settings]
            simulate(directory / "training", "train", 60, mine)
            simulate(directory / "test", "test", 20, mine)
            field = train(directory, mine)["field"]
            scores = evaluate(directory, mine)
            rows.append([f"{name}, N {n_agents}", field["forces"], f"{field['edge'][0]:.3f}", signed(scores["field"]),
                         signed(scores["chosen"]), signed(scores["persistence"]), signed(scores["limit"])])
    return table(["forces", "found", "edge (R = 2)", "field model", "chosen", "persistence", "noise limit"], rows)


def limits_table():
    rows = []
    for name, settings in [("the defaults", [])] + LIMITS:
        directory = fresh("limits")
        simulate(directory / "training", "train", 100, settings)
        simulate(directory / "test", "test", 20, settings)
        report = train(directory, settings)
        if "field" not in report:
            rows.append([name, "no model is learned"] + [""] * 6)
            continue
        scores = evaluate(directory, settings)
        rows.append([name, signed(scores["field"]), signed(scores["chosen"]), signed(scores["persistence"]),
                     signed(scores["state"]), signed(scores["limit"]), f"{scores['coverage']:.2f}",
                     f"{report['field']['state_bandwidth']:.3f}"])
    return table(["", "field model", "chosen", "persistence", "projection limit", "noise limit", "90 % hold", "state, width"], rows)


def generalisation_table():
    rows = []
    for left_out in TYPES:
        directory = fresh("types")
        others = [kind for kind in TYPES if kind != left_out]
        simulate(directory / "training", "train", 99, [f"ensemble.ic_types=[{', '.join(others)}]"])
        simulate(directory / "test", "test", 20, [f"ensemble.ic_types=[{left_out}]"])
        train(directory, [])
        scores = evaluate(directory, [f"ensemble.ic_types=[{left_out}]"])
        rows.append([f"the three others, on {left_out.replace('_', ' ')}", signed(scores["field"]), signed(scores["chosen"]),
                     signed(scores["persistence"]), signed(scores["limit"])])
    for trained, tested in ((0.3, 2.0), (2.0, 2.0), (2.0, 0.3), (0.3, 0.3)):
        directory = fresh("noise")
        simulate(directory / "training", "train", 100, [f"noise.eta={trained}"])
        simulate(directory / "test", "test", 20, [f"noise.eta={tested}"])
        train(directory, [])
        scores = evaluate(directory, [f"noise.eta={tested}"])
        rows.append([f"eta {trained}, on eta {tested}", signed(scores["field"]), signed(scores["chosen"]),
                     signed(scores["persistence"]), signed(scores["limit"])])
    return table(["learned from", "field model", "chosen", "persistence", "noise limit"], rows)


def state_table():
    directory = fresh("state")
    simulate(directory / "training", "train", 100, [])
    train(directory, ["rom.select=none"])
    import numpy as np
    with np.load(directory / "models/field_model.npz") as model:
        rows = [[f"{width:.3f} ({width / (15.0 / 64.0):.2f} cells)", f"{r2:.4f} ± {error:.4f}"] for width, r2, error in
                zip(model["tried_bandwidth"], model["tried_r2"], model["tried_standard_error"])]
    return table(["width of the state", "r2 on training runs"], rows)


def put(path, marker, lines):
    text = path.read_text()
    begin, end = f"<!-- {marker} -->\n", f"<!-- end of {marker} -->"
    before, rest = text.split(begin)
    path.write_text(before + begin + "\n".join(lines) + "\n" + end + rest.split(end)[1])


def main():
    global PROGRAM
    words = sys.argv[1:]
    PROGRAM = pathlib.Path(words[0]).resolve()
    docs = pathlib.Path(words[words.index("--docs") + 1]) if "--docs" in words else None
    tables = {"recovery": recovery_table, "states": state_table, "forces": forces_table, "limits": limits_table,
              "generalisation": generalisation_table}
    if "--transport" in words:
        transport = words[words.index("--transport") + 1]
        tables["transport"] = lambda: subprocess.run([transport], capture_output=True, text=True, check=True).stdout.splitlines()
    for marker, make in tables.items():
        lines = make()
        if docs:
            put(docs, marker, lines)
        else:
            print("\n".join([f"\n{marker}", *lines]), flush=True)
    shutil.rmtree(WORK, ignore_errors=True)


main()
