#!/usr/bin/env python3
"""A system that fails: every n-th open, read, write, fsync, close, rename, ... of every command, made to fail by shim.c.

Whatever fails, the command either does without and leaves what it always leaves, or ends with status 1 and one line that names
what it could not do; no file under a final name is anything but whole, nothing temporary stays, and the same command without the
fault then leaves the tree of an undisturbed run.

test_faults.py SHIM [--all]: a sample of the calls, or all of them; prints the table of docs/reliability.md."""
import errno, os, re, shutil, sys
from tree import FLOCKCAST, SET, Failures, Scratch, error_lines, flockcast, read_tree

KINDS = [("open", ["EACCES", "EMFILE", "ENOSPC", "ESTALE", "EINTR"]), ("read", ["EIO", "ESTALE", "EINTR"]), ("write", ["ENOSPC", "EDQUOT", "EIO", "EINTR", "short"]),
         ("fsync", ["EIO", "ENOSPC", "EINTR"]), ("close", ["EIO", "EDQUOT"]), ("rename", ["EIO", "EROFS"]), ("unlink", ["EACCES"]),
         ("mkdir", ["ENOSPC", "EROFS"]), ("opendir", ["EACCES", "ESTALE"]), ("readdir", ["EIO"]), ("stat", ["EIO", "ESTALE", "EACCES"]),
         ("any", ["ESTALE", "EIO"]), ("malloc", ["ENOMEM"])]
SAMPLE = {"simulate": 1, "train": 1, "local": 1, "check": 1, "sweep": 1, "order": 1, "import": 1}  # calls of a kind and command in the ordinary test, with one error each
MEMORY = 100  # of the thousands of allocations of a command, all told
SHIM, IS_ALL = sys.argv[1], "--all" in sys.argv


def commands(root, out):
    return {"simulate": ["simulate", "--mode", "test", "--sim_id", "0-1", "--compute_order_params", "--output_dir", f"{out}/test", *SET],
            "train": ["train", "--train_dir", f"{root}/ref/training", "--output_dir", f"{out}/models", *SET],
            "local": ["local", "--oscar_dir", f"{root}/ref", "--output_dir", f"{out}/local", *SET],
            "check": ["check", f"{root}/ref", *SET],
            "sweep": ["sweep", "--grid", "noise.eta=0.5,2", "--runs", "2", "--output_dir", f"{out}/sweep", *SET],
            "order": ["order", f"{root}/ref/test", "--output_dir", f"{out}/order"],
            "import": ["import", f"{root}/walkers.txt", "--columns", "id,frame,x,y", "--fps", "10", "--window", "10", "--output_dir", f"{out}/import",
                       "--set", "density.nx=8", "--set", "density.ny=8"]}


def faulty(root, words, call, at, error):
    preload = " ".join(filter(None, [os.environ.get("FAULT_PRELOAD_FIRST"), SHIM]))
    env = {"LD_PRELOAD": preload, "FAULT_UNDER": root + "/", "FAULT_CALL": call, "FAULT_AT": str(at), "FAULT_COUNT": f"{root}-count",
           "FAULT_ERRNO": str(0 if error == "short" else getattr(errno, error)), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    if call == "any":
        env["FAULT_FROM_THERE"] = "1"  # a directory that is gone stays gone
    if call == "malloc":
        # libc asks for memory on behalf of fontconfig too, which does not look at what it gets.
        env["FAULT_CALLERS"] = f"{os.path.basename(FLOCKCAST)},libzip,libjansson,libyaml" + ("" if words[0] == "local" else ",libc.")
    return flockcast(*words, env=env)


def count_calls(root, words, call):
    status, _, err = faulty(root, words, call, 0, "EIO")
    assert status == 0, err
    with open(f"{root}-count") as file:
        return int(file.read())


def sample(n_calls, command, call):
    """Which calls fail: all, or some from the first to the last."""
    n = SAMPLE[command]
    if IS_ALL:
        n = MEMORY if call == "malloc" else n_calls
    return range(1, n_calls + 1) if n_calls <= n else sorted({1 + i * (n_calls - 1) // max(n - 1, 1) for i in range(n)})


def problem_of(status, err, error, out, expected):
    """What is wrong with the way a command ended and what it left; None where nothing is."""
    lines = error_lines(err)
    files, temporary = read_tree(out)
    # jansson calls text that it has no memory for a syntax error, which is status 3.
    if status not in (0, 1) and not (status == 3 and error == "ENOMEM"):
        return f"status {status}, expected 0 or 1: {err.strip()[-300:]}"
    if len(lines) != min(status, 1):
        return f"status {status} with {len(lines)} lines: {err.strip()[-300:]}"
    if status == 0 and files != expected:
        return "status 0, but other files than without the fault: " + ", ".join(sorted(set(files.items()) ^ set(expected.items()))[0])
    if status == 1 and error != "ENOMEM" and not re.search(r"/|standard|slurm", lines[0]):
        return f"no file is named: {lines[0]}"
    wrong = [name for name, hash_ in files.items() if expected.get(name) != hash_]
    if wrong:
        return f"not whole: {wrong[0]}"
    if temporary and error != "gone":
        return f"left over: {temporary[0]}"
    return None


def main():
    failures, rows = Failures(), {}
    with Scratch() as root:
        status, _, err = flockcast("run", "--oscar_dir", f"{root}/ref", "--output_dir", f"{root}/ref_local", *SET)
        assert status == 0, err
        with open(f"{root}/walkers.txt", "w") as table:
            table.writelines(f"{i} {t} {i + 0.1 * t} {0.5 * i}\n" for i in range(5) for t in range(40) if (t + i) % 9)
        out = f"{root}/out"
        for name, words in commands(root, out).items():
            os.mkdir(out)
            assert flockcast(*words)[0] == 0
            expected = read_tree(out)[0]
            for call, errors in KINDS:
                if call == "malloc" and os.environ.get("FAULT_PRELOAD_FIRST"):
                    continue  # the sanitizer has its own
                shutil.rmtree(out), os.mkdir(out)
                n_calls = count_calls(root, words, call)
                for error in (errors if IS_ALL else errors[:1]) if n_calls else []:
                    row = rows.setdefault((call, error), {"cases": 0, 0: 0, 1: 0, 3: 0})
                    for at in sample(n_calls, name, call):
                        shutil.rmtree(out), os.mkdir(out)
                        status, _, err = faulty(root, words, call, at, error)
                        # Where removing is what fails, or all fails from there on, a temporary file may stay: the next run sweeps.
                        kind = "gone" if call in ("any", "unlink") else error
                        what = f"{name}: {error} from {call} {at} of {n_calls}"
                        problem = problem_of(status, err, kind, out, expected)
                        if problem is None and status != 0:
                            again = flockcast(*words)
                            problem = None if again[0] == 0 and read_tree(out) == (expected, []) else f"not mended by the next run: {again[2]}"
                        failures.case(what, problem)
                        row["cases"] += 1
                        row[status] = row.get(status, 0) + 1
            shutil.rmtree(out)
    print("| call | error | cases | did without | status 1, one line | status 3, one line |\n|---|---|---|---|---|---|")
    for (call, error), row in rows.items():
        print(f"| {call} | {error} | {row['cases']} | {row[0]} | {row[1]} | {row[3]} |")
    failures.finish()


main()
