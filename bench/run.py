#!/usr/bin/env python3
"""Measure everything, write build/bench/results.csv, print the table: run.py [--quick] [--full] [--scaling] [--only GROUP]...

Keeps clear of NumPy: the peak memory of a child process counts what its parent had before the program was loaded.
"""
import argparse
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import report  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/release/flockcast"
LIBRARY_BENCH = ROOT / "build/release/bench/flockcast_bench"
OUTPUT = ROOT / "build/bench"
WORK = OUTPUT / "work"
RUNS = WORK / "oscar_outputs"
CORES = len(os.sched_getaffinity(0))
MORE_RUNS = {1000: [], 10000: ["--set", "ensemble.train_seed=100000"]}  # beyond 1,000 the default seeds meet the test seeds

parser = argparse.ArgumentParser(description="Measure flockcast beside NumPy, SciPy and Matplotlib.")
parser.add_argument("--quick", action="store_true", help="small problems, under a minute")
parser.add_argument("--full", action="store_true", help="also NumPy on 1,000 runs, and 10,000 runs: 8 GB of disk, 15 minutes")
parser.add_argument("--scaling", action="store_true", help="also cost against size, with exponents")
parser.add_argument("--only", action="append", metavar="GROUP", help="one group of problems; may be given again")
options = parser.parse_args()


def note(text):
    print(text, file=sys.stderr, flush=True)


# --- lines of results ---

def collect(command):
    """A measuring program's lines; its progress goes to standard error."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}")
    return done.stdout.splitlines()


def library(group):
    return collect([LIBRARY_BENCH, group, WORK] + ["--quick"] * options.quick)


def python(group):
    return collect([sys.executable, ROOT / "bench/python_equivalents.py", group, WORK] + ["--quick"] * options.quick)


def flockcast(*arguments):
    """Seconds and peak MB of one call of the program."""
    start = time.perf_counter()
    with open(WORK / "program.log", "w") as log:
        child = subprocess.Popen([str(PROGRAM), *map(str, arguments)], stdout=log, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"flockcast {' '.join(map(str, arguments))}: exit status {child.returncode}\n{(WORK / 'program.log').read_text()}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def lines(problem, parameters, measured):
    """Two lines, time and memory, from several (seconds, MB)."""
    out = []
    for name, unit, values in ((problem, "s", [m[0] for m in measured]), (f"{problem}_memory", "MB", [m[1] for m in measured])):
        out.append(f"{name},{parameters},{CORES},flockcast,{unit},{len(values)},{min(values):.6g},{statistics.median(values):.6g}")
    return out


def repeat(problem, parameters, once, n_runs=3):
    note(f"  {problem} {parameters} (program)")
    return lines(problem, parameters, [once() for _ in range(1 if options.quick else n_runs)])


# --- the program's own runs ---

def simulate(directory, n_train, n_test, *more):
    """Make the runs that are not there. Seconds of both calls, the larger memory."""
    more = ["--set", f"ensemble.n_train={n_train}", *more]
    train = flockcast("simulate", "--mode", "train", "--sim_id", f"0-{n_train - 1}", "--output_dir", directory / "training", *more)
    test = flockcast("simulate", "--mode", "test", "--sim_id", f"0-{n_test - 1}", "--output_dir", directory / "test", "--compute_order_params", *more)
    return train[0] + test[0], max(train[1], test[1])


def train(n_train, *more):
    return flockcast("train", "--train_dir", RUNS / "training", "--output_dir", RUNS / f"models_{n_train}", "--n_train", n_train,
                     "--set", f"ensemble.n_train={n_train}", *more)


def prepare():
    """What the equivalents are held against: the default ensemble and its models, and two frames of 10,000 particles
    without noise."""
    note("preparing: default ensemble")
    simulate(RUNS, 100, 20)
    flockcast("train", "--train_dir", RUNS / "training", "--output_dir", RUNS / "models", "--n_train", 100)
    flockcast("simulate", "--mode", "test", "--sim_id", "0", "--output_dir", WORK / "check", "--set", "sim.N=10000", "--set", "sim.Lx=100",
              "--set", "sim.Ly=100", "--set", "sim.T=0.05", "--set", "sim.dt=0.05", "--set", "params.R=1", "--set", "noise.eta=0")


def fresh(name):
    shutil.rmtree(WORK / name, ignore_errors=True)
    return WORK / name


def more_training():
    out = []
    for n, more in MORE_RUNS.items():
        if not options.quick and n <= 1000 or options.full:
            note(f"  preparing {n} runs")
            simulate(RUNS, n, 20, *more)
            out += repeat("train", f"{n} runs 64x64", lambda: train(n, *more), n_runs=1)
            out += python("train_large") if n == 1000 and options.full else []
            shutil.rmtree(RUNS / "training")
    return out


# --- groups ---

def group_machine():
    return library("machine")


def group_simulate():
    return library("simulate") + python("simulate")


def group_small():
    out = repeat("ensemble", "100+20 runs to files", lambda: simulate(fresh("small"), 100, 20))
    fresh("small")
    return library("small") + out + python("small")


def group_density():
    return library("density") + python("density")


def group_train():
    out = library("train") + repeat("train", "100 runs 64x64", lambda: train(100)) + python("train")
    return out + more_training()


def group_forecast():
    return library("forecast") + repeat("local", "20 runs", lambda: flockcast("local", "--oscar_dir", RUNS, "--output_dir", fresh("local"))) + python("forecast")


def group_render():
    return library("render") + python("render")


def group_files():
    return library("files") + python("files")


def group_workflow():
    def workflow(n_train, *more):
        return lambda: flockcast("run", "--oscar_dir", fresh("run"), "--output_dir", WORK / "run/local", "--set", f"ensemble.n_train={n_train}", *more)
    out = repeat("workflow", "100+20 runs", workflow(100))
    if options.full:
        out += repeat("workflow", "10000+20 runs", workflow(10000, *MORE_RUNS[10000]), n_runs=1)
    fresh("run")
    return out


def group_scaling():
    return [f"scaling: {line}" for line in library("scaling")]


GROUPS = {name.removeprefix("group_"): function for name, function in list(globals().items()) if name.startswith("group_")}


# --- facts about the machine ---

def facts():
    cpu = dict(line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0].replace("\t", "").splitlines())
    simd = [flag for flag in ("sse4_2", "avx2", "fma", "avx512f") if flag in cpu.get("flags", "").split()]
    version = subprocess.run([str(PROGRAM), "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    packages = "import numpy, scipy, matplotlib; print(f'NumPy {numpy.__version__}, SciPy {scipy.__version__}, Matplotlib {matplotlib.__version__}')"
    coretype = os.environ.get("OPENBLAS_CORETYPE")
    mode = "quick: one run of most" if options.quick else "full" if options.full else "default"
    return [f"# program: {version}",
            f"# mode: {mode}",
            f"# machine: {cpu.get('model name', platform.machine()).strip()}, {CORES} cores, {' '.join(simd)}",
            f"# beside: Python {platform.python_version()}, " + collect([sys.executable, "-c", packages])[0],
            f"# BLAS setting: OPENBLAS_CORETYPE={coretype}" if coretype else "# BLAS setting: none"]


def main():
    unknown = set(options.only or ()) - set(GROUPS)
    if unknown:
        sys.exit(f"--only: no group {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    wanted = options.only or [name for name in GROUPS if name != "scaling" or options.scaling]
    start = time.perf_counter()
    WORK.mkdir(parents=True, exist_ok=True)
    head, results = facts(), []
    if set(wanted) - {"machine", "scaling", "files", "workflow"}:
        prepare()
    for name in wanted:
        note(f"{name} ({time.perf_counter() - start:.0f} s)")
        found = GROUPS[name]()
        head += [line for line in found if line.startswith("#")]
        results += [line for line in found if not line.startswith("#")]
    path = OUTPUT / "results.csv"
    path.write_text("\n".join(head + [report.COLUMNS] + results) + "\n")
    print(report.text(path))
    print(f"\n{time.perf_counter() - start:.0f} s; {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
