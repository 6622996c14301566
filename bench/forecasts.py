#!/usr/bin/env python3
"""How good the forecasts are: the tables of docs/forecasting.md, each line a run of the program.

usage: forecasts.py PROGRAM [--full] [--regimes] [--docs FILE]
Runs in build/forecasts. --full adds 10,000 training runs (7 GB of disk, minutes); --regimes adds the table of the files
in configs/. --docs puts the tables between the markers of that file; without it they are printed.
"""
import csv
import json
import math
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

WORK = pathlib.Path("build/forecasts")
FAR_SEEDS = ["ensemble.train_seed=100000"]  # so that no test run is trained on, however many runs there are
NAMES = {"fourier": "Fourier", "pod": "POD", "aligned": "aligned"}
OPTIONS = [  # what each option gives, everything else being the default
    ("the choice of the program", []),
    ("`rom.basis=fourier rom.state=density`", ["rom.basis=fourier", "rom.state=density"]),
    ("`rom.basis=fourier rom.state=momentum`", ["rom.basis=fourier", "rom.state=momentum"]),
    ("`rom.basis=fourier rom.state=nematic`", ["rom.basis=fourier", "rom.state=nematic"]),
    ("`rom.basis=pod rom.state=density`", ["rom.basis=pod", "rom.state=density"]),
    ("`rom.basis=pod rom.state=momentum`", ["rom.basis=pod", "rom.state=momentum"]),
    ("`rom.lift=none`", ["rom.lift=none"]),
    ("`rom.lift=simplex`", ["rom.lift=simplex"]),
    ("`rom.stable=true`", ["rom.stable=true"]),
    ("`rom.transform=sqrt`", ["rom.transform=sqrt"]),
    ("`rom.align=shift`", ["rom.align=shift"]),
]


def sets(settings):
    return [word for setting in settings for word in ("--set", setting)]


def program(words):
    done = subprocess.run([str(PROGRAM), *words], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr.strip()}")
    return done


def mean(table, column):
    with open(table, newline="") as stream:
        return statistics.fmean(float(row[column]) for row in csv.DictReader(stream))


def result(data, out):
    report = json.load(open(data / "models/training_metadata.json"))
    chosen = report["selected"]
    state = ("density", "density, momentum", "density, momentum, nematic")[chosen["n_moments"]]
    field = mean(out / "metrics_field.csv", "r2") if (out / "metrics_field.csv").exists() else None
    return {"runs": report["N_train"], "field": field, "specified": mean(out / "metrics_all_runs.csv", "r2"),
            "chosen": mean(out / "metrics_selected.csv", "r2"), "persistence": mean(out / "metrics_selected.csv", "r2_persistence"),
            "projection_limit": mean(out / "metrics_selected.csv", "r2_pod"), "noise_limit": mean(out / "metrics_selected.csv", "r2_limit"),
            "skill_limit": mean(out / "metrics_selected.csv", "skill_limit"), "cv": chosen["cv_r2"], "error": chosen["standard_error"],
            "model": f"{chosen['n_modes']} {NAMES[chosen['basis']]} modes, {state}, lag {chosen['p']}"}


def ensemble(n_runs, settings):
    """Simulate, train, limit, local; the time of the training alone."""
    data, out = WORK / f"{n_runs}", WORK / f"{n_runs}_out"
    shutil.rmtree(data, ignore_errors=True)
    common = sets(settings + [f"ensemble.n_train={n_runs}"])
    program(["simulate", "--mode", "train", "--sim_id", f"0-{n_runs - 1}", "--output_dir", data / "training", *common])
    program(["simulate", "--mode", "test", "--sim_id", "0-19", "--output_dir", data / "test", "--compute_order_params", *common])
    start = time.monotonic()
    program(["train", "--train_dir", data / "training", "--output_dir", data / "models", *common])
    seconds = time.monotonic() - start
    program(["limit", "--oscar_dir", data, *common])
    program(["local", "--oscar_dir", data, "--output_dir", out])
    return {**result(data, out), "seconds": seconds}


def regime(path):
    """40 training and 8 test runs of a file in configs/, all of them as long as its training runs."""
    data, out = WORK / "regime", WORK / "regime_out"
    shutil.rmtree(data, ignore_errors=True)
    with_config = ["--config", path, *sets(["ensemble.n_train=40", "ensemble.m_test=8", f"ensemble.test_T={2 if path.stem == 'default' else 20}"])]
    program(["simulate", "--mode", "train", "--sim_id", "0-39", "--output_dir", data / "training", *with_config])
    program(["simulate", "--mode", "test", "--sim_id", "0-7", "--output_dir", data / "test", "--compute_order_params", *with_config])
    program(["train", "--train_dir", data / "training", "--output_dir", data / "models", *with_config])
    program(["limit", "--oscar_dir", data, *with_config])
    program(["local", "--oscar_dir", data, "--output_dir", out])
    rows = list(csv.DictReader(open(out / "r2_by_lead.csv", newline="")))
    early = {row["model"]: float(row["r2"]) for row in rows if row["lead"] == "8"}
    return path.stem, {**result(data, out), "early": early, "early_limit": float(next(row["limit"] for row in rows if row["lead"] == "8"))}


def signed(value):
    """+0.799; of a forecast that ran away -1.2e9."""
    if not 1000 <= abs(value) < math.inf:
        return f"{value:+.3f}"
    digits, exponent = f"{value:+.1e}".split("e")
    return f"{digits}e{int(exponent)}"


def regime_table(rows):
    lines = ["| regime | field model | chosen | specified | persistence | noise limit | at the 8th frame: field | chosen | noise limit |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for name, r in rows:
        field, early = ("" if value is None else "refused" if value != value else signed(value)
                        for value in (r["field"], r["early"].get("field")))
        lines.append(f"| {name} | {field} | {signed(r['chosen'])} | {signed(r['specified'])} | {signed(r['persistence'])} | {signed(r['noise_limit'])} "
                     f"| {early} | {signed(r['early']['selected'])} | {signed(r['early_limit'])} |")
    return lines


def option(settings):
    data, out = WORK / "100", WORK / "option_out"
    program(["train", "--train_dir", data / "training", "--output_dir", data / "models", "--n_train", "100", *sets(settings)])
    program(["local", "--oscar_dir", data, "--output_dir", out])
    return result(data, out)


def size_table(rows):
    lines = ["| training runs | specified | **chosen** | field model | persistence | noise limit | `skill_limit` | held-out r2 | chosen model | training, s |",
             "|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|"]
    lines += [f"| {r['runs']:,} | {signed(r['specified'])} | **{signed(r['chosen'])}** | {signed(r['field'])} | {signed(r['persistence'])} | {signed(r['noise_limit'])} "
              f"| {r['skill_limit']:.2f} | {r['cv']:.3f} ± {r['error']:.3f} | {r['model']} | {r['seconds']:.1f} |" for r in rows]
    return lines


def option_table(rows):
    lines = ["| options | r2 | projection limit | held-out r2 | chosen model |", "|---|---:|---:|---:|---|"]
    lines += [f"| {label} | {signed(r['chosen'])} | {signed(r['projection_limit'])} | {r['cv']:.3f} ± {r['error']:.3f} | {r['model']} |"
              for label, r in rows]
    return lines


def put(path, name, lines):
    text = path.read_text()
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, rest = text.split(begin)
    path.write_text(head + begin + "\n".join(lines) + "\n" + rest[rest.index(end):])


arguments = sys.argv[1:]
if not arguments or arguments[0] in ("-h", "--help"):
    sys.exit(__doc__)
PROGRAM = pathlib.Path(arguments[0]).resolve()
WORK.mkdir(parents=True, exist_ok=True)
sizes = [ensemble(100, []), ensemble(1000, FAR_SEEDS)]
if "--full" in arguments:
    sizes.append(ensemble(10000, FAR_SEEDS))
    shutil.rmtree(WORK / "10000")
tables = {"sizes": size_table(sizes), "options": option_table([(label, option(settings)) for label, settings in OPTIONS])}
if "--regimes" in arguments:
    tables["regimes"] = regime_table([regime(path) for path in sorted(pathlib.Path("configs").glob("*.yml"))])
for name, lines in tables.items():
    if "--docs" in arguments:
        put(pathlib.Path(arguments[arguments.index("--docs") + 1]), name, lines)
    else:
        print(f"\n{name}\n" + "\n".join(lines))
