#!/usr/bin/env python3
"""How good the forecasts are: the tables of docs/forecasting.md, each line a run of the program.

usage: forecasts.py PROGRAM [--full] [--docs FILE]
Runs in build/forecasts. --full adds 10,000 training runs (7 GB of disk, minutes). --docs puts the tables between the
markers of that file; without it they are printed.
"""
import csv
import json
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
    return {"runs": report["N_train"], "specified": mean(out / "metrics_all_runs.csv", "r2"),
            "chosen": mean(out / "metrics_selected.csv", "r2"), "persistence": mean(out / "metrics_selected.csv", "r2_persistence"),
            "basis_limit": mean(out / "metrics_selected.csv", "r2_pod"), "noise_limit": mean(out / "metrics_selected.csv", "r2_limit"),
            "skill": mean(out / "metrics_selected.csv", "skill_limit"), "cv": chosen["cv_r2"], "error": chosen["standard_error"],
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


def option(settings):
    data, out = WORK / "100", WORK / "option_out"
    program(["train", "--train_dir", data / "training", "--output_dir", data / "models", "--n_train", "100", *sets(settings)])
    program(["local", "--oscar_dir", data, "--output_dir", out])
    return result(data, out)


def size_table(rows):
    lines = ["| training runs | specified | **chosen** | persistence | noise limit | skill | held-out r2 | chosen model | training, s |",
             "|---:|---:|---:|---:|---:|---:|---:|---|---:|"]
    lines += [f"| {r['runs']:,} | {r['specified']:+.3f} | **{r['chosen']:+.3f}** | {r['persistence']:+.3f} | {r['noise_limit']:+.3f} "
              f"| {r['skill']:.2f} | {r['cv']:.3f} ± {r['error']:.3f} | {r['model']} | {r['seconds']:.1f} |" for r in rows]
    return lines


def option_table(rows):
    lines = ["| options | r2 | basis limit | held-out r2 | chosen model |", "|---|---:|---:|---:|---|"]
    lines += [f"| {label} | {r['chosen']:+.3f} | {r['basis_limit']:+.3f} | {r['cv']:.3f} ± {r['error']:.3f} | {r['model']} |"
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
for name, lines in tables.items():
    if "--docs" in arguments:
        put(pathlib.Path(arguments[arguments.index("--docs") + 1]), name, lines)
    else:
        print(f"\n{name}\n" + "\n".join(lines))
