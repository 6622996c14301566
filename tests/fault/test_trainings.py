#!/usr/bin/env python3
"""Models are those of one training that ended, or they are refused.

A training into models that are there is killed before each change that it makes to the directory (every rename and every unlink), and files of
two trainings are mixed by hand, one by one. `local` then gives the scores of one of the trainings in full, or ends with status 3 and one line
that names a file of the models; so do `check` and `status`. The same training, undisturbed, mends the directory. Models of older scripts and of
earlier versions, whose reports list no files, are read as ever.

test_trainings.py SHIM"""
import errno, glob, json, os, shutil, sys
import numpy as np
from tree import SET, Failures, Scratch, content, error_lines, flockcast, forget_files

SHIM = sys.argv[1]
SPECIFIED = ["--set", "rom.select=none", "--set", "rom.field=false"]
TRAININGS = {"fewer runs": [*SET, "--n_train", "3"], "fewer models": [*SET, *SPECIFIED, "--n_train", "3"]}
RIDGE = [*SET, "--set", "rom.ridge_alpha=2"]  # of the same shapes as the first: nothing but the list of files tells them apart


def train_words(root, models, words):
    return ["train", "--train_dir", f"{root}/ref/training", "--output_dir", models, *words]


def train(root, models, words):
    status, _, err = flockcast(*train_words(root, models, words))
    assert status == 0, err


def with_shim(root, words, under, **fault):
    """What a command did with the shim at work: its status, its error lines, and how many calls were counted (None where it was killed)."""
    count = f"{root}/count"
    preload = " ".join(filter(None, [os.environ.get("FAULT_PRELOAD_FIRST"), SHIM]))
    env = {"LD_PRELOAD": preload, "FAULT_UNDER": under, "FAULT_COUNT": count, "OMP_NUM_THREADS": "1", **{f"FAULT_{key}": str(value) for key, value in fault.items()}}
    status, _, err = flockcast(*words, env=env)
    if status < 0:
        return status, error_lines(err), None
    with open(count) as file:
        return status, error_lines(err), int(file.read())


def scores(root, models):
    """(status, error line, the tables of scores) of `local` with these models and the test runs of the reference."""
    place, out = f"{root}/place", f"{root}/scored"
    shutil.rmtree(place, ignore_errors=True), shutil.rmtree(out, ignore_errors=True)
    os.makedirs(place)
    os.symlink(f"{root}/ref/test", f"{place}/test")
    os.symlink(f"{root}/ref/training", f"{place}/training")
    shutil.copy(f"{root}/ref/config.yml", place)
    shutil.copytree(models, f"{place}/models")
    status, _, err = flockcast("local", "--oscar_dir", place, "--output_dir", out)
    tables = {os.path.basename(path): content(path) for path in glob.glob(f"{out}/*.csv")}
    return status, error_lines(err), tables


def problem_of(root, found, wanted):
    """What is wrong with what was made of models: None where the scores are one of `wanted`, or they are refused and "refused" is in it."""
    status, lines, tables = found
    if status == 0:
        return None if tables in wanted else "scored, and the scores are those of no training"
    if status != 3 or len(lines) != 1 or "/models/" not in lines[0]:
        return f"local: status {status}: {lines}"
    if os.path.exists(f"{root}/scored"):
        return "refused, but something was written"
    if "refused" not in wanted:
        return f"refused: {lines[0]}"
    for command in ("check", "status"):
        status, out, err = flockcast(command, f"{root}/place")
        if status != 3 or len(error_lines(err)) != 1 or "/models/" not in out:
            return f"{command}: status {status}: {out[-300:]} {err}"
    return None


def old_models(source, models, has_report=True):
    """Models as older scripts write them: two files, and perhaps a report that knows nothing of files or other models."""
    os.makedirs(models)
    for name, members in (("pod_model.npz", ("U", "S", "mean", "energy", "R_POD", "target_energy")), ("mvar_model.npz", ("A_matrices", "p", "r", "alpha", "train_r2", "train_rmse"))):
        with np.load(f"{source}/{name}") as model:
            np.savez(f"{models}/{name}", **{member: model[member] for member in members})
    if has_report:
        with open(f"{models}/training_metadata.json", "w") as file:
            json.dump({"N_train": 4}, file)


def without_report(root, failures, source, of_old):
    """`local` and `check` take older models without a report; for `status`, which has to know what they were made of, they are missing."""
    old_models(source, f"{root}/bare", has_report=False)
    failures.case("no report", problem_of(root, scores(root, f"{root}/bare"), [of_old]))
    status, out, _ = flockcast("check", f"{root}/place")
    failures.case("no report: check", None if status == 0 and "models    1 of 1 models whole" in out else f"status {status}: {out}")
    status, out, _ = flockcast("status", f"{root}/place")
    failures.case("no report: status", None if status == 3 and "models/training_metadata.json: not there" in out else f"status {status}: {out}")
    os.remove(f"{root}/place/models/mvar_model.npz")
    status, out, _ = flockcast("check", f"{root}/place")
    failures.case("no report, half a model: check", None if status == 3 and "/models/mvar_model.npz: " in out else f"status {status}: {out}")


def kill_everywhere(root, failures, name, before, words, wanted, fewest_refused):
    """Kill the training before its n-th rename and its n-th unlink in a copy of `before` (None: nothing is there)."""
    models, n_refused = f"{root}/work", 0

    def fresh():
        shutil.rmtree(models, ignore_errors=True)
        if before:
            shutil.copytree(before, models)
        else:
            os.makedirs(models)

    for call in ("rename", "unlink"):
        fresh()
        n_calls = with_shim(root, train_words(root, models, words), models + "/", CALL=call, AT=0)[2]
        whole = scores(root, models)
        failures.case(f"{name}: undisturbed", None if whole[0] == 0 and whole[2] in wanted else f"not the scores of the training: {whole[1]}")
        for at in range(1, n_calls + 1):
            fresh()
            status, _, _ = with_shim(root, train_words(root, models, words), models + "/", CALL=call, AT=at, KILL=1)
            what = f"{name}: killed before {call} {at} of {n_calls}"
            failures.case(what, None if status == -9 else f"status {status}, expected to be killed")
            found = scores(root, models)
            failures.case(what, problem_of(root, found, wanted))
            n_refused += found[0] == 3
        train(root, models, words)
        left = [entry for entry in os.listdir(models) if entry.startswith(".")]
        failures.case(f"{name}: again", f"left over: {left[0]}" if left else problem_of(root, scores(root, models), [whole[2]]))
    failures.case(f"{name}: refusals", None if n_refused >= fewest_refused else f"{n_refused} refused, expected at least {fewest_refused}")


def same_content(path, other):
    return os.path.exists(path) == os.path.exists(other) and (not os.path.exists(path) or content(path) == content(other))


def mix(root, failures, first, second, of_first):
    """Each file of `first` taken away, and taken from `second` or added where only that has it."""
    models = f"{root}/work"
    for name in sorted(set(os.listdir(first)) | set(os.listdir(second))):
        for giver in (second, "nowhere"):
            shutil.rmtree(models, ignore_errors=True)
            shutil.copytree(first, models)
            if os.path.exists(f"{models}/{name}"):
                os.remove(f"{models}/{name}")
            if os.path.exists(f"{giver}/{name}"):
                shutil.copy(f"{giver}/{name}", models)
            is_same = same_content(f"{models}/{name}", f"{first}/{name}")
            what = f"{os.path.basename(first)} with {name} of {os.path.basename(giver)}"
            # Nobody forecasts by tables: `local` does without them, `check` does not.
            failures.case(what, problem_of(root, scores(root, models), [of_first if is_same or name.endswith(".csv") else "refused"]))
            status, out, _ = flockcast("check", f"{root}/place")
            named = "/models/" if name == "training_metadata.json" else f"/models/{name}"
            failures.case(f"{what}: check", None if (status, named in out) == ((0, False) if is_same else (3, True)) else f"status {status}: {out}")


def vanish(root, failures):
    """The report goes, as where a training begins, before `local` opens it for the n-th time: nothing is scored that it would refuse, here a run of
    the test set that was trained on. It is opened twice: to name settings that change nothing, and to hold models and runs against it."""
    place, n_expected = f"{root}/vanish", 2
    whole = with_shim(root, ["local", "--oscar_dir", f"{root}/ref", "--output_dir", f"{root}/out"], f"{root}/ref/models/training_metadata.json", CALL="open", AT=0)
    failures.case("all scored, drawn and written", None if whole == (0, [], n_expected) else f"status {whole[0]}, the report opened {whole[2]} times: {whole[1]}")
    shutil.copytree(f"{root}/ref/models", f"{place}/models")
    with open(f"{root}/ref/training/train_000/metadata.json") as file:
        seed = json.load(file)["seed"]
    status, _, err = flockcast("simulate", "--mode", "test", "--sim_id", 0, "--output_dir", f"{place}/test", *SET, "--set", f"ensemble.test_seed={seed}", "--set", f"ensemble.train_seed={seed + 1000}")
    assert status == 0, err
    local, report = ["local", "--oscar_dir", place, "--output_dir", f"{root}/scored"], f"{place}/models/training_metadata.json"
    for at in range(n_expected + 2):
        is_gone = 0 < at <= n_expected
        status, lines, n_opened = with_shim(root, local, report, CALL="open", AT=at, ERRNO=errno.ENOENT, FROM_THERE=1)
        is_named = len(lines) == 1 and ("training_metadata.json: not there" if is_gone else "expected one that no training run has") in lines[0]
        failures.case(f"the report goes before it is opened for time {at}", None if status == 3 and is_named and n_opened == n_expected else f"status {status}, opened {n_opened} times: {lines}")


def main():
    failures = Failures()
    with Scratch() as root:
        status, _, err = flockcast("run", "--oscar_dir", f"{root}/ref", "--output_dir", f"{root}/out", *SET)
        assert status == 0, err
        first, old, earlier = f"{root}/ref/models", f"{root}/old", f"{root}/earlier"
        old_models(first, old)
        shutil.copytree(first, earlier)
        forget_files(earlier)
        of_first, of_old = scores(root, first)[2], scores(root, old)[2]
        assert of_first and of_old and of_first != of_old
        failures.case("an earlier version", problem_of(root, scores(root, earlier), [of_first]))
        for name, words in TRAININGS.items():
            second = f"{root}/{name}"
            train(root, second, words)
            of_second = scores(root, second)[2]
            assert of_second and of_second not in (of_first, of_old)
            kill_everywhere(root, failures, f"{name} over another", first, words, [of_first, of_second, "refused"], 4)
            kill_everywhere(root, failures, f"{name} over older scripts", old, words, [of_old, of_second, "refused"], 3)
            kill_everywhere(root, failures, f"{name} over nothing", None, words, [of_second, "refused"], 4)
            mix(root, failures, first, second, of_first)
        vanish(root, failures)
        without_report(root, failures, first, of_old)
        # Older scripts over our models: their report says nothing of the models that stay.
        shutil.copytree(first, f"{root}/over")
        for name in os.listdir(old):
            shutil.copy(f"{old}/{name}", f"{root}/over")
        failures.case("older scripts over ours", problem_of(root, scores(root, f"{root}/over"), ["refused"]))
    failures.finish()


main()
