#!/bin/bash
# Runs that are not what their directory says, and runs of other programs.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

quick="--set ensemble.n_train=6 --set ensemble.m_test=2 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9 --set rom.select=none --set rom.field=false"
expect 0 -- "$FLOCKCAST" run $quick --oscar_dir good

fresh() { rm -rf bad; cp -r good bad; }
put() { rm -rf "bad/$2"; cp -r "bad/$1" "bad/$2"; } # a run in the place of another
train() { "$FLOCKCAST" train --train_dir bad/training --output_dir models_out $quick; }
local_() { rm -rf local_out; "$FLOCKCAST" local --oscar_dir bad --output_dir local_out; }
check_() { "$FLOCKCAST" check bad; }
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
