#!/bin/bash
# Damaged, missing and unwritable files: one line, the documented exit status, no half-written file.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

small="--set ensemble.n_train=6 --set ensemble.m_test=4 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9 --set rom.ridge_alpha=1"
expect 0 -- "$FLOCKCAST" run $small
check "whole" "$FLOCKCAST" check oscar_outputs
mv oscar_outputs good

fresh() { rm -rf bad; cp -r good bad; }
unlisted() { # models that no list holds against, as of earlier versions: what is in them counts
  fresh
  "$FCAST_PYTHON" -c '
import json
p = "bad/models/training_metadata.json"; d = json.load(open(p)); del d["files"], d["checksum"]; json.dump(d, open(p, "w"))'
}
train() { "$FLOCKCAST" train --train_dir bad/training --output_dir models_out $small; }
local_() { "$FLOCKCAST" local --oscar_dir bad --output_dir local_out; }
rewrite() { # FILE PYTHON: members of an NPZ file in `m`
  "$FCAST_PYTHON" -c "
import numpy as np, sys
with np.load(sys.argv[1], allow_pickle=True) as f: m = {k: f[k] for k in f.files}
$2
np.savez(sys.argv[1], **m)" "$1"
}

# --- missing and damaged runs: status 3, and nothing is trained or predicted on the rest ---
fresh; rm -r bad/training/train_002; expect 3 'train_002.*missing' -- train
fresh; rm -r bad/training/train_005; expect 3 'train_005.*missing' -- train
fresh; rm bad/training/train_003/metadata.json; expect 3 'train_003/metadata.json' -- train
fresh; rm bad/training/train_003/density.npz; expect 3 'train_003/density.npz' -- train
fresh; : >bad/training/train_003/density.npz; expect 3 'train_003/density.npz' -- train
fresh; truncate -s 5000 bad/training/train_003/density.npz; expect 3 'train_003/density.npz' -- train
fresh; echo nonsense >bad/training/train_003/metadata.json; expect 3 'train_003/metadata.json: line 1' -- train
fresh; "$FCAST_PYTHON" -c '
p = "bad/training/train_003/density.npz"; b = bytearray(open(p, "rb").read()); b[3000] ^= 1; open(p, "wb").write(b)'
expect 3 'train_003/density.npz' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"][3, 4, 5] = np.nan'; expect 3 'train_003/density.npz: rho: found -?nan' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"] = m["rho"][:, :8]; m["y_edges"] = m["y_edges"][:9]'; expect 3 'found 8 x 16 cells, expected 16 x 16' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"] = m["rho"][0]'; expect 3 'train_003/density.npz: rho' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"] = np.array(["text"])'; expect 3 'train_003/density.npz.*rho' -- train
fresh; rewrite bad/training/train_003/density.npz 'del m["rho"]'; expect 3 'train_003/density.npz.*rho' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"] = m["rho"][:18]'; expect 3 "train_003/density.npz: 'times': shape .21,., expected .18," -- train
fresh; rewrite bad/training/train_003/density.npz 'm["rho"] = m["rho"][:18]; m["times"] = m["times"][:18]'; expect 3 'train_003/traj.npz: found 21 frames, expected 18 as in density.npz' -- train
fresh; rewrite bad/training/train_003/density.npz 'del m["times"]'; expect 3 'train_003/density.npz.*times' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["times"] = -m["times"]'; expect 3 'train_003/density.npz: times: found -0.1 after -?0, expected increasing' -- train
fresh; rewrite bad/training/train_003/density.npz 'm["x_edges"] = m["x_edges"][::-1]'; expect 3 'train_003/density.npz: x_edges: found [0-9.]+ after 15, expected increasing' -- train
expect 3 'nowhere' -- "$FLOCKCAST" train --train_dir nowhere --output_dir models_out
mkdir -p empty; expect 3 'empty: found no runs, expected train_000' -- "$FLOCKCAST" train --train_dir empty --output_dir models_out
expect 3 'expected at least 31' -- "$FLOCKCAST" train --train_dir good/training --output_dir models_out --set rom.p_lag=30
expect 3 'train_006.*missing' -- "$FLOCKCAST" train --train_dir good/training --output_dir models_out --n_train 7
check "no model was written" test ! -e models_out

fresh; rm -r bad/test/test_001; expect 3 'test_001: missing; found test_002 there, expected all numbers before it' -- local_
fresh; rm -r bad/training/train_005; expect 3 'train_005: missing; found 5 runs, expected 6$' -- train
fresh; rm -r bad/test; expect 3 'bad/test' -- local_
fresh; rm -r bad/models; expect 3 'bad/models/pod_model.npz' -- local_
fresh; rm bad/test/test_001/metadata.json; expect 3 'test_001/metadata.json' -- local_
unlisted; rewrite bad/models/mvar_model.npz 'm["A_matrices"] = m["A_matrices"][:, :1, :1]'; expect 3 'mvar_model.npz' -- local_
unlisted; rewrite bad/models/mvar_model.npz 'm["p"] = np.int64(9)'; expect 3 'mvar_model.npz: p: found 9' -- local_
unlisted; rewrite bad/models/pod_model.npz 'm["U"][0, 0] = np.inf'; expect 3 'pod_model.npz: U: found inf' -- local_
unlisted; rewrite bad/models/pod_model.npz 'm["mean"] = m["mean"][:7]'; expect 3 'pod_model.npz.*mean' -- local_
unlisted; expect 0 -- local_; rm -r local_out
unlisted; rm bad/models/field_model.npz; expect 3 'field_model.npz: not there' -- local_
fresh; rewrite bad/models/mvar_model.npz 'm["p"] = np.int64(9)'; expect 3 'mvar_model.npz: found .* bytes with checksum .* expected .* train again' -- local_
fresh; rm bad/models/field_model.npz; expect 3 'field_model.npz: not there' -- local_
fresh; rm bad/models/training_metadata.json; expect 3 'training_metadata.json: not there, expected beside' -- local_
fresh; sed -i 's/"N_train": 6/"N_train": 5/' bad/models/training_metadata.json; expect 3 'training_metadata.json: checksum' -- local_
fresh; "$FCAST_PYTHON" -c 'import json; json.dump({"files": 7}, open("bad/models/training_metadata.json", "w"))'
expect 3 'training_metadata.json: files: expected an object' -- local_
fresh; rewrite bad/test/test_001/density.npz 'm["rho"] = m["rho"][:4]; m["times"] = m["times"][:4]'; expect 3 'found 4 frames, expected at least 5' -- local_
fresh; rewrite bad/test/test_001/density.npz 'm["rho"] = m["rho"].repeat(2, axis=2); m["x_edges"] = np.linspace(0, 15, 33)'; expect 3 'test_001/density.npz: found 16 x 32' -- local_
fresh; rewrite bad/test/test_001/density.npz 'm["times"][3] = -1'; expect 3 'test_001/density.npz: times' -- local_
check "nothing was drawn" test ! -e local_out

# --- check finds all of it at once ---
fresh; rm -r bad/training/train_002; truncate -s 100 bad/test/test_003/traj.npz; rm bad/models/mvar_model.npz
expect 3 'found 3 problems' -- "$FLOCKCAST" check bad
expect 3 'not there' -- "$FLOCKCAST" check nowhere
expect 3 'traj.npz' -- "$FLOCKCAST" check bad/test/test_003/traj.npz
expect 3 'traj.npz' -- "$FLOCKCAST" check bad/test/test_003
expect 0 -- "$FLOCKCAST" check good/test/test_003
expect 2 'expected a directory' -- "$FLOCKCAST" check "$FCAST_SOURCE_DIR/README.md"
expect 3 'training_metadata.json' -- "$FLOCKCAST" info good/models/training_metadata.json
expect 0 -- "$FLOCKCAST" info good/test/test_000/traj.npz
check "info shows the pickled dict" grep -q '"ensemble"' out

# --- --quick: what is there, and nothing that is in it ---
prints() { # STATUS PATTERN COMMAND...: on standard output
  expect "$1" -- "${@:3}"; check "$3 $4 prints $2" grep -q -- "$2" out
}
change_byte() { "$FCAST_PYTHON" -c 'import sys; f = open(sys.argv[1], "r+b"); n = f.seek(0, 2) // 2; f.seek(n); b = f.read(1); f.seek(n); f.write(bytes([b[0] ^ 1]))' "$1"; }
for file in pod_model.npz mvar_selected.npz field_model.npz; do
  fresh; change_byte bad/models/$file
  prints 0 'models    3 of 3 models whole' "$FLOCKCAST" check bad --quick
  prints 3 "models/$file: " "$FLOCKCAST" check bad
  expect 0 -- "$FLOCKCAST" status bad --quick $small
  prints 3 "models/$file: " "$FLOCKCAST" status bad $small
  rm bad/models/$file
  prints 3 "models/$file: not there, expected as" "$FLOCKCAST" check bad --quick
  prints 3 "models/$file: not there, expected as" "$FLOCKCAST" status bad --quick $small
done
fresh; : >bad/models/eigenvalues.csv; expect 0 -- "$FLOCKCAST" check bad --quick
rm bad/models/eigenvalues.csv; prints 3 'models/eigenvalues.csv: not there' "$FLOCKCAST" check bad --quick
fresh; rm bad/models/[!pm]*; rm bad/models/*_selected.npz; prints 0 'models    1 of 1 models whole' "$FLOCKCAST" check bad --quick # of older scripts, without a report
rm bad/models/mvar_model.npz; prints 3 'models/mvar_model.npz: not there, expected the model that .flockcast train' "$FLOCKCAST" check bad --quick

# --- models that are whole, and do not fit each other: refused by all that read them ---
unfit() { # FILE PYTHON PATTERN
  unlisted; rewrite "bad/models/$1" "$2"
  expect 3 "$3" -- local_
  prints 3 "$3" "$FLOCKCAST" check bad
  prints 3 "$3" "$FLOCKCAST" status bad $small
}
unfit field_model.npz 'm["cells"] = np.array([16, 8])' 'models/field_model.npz: cells: found 128, expected 256 as in pod_model.npz'
unfit pod_model.npz 'm["U"], m["mean"] = m["U"][:128], m["mean"][:128]' 'models/pod_selected.npz: U: found 256 cells, expected 128 as in pod_model.npz'
unfit pod_model.npz 'm["U"], m["S"] = m["U"][:, :-1], m["S"][:-1]; m["R_POD"] -= 1' 'models/mvar_model.npz: r is [0-9]*, expected [0-9]*, the modes of pod_model.npz'
unfit mvar_model.npz 'm["A_matrices"] = m["A_matrices"][:1]; m["p"] = np.int64(1)' 'models/mvar_selected.npz: p: found [0-9]*, expected at most 1, the known frames of mvar_model.npz'

# --- files that are whole, and say different things of a run ---
fault() { # FILE PYTHON PATTERN: refused by a check of the run and of the tree
  fresh; rewrite "bad/$1" "$2"
  expect 3 "$3" -- "$FLOCKCAST" check "bad/$(dirname "$1")"
  check "the tree too" grep -qE "$3" <("$FLOCKCAST" check bad 2>&1)
}
fault test/test_001/density.npz 'm["rho"] *= 2' 'test_001/density.npz: rho: frame 0 .* sums to 80, expected 40'
fault test/test_001/density.npz 'm["rho"] -= 1; m["rho"][:, 0, 0] += 256' 'rho: found -[0-9.]+ in frame 0, expected no negative density'
fault training/train_002/density.npz 'm["rho"] = m["rho"].repeat(2, axis=2); m["x_edges"] = np.linspace(0, 15, 33)' 'train_002/density.npz: rho: found 16 x 32 cells, expected 16 x 16'
fault training/train_002/density.npz 'm["y_edges"] = m["y_edges"] * 2; m["rho"] /= 2' 'y_edges: found 0 to 30, expected 0 to 15'
fault test/test_000/traj.npz 'm["positions"][7, 3, 1] += 100' 'test_000/traj.npz: positions: found y = [0-9.]+ in frame 7, expected 0 to 15'
fault test/test_000/order_params.npz 'm["polarization"] *= 0.5' 'polarization: found [0-9.]+ in frame 0, expected [0-9.]+ by the velocities'
older() { # RUN: as scripts before this program left it
  "$FCAST_PYTHON" -c '
import json, sys
m = json.load(open(sys.argv[1]))
for key in ("config_hash", "checksum", "provenance"): del m[key]
if sys.argv[2:]: del m["config"]
json.dump(m, open(sys.argv[1], "w"))' "$@"
}
fresh; rewrite bad/test/test_000/traj.npz 'm["positions"][7:, 3, 1] += 15'; older bad/test/test_000/metadata.json
expect 0 -- "$FLOCKCAST" check bad/test/test_000 # not wrapped, the same place
rewrite bad/test/test_000/density.npz 'm["rho"] *= 2'; expect 3 'sums to 80, expected 40' -- "$FLOCKCAST" check bad/test/test_000
fresh; for run in bad/t*/t*; do older $run/metadata.json without_config; done
rewrite bad/test/test_002/density.npz 'm["rho"] = m["rho"].repeat(2, axis=2); m["x_edges"] = np.linspace(0, 15, 33)'
rm -r bad/models; expect 3 'found 2 problems' -- "$FLOCKCAST" check bad $small # and no models
check "cells of the first run" grep -q 'found 16 x 32 cells, expected 16 x 16 as in the first run' out
walls="$small --set sim.bc=reflecting --set output.float32=true"
for id in 0 1 2 3; do expect 0 -- "$FLOCKCAST" simulate --mode test --sim_id $id --output_dir walls --compute_order_params $walls; expect 0 -- "$FLOCKCAST" check walls/test_00$id; done
rewrite walls/test_000/density.npz 'm["rho"] *= 2'; expect 3 'rho: frame 0 .* sums to' -- "$FLOCKCAST" check walls/test_000
rewrite walls/test_001/traj.npz 'm["positions"][2, 3, 0] = -0.1'; expect 3 'positions: found x = -0.1 in frame 2' -- "$FLOCKCAST" check walls/test_001

# --- little address space: done or refused, but never waiting for threads that find no room to begin in ---
within() { # KILOBYTES COMMAND...: in a shell that has said nothing of threads
  env -u OMP_WAIT_POLICY -u OPENBLAS_NUM_THREADS timeout -s KILL 60 bash -c 'ulimit -v "$0"; exec "$@"' "$@"
}
if OPENBLAS_NUM_THREADS=1 bash -c 'ulimit -v 350000; exec "$FLOCKCAST" --version' >log 2>&1; then
  expect 0 -- within 350000 "$FLOCKCAST" config --defaults
  expect 0 -- within 350000 "$FLOCKCAST" --help
  expect 2 'unknown command' -- within 350000 "$FLOCKCAST" nosuch
  expect 0 -- within 350000 "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir little $small
  expect 1 'out of memory for 3000000 agents' -- within 400000 "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir little --set sim.N=3000000
  for threads in 1 8 48; do
    export OMP_NUM_THREADS=$threads
    expect 0 -- within 700000 "$FLOCKCAST" train --train_dir good/training --output_dir little/models $small
    expect 1 'found no 136 MB of address space for the buffer of BLAS' -- within 300000 "$FLOCKCAST" train --train_dir good/training --output_dir little/none $small
  done
  unset OMP_NUM_THREADS
else
  echo "left out: the program does not begin in 350 MB, as under a sanitizer"
fi
# --- how many runs there should be: config.yml beside them, whatever has become of the report; else what that says ---
fresh; rm -r bad/training/train_005 bad/test/test_003; rm bad/models/training_metadata.json
expect 3 'found 3 problems' -- "$FLOCKCAST" check bad
check "by config.yml" grep -q '^training  5 of 6 runs whole$' out
check "and of test runs" grep -q '^test      3 of 4 runs whole$' out
unlisted; rm bad/config.yml; "$FCAST_PYTHON" -c '
import json
p = "bad/models/training_metadata.json"; d = json.load(open(p)); del d["config"]["ensemble"]; json.dump(d, open(p, "w"))'
expect 0 -- "$FLOCKCAST" check bad
check "what older scripts do not say is what is there" grep -q '^test      4 of 4 runs whole$' out
rm -r bad/test/test_002; expect 3 'found 1 problem' -- "$FLOCKCAST" check bad
expect 3 'found 2 problems' -- "$FLOCKCAST" check bad --set ensemble.n_train=7

# --- settings of the command line that the files contradict: said, and no more ---
fresh; expect 0 '^--set density.nx changes nothing here: the models were trained with 16$' -- "$FLOCKCAST" train --train_dir bad/training --output_dir again $small --set density.nx=99
expect 0 '^--set rom.p_lag changes nothing here: the models were trained with [0-9]+$' -- "$FLOCKCAST" local --oscar_dir bad --set rom.p_lag=7 --set sim.N=4e1 --set output.float32=true
check "what agrees is not named" bash -c "! grep -E '^--set (sim|output)' err"
expect 0 -- "$FLOCKCAST" local --oscar_dir bad $small
check "nor what was trained with" bash -c "! grep '^--set' err"

# --- what is known to fail is said before the start ---
for option in oscar_dir output_dir; do expect 2 "--$option: found nothing" -- "$FLOCKCAST" run --$option "" $small; done
expect 2 'rom.p_lag: found 21, expected less than the frames of a run, 21' -- "$FLOCKCAST" run --oscar_dir early $small --set rom.p_lag=21
expect 1 'is a file' -- "$FLOCKCAST" run --oscar_dir early --output_dir good/config.yml $small
expect 1 'is a file' -- "$FLOCKCAST" train --train_dir good/training --output_dir good/config.yml
expect 2 'sim.N: found 2000000000' -- "$FLOCKCAST" run --oscar_dir early --set sim.N=2000000000
expect 2 'n_train: found 2000000000' -- "$FLOCKCAST" run --oscar_dir early --set ensemble.n_train=2000000000 --set ensemble.train_seed=5000000000
expect 2 '--log_dir' -- "$FLOCKCAST" submit --dry-run --oscar_dir early --log_dir "$(printf 'a\nrm -rf x')"
check "nothing was begun" test ! -e early
expect 1 'train_000: a density is inf' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir tiny --set sim.Lx=1e-308 --set sim.Ly=1e-308
check "nothing was written" test ! -e tiny/train_000
expect 0 '1 of them replaced' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir good/training $small --set noise.eta=0.1
expect 3 'found 9 of 10 runs' -- "$FLOCKCAST" status good
check "by the configuration of the run" grep -q '1 of another configuration' out

expect 2 'model.speed . sim.dt = 1.00000001, expected at most params.R / 2 = 1$' -- "$FLOCKCAST" config --set model.speed=10.0000001

# --- a pickle that holds what is not shown leaves the rest to be read ---
"$FCAST_PYTHON" -c '
import numpy as np, pathlib
np.savez("own.npz", positions=np.zeros((2, 3, 2)), times=np.arange(2.0), config={"a": np.arange(3), "b": {1: pathlib.Path("x")}, "N": 40})'
expect 0 -- "$FLOCKCAST" info own.npz
check "what is plain is shown" grep -q '"N": *40' out
check "the rest is named" grep -q '(not shown)' out
check "and the other members" grep -q positions out
expect 0 -- "$FLOCKCAST" check own.npz

# --- a pickle that calls something is refused and not run ---
"$FCAST_PYTHON" - <<'P'
import numpy as np, os
class Evil:
    def __reduce__(self): return (os.system, ("touch owned",))
np.savez("evil.npz", config=np.array(Evil(), dtype=object))
P
expect 3 'evil.npz.*config' -- "$FLOCKCAST" info evil.npz
check "nothing was run" test ! -e owned

# --- places that cannot be written: status 1, nothing half written ---
expect 1 'file_in_the_way' -- bash -c ': >file_in_the_way; "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir file_in_the_way/runs'
if [ "$(id -u)" -ne 0 ]; then
  mkdir locked; chmod a-w locked
  expect 1 'locked' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir locked/runs
fi
expect 1 'standard output' -- bash -c '"$FLOCKCAST" config --defaults >/dev/full'
# a disk of 300 kB, played by the limit on the size of a file: density.npz does not fit
expect 1 'density.npz' -- bash -c 'ulimit -f 300; "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir full'
fresh; expect 1 'File too large' -- bash -c 'ulimit -f 2; "$FLOCKCAST" local --oscar_dir bad --output_dir full/out'
check "no half run is taken for a whole one" test ! -e full/train_000/metadata.json
check "no half file" test ! -e full/train_000/density.npz
check "no temporary file" test -z "$(find . -name '.*' -type f)"
finish
