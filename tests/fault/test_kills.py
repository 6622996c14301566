#!/usr/bin/env python3
"""Killed at any moment and started again: the tree is that of a workflow nobody disturbed, byte for byte.

Each round kills one command, up to three times in a row, at random moments (SIGKILL, so nothing can be tidied), then lets it end. Nothing
temporary may be left, and runs that were whole before are the same files after: same inode, same time. Of metadata the provenance (times,
wall seconds) is left out of the comparison; films, PNG and PDF are in it.

test_kills.py [N_KILLS]: prints the table of docs/reliability.md."""
import os, random, shutil, signal, subprocess, sys, time
from tree import FLOCKCAST, SET, Failures, Scratch, flockcast, read_tree

N_KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
SEED = 20240229
RUN_FILES = ("traj.npz", "density.npz", "metadata.json")


def commands(root):
    """The words of each command, the part of the reference tree that is there before, and the part it makes."""
    oscar, local = f"{root}/oscar_outputs", f"{root}/local"
    return {"run": (["run", "--oscar_dir", oscar, "--output_dir", local, *SET], []),
            "simulate": (["simulate", "--mode", "train", "--sim_id", "0-3", "--output_dir", f"{oscar}/training", *SET], []),
            "train": (["train", "--train_dir", f"{oscar}/training", "--output_dir", f"{oscar}/models", *SET], ["oscar_outputs/training"]),
            "local": (["local", "--oscar_dir", oscar, "--output_dir", local, *SET], ["oscar_outputs/test", "oscar_outputs/models", "oscar_outputs/config.yml"])}


def whole_runs(root):
    """Inode and time of the files of every run that has its metadata.json, which is written last."""
    found = {}
    for folder, _, names in os.walk(root):
        if "metadata.json" in names:
            for name in RUN_FILES:
                info = os.stat(os.path.join(folder, name))
                found[os.path.join(folder, name)] = (info.st_ino, info.st_mtime_ns)
    return found


def kill_after(words, seconds):
    """Whether the command was still at work."""
    process = subprocess.Popen([FLOCKCAST, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def prepare(root, work, name):
    """The words of a command whose input, taken from the whole tree, is there in `work`."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    words, before = commands(work)[name]
    for part in before:
        (shutil.copytree if os.path.isdir(f"{root}/whole/{part}") else shutil.copy)(f"{root}/whole/{part}", f"{work}/{part}")
    return words


def one_round(work, words, waits, expected_whole, is_all, row):
    """Kill the command at each of these moments, let it end, and say what is wrong then; None where nothing is."""
    row["kills"] += sum(kill_after(words, seconds) for seconds in waits)
    row["rounds"] += 1
    there = whole_runs(work)
    status, _, err = flockcast(*words)
    files, temporary = read_tree(work)
    expected = {path: hash_ for path, hash_ in expected_whole.items() if path in files or is_all}
    after = whole_runs(work)
    row["kept"] += sum(after[path] == identity for path, identity in there.items() if path.endswith("metadata.json"))
    row["left"] += len(temporary)
    row["differ"] += files != expected
    if status != 0:
        return f"status {status}: {err.strip()[-200:]}"
    if temporary:
        return f"left over: {temporary[0]}"
    if files != expected:
        return "differs: " + ", ".join(sorted({path for path, _ in set(files.items()) ^ set(expected.items())})[:3])
    return "a whole run was made again" if any(after[path] != identity for path, identity in there.items()) else None


def main():
    failures, rows, duration = Failures(), {}, {}
    choose = random.Random(SEED)
    with Scratch() as root:
        whole, work = f"{root}/whole", f"{root}/work"
        status, _, err = flockcast(*commands(whole)["run"][0])
        assert status == 0, err
        expected = read_tree(whole)[0]
        for name in commands(work):
            words = prepare(root, work, name)
            start = time.monotonic()
            assert flockcast(*words)[0] == 0
            duration[name] = time.monotonic() - start
            rows[name] = {"rounds": 0, "kills": 0, "kept": 0, "left": 0, "differ": 0}
        while sum(row["kills"] for row in rows.values()) < N_KILLS:
            name = choose.choice(["run", "run", "simulate", "train", "local"])
            words = prepare(root, work, name)
            waits = [choose.uniform(0.0, 1.05 * duration[name]) for _ in range(choose.randint(1, 3))]
            failures.case(f"{name} killed after {waits}", one_round(work, words, waits, expected, name == "run", rows[name]))
    print("| command | rounds | kills | trees that differ | temporary files left | whole runs found and kept |\n|---|---|---|---|---|---|")
    for name, row in rows.items():
        print(f"| {name} | {row['rounds']} | {row['kills']} | {row['differ']} | {row['left']} | {row['kept']} |")
    failures.finish()


main()
