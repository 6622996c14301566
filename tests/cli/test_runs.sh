#!/bin/bash
# Runs that are not what their directory says, test runs that do not go with the models, and runs of other programs.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

small="--set ensemble.n_train=6 --set ensemble.m_test=2 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9"
quick="$small --set rom.select=none --set rom.field=false"
expect 0 -- "$FLOCKCAST" run $quick --oscar_dir good

fresh() { rm -rf bad; cp -r good bad; }
put() { rm -rf "bad/$2"; cp -r "bad/$1" "bad/$2"; } # a run in the place of another
train() { "$FLOCKCAST" train --train_dir bad/training --output_dir models_out $quick; }
local_() { rm -rf local_out; "$FLOCKCAST" local --oscar_dir bad --output_dir local_out; }
check_() { "$FLOCKCAST" check bad; }
test_runs() { rm -rf bad/test; "$FLOCKCAST" simulate --mode test --sim_id 0-1 --output_dir bad/test $small --compute_order_params "$@"; }
metadata() { # PYTHON: of every run, the metadata `m`, without the checksum that would tell
  "$FCAST_PYTHON" -c "
import glob, json
for path in glob.glob('bad/t*/t*_*/metadata.json'):
    m = json.load(open(path)); del m['checksum']
    $1
    json.dump(m, open(path, 'w'))"
}

# --- a copy of another run is refused by whoever reads it, and made again by simulate ---
fresh; put test/test_000 training/train_006
expect 3 "train_006/metadata.json: run_name: found 'test_000', expected 'train_006'" -- "$FLOCKCAST" train --train_dir bad/training --output_dir models_out
check "no model was written" test ! -e models_out
expect 3 -- check_
fresh; put training/train_001 test/test_001
expect 3 "test_001/metadata.json: run_name: found 'train_001', expected 'test_001'" -- local_
expect 3 -- check_
check "and names the run" grep -q "test_001/metadata.json: run_name: found 'train_001'" out
expect 3 "run_name: found 'train_001'" -- "$FLOCKCAST" check bad/test/test_001/
expect 3 'found 7 of 8' -- "$FLOCKCAST" status bad $quick
fresh; put training/train_001 training/train_003
expect 3 "train_003/metadata.json: run_name: found 'train_001', expected 'train_003'" -- train
expect 0 '5 of them were there' -- "$FLOCKCAST" simulate --mode train --sim_id 0-5 --output_dir bad/training $quick
check "it is the run again" cmp good/training/train_003/traj.npz bad/training/train_003/traj.npz
cp -r good/training/train_001 a_copy
expect 0 -- "$FLOCKCAST" check a_copy
mv bad/training/train_005 bad/training/train_0005
expect 0 -- train # the number is what counts
fresh; metadata 'm["mode"] = "train"'; expect 3 "test_000/metadata.json: mode: found 'train', expected 'test'" -- local_
fresh; metadata 'm["seed"] += 1'; expect 3 'train_000/metadata.json: seed: found 1001, expected 1000' -- train


# --- one seed, one run ---
fresh; rm -r bad/training/train_005
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 5 --output_dir bad/training $quick --set ensemble.train_seed=998
expect 3 'train_005/metadata.json: seed: found 1003, expected one that no other run has: train_003 has it' -- train
expect 3 -- check_
check "and check says so" grep -q 'seed: found 1003, expected one that no other run has' out
trained_on='test_000/metadata.json: seed: found 1000, expected one that no training run has: train_000 has it'
fresh; expect 0 -- test_runs --set ensemble.test_seed=1000 --set ensemble.train_seed=5000
expect 3 "$trained_on" -- local_
expect 3 -- check_
check "and check says so" grep -q "$trained_on" out
rm -r bad/training; expect 3 "$trained_on" -- local_ # the models say what they were trained on
"$FCAST_PYTHON" -c '
import json
p = "bad/models/training_metadata.json"; m = json.load(open(p))
for key in ("checksum", "seeds", "config_of_runs"): del m[key]
del m["density"]["box"], m["density"]["interval"]
json.dump(m, open(p, "w"))'
expect 3 "$trained_on" -- local_ # models of earlier versions do too
expect 0 -- test_runs --set sim.Lx=20; expect 3 'found a box of 20 x 15, expected 15 x 15' -- local_
expect 0 -- test_runs --set sim.dt=0.05; expect 3 'found frames 0.05 apart, expected 0.1' -- local_

# --- frames that the modes do not fit ---
refused() { fresh; expect 0 -- test_runs $1; expect 3 "$2" -- local_; }
refused "--set density.nx=32 --set density.ny=8" 'test_000/density.npz: found 8 x 32 cells, expected 16 x 16'
refused "--set sim.Lx=20" 'test_000/density.npz: found a box of 20 x 15, expected 15 x 15'
refused "--set sim.dt=0.05" 'test_000/density.npz: found frames 0.05 apart, expected 0.1'
refused "--set sim.save_every=2" 'test_000/density.npz: found frames 0.2 apart, expected 0.1'
refused "--set sim.bc=reflecting" 'test_000/metadata.json: config.sim.bc: found reflecting, expected periodic'
refused "--set density.bandwidth=3" 'test_000/metadata.json: config.density.bandwidth: found 3, expected 2'
check "nothing was drawn" test ! -e local_out

# --- other settings are a question that may be asked, aloud ---
aloud() { fresh; expect 0 -- test_runs $1; expect 0 "^2 of 2 test runs have other settings than the training runs; test_000: $2: the scores" -- local_; }
quiet() { fresh; expect 0 -- test_runs $1; expect 0 -- local_; check "nothing is said of $1" test "$(grep -c 'other settings' err)" -eq 0; }
aloud "--set sim.N=24" 'sim.N 24 \(trained on 40\)'
aloud "--set noise.eta=2 --set params.R=1" 'params.R 1.0 \(trained on 2.0\), noise.eta 2.0 \(trained on 0.3\)'
aloud "--set ensemble.ic_types=[ring]" 'ensemble.ic_types \["ring"\] \(trained on .*\)'
aloud "--set initial.spread=2" 'initial.spread 2.0 \(trained on .*\)'
aloud "--set sim.dt=0.05 --set sim.save_every=2" 'sim.dt 0.05 \(trained on 0.1\)'
quiet "--set ensemble.test_T=3"
quiet "--set initial.test.spread=2"
quiet "--set sim.rng=philox"
fresh; expect 0 -- local_; check "nothing is said of its own runs" test "$(grep -c 'other settings' err)" -eq 0

# --- runs of older scripts: read by everyone, replaced by nobody ---
older='[m.pop(key, None) for key in ("config_hash", "config", "provenance", "run_name", "mode", "order_params")]'
fresh; metadata "$older"
before=$(cat bad/t*/t*_*/*.npz | sha1sum)
for command in "run --oscar_dir bad --output_dir never" "simulate --mode train --sim_id 3 --output_dir bad/training" \
  "simulate --mode test --sim_id 0-1 --output_dir bad/test"; do
  expect 2 'bad/[a-z]*/t[a-z]*_00[03]: holds a run of another program' -- "$FLOCKCAST" $command $quick
done
for command in "submit --dry-run --oscar_dir bad" "submit --oscar_dir bad" "status bad --resubmit"; do
  expect 2 'bad: holds 8 runs of another program' -- "$FLOCKCAST" $command $quick
done
expect 3 'found 0 of 8 runs whole' -- "$FLOCKCAST" status bad $quick
check "it counts them" grep -q 'training  6 runs: 6 of another program' out
check "and proposes nothing that replaces them" bash -c '! grep -qE "resubmit|flockcast run" out'
expect 3 -- "$FLOCKCAST" status bad $quick --json
check "JSON counts them" grep -q '"foreign": 6' out
check "nothing was touched" test "$before" = "$(cat bad/t*/t*_*/*.npz | sha1sum)"
expect 0 -- "$FLOCKCAST" train --train_dir bad/training --output_dir bad/models $quick
check "seeds of others say nothing" "$FCAST_PYTHON" -c '
import json
m = json.load(open("bad/models/training_metadata.json")); assert m["seeds"] == [None] * 6 and m["config_of_runs"] == [], m'
expect 0 -- local_
expect 0 -- check_
# half of them: the others may be made, these not
fresh; metadata "$older"; rm -r bad/training/train_004
expect 0 'simulate training runs' -- "$FLOCKCAST" simulate --mode train --sim_id 4 --output_dir bad/training $quick

# --- order_params.npz belongs to a run that was made with it, for status and check alike ---
fresh; rm -r bad/test
expect 0 -- "$FLOCKCAST" simulate --mode test --sim_id 0-1 --output_dir bad/test $quick
expect 0 -- check_
expect 0 -- "$FLOCKCAST" status bad $quick
fresh; rm bad/test/test_001/order_params.npz
expect 3 'found 1 problem' -- check_
check "check names it" grep -q 'test_001/order_params.npz: missing' out
expect 3 'found 7 of 8 runs whole' -- "$FLOCKCAST" status bad $quick
check "status names it" grep -q 'test_001/order_params.npz: missing' out
expect 0 -- "$FLOCKCAST" run $quick --oscar_dir bad --output_dir local_out
check "run makes it" cmp good/test/test_001/order_params.npz bad/test/test_001/order_params.npz
finish
