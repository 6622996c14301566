#!/usr/bin/env python3
"""The same bytes for any number of threads, any cut of the ensemble and either compiler: determinism.py NAME=PROGRAM...

The first program with one thread is the reference. Prints the table of docs/reliability.md: files of each kind compared, those whose bytes
differ, and the largest relative difference of any number in those."""
import io, os, subprocess, sys
import numpy as np
from tree import Scratch, read_tree

SETTINGS = [word for key, value in {"sim.N": 200, "sim.T": 2, "density.nx": 24, "density.ny": 24, "ensemble.n_train": 12, "ensemble.m_test": 6,
                                    "rom.target_energy": 0.95, "rom.ridge_alpha": 1e-3}.items() for word in ("--set", f"{key}={value}")]
KINDS = [("trajectories", "traj.npz"), ("densities", "density.npz"), ("order parameters", "order_params.npz"), ("models", "_model.npz"), ("metrics", ".csv")]
CUTS = ["0-3", "4-4", "5-11"], ["4-5", "0-3"]


def run(program, words, threads):
    subprocess.run([program, *words, *SETTINGS], check=True, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": str(threads)})


def workflow(program, root, threads, cuts=(["0-11"], ["0-5"])):
    for mode, folder, ranges in (("train", "training", cuts[0]), ("test", "test", cuts[1])):
        for part in ranges:
            run(program, ["simulate", "--mode", mode, "--sim_id", part, "--compute_order_params", "--output_dir", f"{root}/{folder}"], threads)
    run(program, ["train", "--train_dir", f"{root}/training", "--output_dir", f"{root}/models"], threads)
    run(program, ["local", "--oscar_dir", root, "--output_dir", f"{root}/local"], threads)


def numbers(path):
    if path.endswith(".csv"):
        with open(path) as file:
            return np.array([float(word) for line in file.read().splitlines()[1:] for word in line.split(",") if word[:1] in "-0123456789"])
    with np.load(path, allow_pickle=True) as file:
        return np.concatenate([np.ravel(file[name]).astype(float) for name in file.files if file[name].dtype != object])


def difference(a, b):
    """Largest difference beside the largest number; a mode may turn its sign with the last bit of the matrix."""
    x, y = numbers(a), numbers(b)
    return float(np.max(np.abs(np.abs(x) - np.abs(y))) / np.max(np.abs(x))) if x.shape == y.shape else float("inf")


def compare(root, other, suffix):
    files, found = read_tree(root)[0], read_tree(other)[0]
    names = [name for name in files if name.endswith(suffix)]
    differing = [name for name in names if found.get(name) != files[name]]
    return len(names), len(differing), max([difference(f"{root}/{name}", f"{other}/{name}") for name in differing], default=0.0)


def main():
    programs = dict(word.split("=", 1) for word in sys.argv[1:])
    first = next(iter(programs))
    cases = [(f"{first}, {n} threads", programs[first], n, (["0-11"], ["0-5"])) for n in (2, 3, 7)]
    cases.append((f"{first}, ensemble cut in 3 and 2, order changed", programs[first], 2, CUTS))
    cases += [(f"{name}, {n} threads", program, n, (["0-11"], ["0-5"])) for name, program in programs.items() if name != first for n in (1, 2)]
    failed = False
    print("| beside " + first + ", 1 thread | files | compared | bytes differ | largest relative difference |\n|---|---|---|---|---|")
    with Scratch() as root:
        workflow(programs[first], f"{root}/reference", 1)
        for i, (what, program, threads, cuts) in enumerate(cases):
            workflow(program, f"{root}/{i}", threads, cuts)
            for kind, suffix in KINDS:
                n, n_differing, largest = compare(f"{root}/reference", f"{root}/{i}", suffix)
                print(f"| {what} | {kind} | {n} | {n_differing} | {largest:.1e} |")
                exact = program == programs[first] or kind in ("trajectories", "densities", "order parameters")
                failed = failed or n == 0 or (n_differing > 0 if exact else largest > 1e-9)
    sys.exit(1 if failed else 0)


main()
