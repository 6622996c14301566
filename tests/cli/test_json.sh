#!/bin/bash
# --json: one document on standard output, nothing else there, every key in docs/json.md, the same exit status.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

small="--set ensemble.n_train=6 --set ensemble.m_test=4 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9 --set rom.ridge_alpha=1"

document() { # COMMAND EXPRESSION: ./out is one document of the command; every key is documented; the expression holds for `d`
  check "$1: $2" "$FCAST_PYTHON" -c '
import json, re, sys
command, expression, page = sys.argv[1:]
d = json.load(open("out"))
assert list(d)[:2] == ["command", "version"] and d["command"] == command, list(d)
known = set(re.findall(r"`([a-z0-9_]+)`", open(page).read())) | {"noise.eta", "sim.N"}
def walk(value, path):
    for key, inside in (value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()):
        assert not isinstance(value, dict) or key in known, f"{path}.{key} is not in docs/json.md"
        if key != "value":
            walk(inside, f"{path}.{key}")
walk(d, command)
assert eval(expression), d' "$1" "$2" "$FCAST_SOURCE_DIR/docs/json.md"
}

expect 0 -- "$FLOCKCAST" run $small --json
document run 'd["n_runs"] == 4 and d["verdict"] in ("beats_persistence", "undecided", "loses_to_persistence") and d["over_persistence"]["lo"] <= d["over_persistence"]["r2"] <= d["over_persistence"]["hi"]'
cp out run.json
expect 0 -- "$FLOCKCAST" local --oscar_dir oscar_outputs --json
document local 'd["models"] == json.load(open("run.json"))["models"]'
check "the same numbers as the table" "$FCAST_PYTHON" -c '
import csv, json
models = {m["model"]: m for m in json.load(open("out"))["models"]}
for model, table in (("specified", "all_runs"), ("selected", "selected"), ("field", "field")):
    rows = list(csv.DictReader(open(f"outputs/local_pipeline/metrics_{table}.csv")))
    assert [r["run_name"] for r in rows] == [r["run_name"] for r in models[model]["runs"]]
    for row, run in zip(rows, models[model]["runs"]):
        assert set(row) == set(run), set(row) ^ set(run)
        for key in set(row) - {"run_name", "ic_type"}:
            assert (row[key] == "nan" and run[key] is None) or abs(float(row[key]) - run[key]) <= 1e-12 * abs(run[key]), (key, row[key], run[key])
    mean = sum(float(r["r2"]) for r in rows) / len(rows)
    assert abs(models[model]["means"]["r2"] - mean) < 1e-12'
expect 0 -- "$FLOCKCAST" limit --oscar_dir oscar_outputs --members 5 --json
document limit '(d["n_runs"], d["n_kept"], d["n_members"], d["n_known"]) == (4, 0, 5, 4)'
expect 0 -- "$FLOCKCAST" limit --oscar_dir oscar_outputs --members 5 --json
document limit 'd["n_kept"] == 4'
expect 0 -- "$FLOCKCAST" check oscar_outputs --json
document check 'd["is_whole"] and d["problems"] == [] and d["parts"]["training"] == {"n_whole": 6, "n": 6} and d["parts"]["models"]["n"] == 3'
expect 0 -- "$FLOCKCAST" check oscar_outputs
check "every model file counts" grep -q '^models *3 of 3 models whole$' out
expect 0 -- "$FLOCKCAST" info oscar_outputs/test/test_000/traj.npz --json
document info '{m["name"]: m["shape"] for m in d["members"]}["positions"] == [21, 40, 2]'
expect 0 -- "$FLOCKCAST" order oscar_outputs/test --json
document order 'd["means"]["n_present"] == 40'
expect 0 -- "$FLOCKCAST" sweep --grid noise.eta=0.5,3 --grid sim.N=10 --runs 2 --set sim.T=1 --json
document sweep '[p["noise.eta"] for p in d["points"]] == ["0.5", "3"]'
check "the columns of the table" "$FCAST_PYTHON" -c '
import csv, json
rows = list(csv.DictReader(open("outputs/sweep/sweep.csv")))
assert [set(p) for p in json.load(open("out"))["points"]] == [set(r) for r in rows]'

# --- what is wrong is in the document, and the exit status says it too ---
rm -r oscar_outputs/training/train_002
truncate -s 3000 oscar_outputs/test/test_001/density.npz
expect 3 'found 2 problems' -- "$FLOCKCAST" check oscar_outputs --json
document check 'not d["is_whole"] and len(d["problems"]) == 2 and d["parts"]["test"]["n_whole"] == 3'
expect 3 'test_001/density.npz' -- "$FLOCKCAST" check oscar_outputs/test/test_001 --json
document check 'not d["is_whole"] and "density.npz" in d["problems"][0]'
expect 0 -- "$FLOCKCAST" check oscar_outputs/test/test_000/traj.npz --json
document check 'd["is_whole"]'
expect 3 'expected all' -- "$FLOCKCAST" status oscar_outputs --json
document status 'not d["is_complete"] and d["training"]["missing"] == 1 and d["test"]["corrupt"] == 1 and d["training"]["not_done"][0]["sim_id"] == 2'
expect 3 'test_001' -- "$FLOCKCAST" local --oscar_dir oscar_outputs --json
check "nothing to report" test ! -s out
expect 3 'nowhere' -- "$FLOCKCAST" check nowhere --json
check "nothing to report" test ! -s out

# --- jobs: a Slurm that prints what it is given ---
mkdir bin
printf '#!/bin/sh\ncat >/dev/null\necho 41\n' >bin/sbatch
printf '#!/bin/sh\n' >bin/squeue
cp bin/squeue bin/sacct
printf '#!/bin/sh\necho "MaxArraySize = 1001"\n' >bin/scontrol
chmod +x bin/*
expect 0 -- env PATH="$scratch/bin:$PATH" "$FLOCKCAST" submit --oscar_dir jobs $small --dry_run --json
document submit 'd["is_dry_run"] and len(d["jobs"]) == 3 and d["jobs"][0]["script"].startswith("#!")'
expect 0 -- env PATH="$scratch/bin:$PATH" "$FLOCKCAST" submit --oscar_dir jobs $small --json
document submit 'not d["is_dry_run"] and {j["job_id"] for j in d["jobs"]} == {"41"}'
expect 0 -- env PATH="$scratch/bin:$PATH" "$FLOCKCAST" sweep --output_dir s --grid noise.eta=0.5,3 --runs 2 --submit --dry_run --json
document sweep 'len(d["jobs"]) == 2'
expect 2 'a part makes no report' -- "$FLOCKCAST" sweep --grid noise.eta=0.5,3 --part 0 --json

# --- only where there is a report ---
expect 2 'unknown option' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir x --json
expect 2 'unknown option' -- "$FLOCKCAST" train --train_dir x --output_dir y --json
finish
