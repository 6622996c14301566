#!/bin/bash
# The noise limit: what is wrong is said in one line, what is there is kept, and check and sync know of the files.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

small="--set ensemble.n_train=6 --set ensemble.m_test=4 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9 --set rom.ridge_alpha=1 --set rom.p_lag=3"
expect 0 -- "$FLOCKCAST" run $small
mv oscar_outputs good

fresh() { rm -rf bad; cp -r good bad; }
limit() { "$FLOCKCAST" limit --oscar_dir bad --members 5 "$@"; }
rewrite() { # FILE PYTHON: members of an NPZ file in `m`
  "$FCAST_PYTHON" -c "
import numpy as np, sys
with np.load(sys.argv[1], allow_pickle=True) as f: m = {k: f[k] for k in f.files}
$2
np.savez(sys.argv[1], **m)" "$1"
}
metadata() { # PYTHON: metadata.json of test_001 in `m`, as another program would write it
  "$FCAST_PYTHON" -c "
import json
path = 'bad/test/test_001/metadata.json'
m = json.load(open(path)); del m['checksum']
$1
json.dump(m, open(path, 'w'))"
}

# --- usage ---
expect 2 '--oscar_dir: missing' -- "$FLOCKCAST" limit
for n in 0 -3 1.5 many 65536; do expect 2 "--members: found '$n', expected an integer from 1 to 65535" -- "$FLOCKCAST" limit --oscar_dir good --members=$n; done
expect 3 'nowhere/test' -- "$FLOCKCAST" limit --oscar_dir nowhere
mkdir -p empty/test; expect 3 'empty/test: found no runs, expected test_000' -- "$FLOCKCAST" limit --oscar_dir empty
expect 2 'rom.p_lag: found 21, expected less than the frames of good/test/test_000, 21' -- "$FLOCKCAST" limit --oscar_dir good --set rom.p_lag=21
expect 2 'no_such.yml' -- "$FLOCKCAST" limit --oscar_dir good --config no_such.yml
check "nothing was written" test -z "$(find good empty -name 'limit*')"

# --- runs that do not say what they are ---
fresh; rm -r bad/test/test_002; expect 3 'test_002.*missing' -- limit
fresh; rm bad/test/test_003/traj.npz; expect 3 'test_003/traj.npz' -- limit
fresh; rm bad/test/test_001/density.npz; expect 3 'test_001/density.npz' -- limit
fresh; metadata 'del m["config"]'; expect 3 'test_001/metadata.json: config.sim.Lx: not there' -- limit
fresh; metadata 'del m["config"]["noise"]["eta"]'; expect 3 'test_001/metadata.json: config.noise.eta: not there' -- limit
fresh; metadata 'm["config"]["noise"]["kind"] = "pink"'; expect 3 'config.noise.kind: .*expected gaussian or uniform' -- limit
fresh; metadata 'm["config"]["noise"]["match_variance"] = 1'; expect 3 'config.noise.match_variance' -- limit
fresh; metadata 'm["config"]["model"]["speed_mode"] = "fast"'; expect 3 'config.model.speed_mode: .*expected constant, constant_with_forces or variable' -- limit
forced='m["config"]["model"]["speed_mode"] = "variable"; m["config"]["forces"]["enabled"] = True'
fresh; metadata 'm["config"]["model"]["type"] = "boids"'; expect 3 'config.model.type: .*expected vicsek, angular_diffusion or dorsogna' -- limit
fresh; metadata 'm["config"]["model"]["type"] = "angular_diffusion"; del m["config"]["model"]["alignment_rate"]'; expect 3 'config.model.alignment_rate: not there' -- limit
fresh; metadata 'm["config"]["model"]["type"] = "dorsogna"; m["config"]["model"]["beta"] = None'; expect 3 'config.model.beta: not there' -- limit
fresh; metadata 'm["config"]["model"]["type"] = "dorsogna"'; expect 3 'forces.enabled: found false' -- limit
fresh; metadata "$forced"'; m["config"]["forces"]["type"] = "lj"'; expect 3 'config.forces.type: .*expected morse' -- limit
fresh; metadata "$forced"'; del m["config"]["forces"]["params"]["la"]'; expect 3 'config.forces.params.la: not there' -- limit
fresh; metadata "$forced"'; m["config"]["forces"]["params"]["lr"] = 0'; expect 3 'test_001/metadata.json: config: forces.params.lr' -- limit
fresh; metadata 'del m["config"]["forces"]; del m["config"]["model"]["type"]'; expect 0 -- limit # files of other programs
fresh; metadata 'm["config"]["params"]["R"] = 0'; expect 3 'test_001/metadata.json: config: params.R' -- limit
fresh; metadata 'm["config"]["sim"]["dt"] = 0.05'; expect 3 'traj.npz: times: frame 1 is 0.1 behind the one before, expected 0.05' -- limit
fresh; metadata 'm["config"]["density"]["nx"] = 32'; expect 3 'found 16 x 16 cells, expected 16 x 32 as in metadata.json' -- limit
fresh; metadata 'del m["seed"]'; expect 3 'test_001/metadata.json: seed' -- limit
fresh; metadata 'm["seed"] = -4'; expect 3 'test_001/metadata.json: seed' -- limit
fresh; rewrite bad/test/test_001/traj.npz 'del m["velocities"]'; expect 3 'traj.npz: velocities: not there' -- limit
fresh; rewrite bad/test/test_001/traj.npz 'm["velocities"][2, 7] = 0'; expect 3 'test_001: velocities: agent 7 of frame 2' -- limit
check "no run has a limit then" test -z "$(find bad -name 'limit*')"
# older scripts: float32, no velocities, hardly any metadata
fresh; rewrite bad/test/test_001/traj.npz 'm = {k: m[k].astype("f4") for k in ("positions", "times")}'
echo '{"run_name": "test_001", "ic_type": "ring"}' >bad/test/test_001/metadata.json
expect 3 'test_001/metadata.json: config.sim.Lx' -- limit

# --- resuming: rom.p_lag is that of config.yml beside the runs ---
fresh
expect 0 'noise limit +4 of 4 in' -- limit
check "it says what is next" grep -q 'flockcast local --oscar_dir bad' out
check "of the lag that was trained" grep -q 'from frame 3 on' out
files() { cat bad/test/test_00*/limit.npz | sha1sum; }
stamps() { stat -c %y bad/test/test_00*/limit.npz; }
first=$(files); before=$(stamps)
expect 0 '4 of them were there' -- limit
check "nothing was written again" test "$before" = "$(stamps)"
rm bad/test/test_000/limit.npz; truncate -s 700 bad/test/test_002/limit.npz
expect 0 '2 of them were there' -- limit
check "the same again" test "$first" = "$(files)"
expect 0 -- limit --members 6
check "not said of those that were made" test "$(grep -c 'were there' err)" -eq 0
check "other members, other files" test "$first" != "$(files)"
expect 0 'noise limit +4 of 4 in' -- limit --set rom.p_lag=5
check "other lag" grep -q 'from frame 5 on' out
expect 0 '4 of them were there' -- limit --set rom.p_lag=5
expect 0 -- limit --set output.float32=true
check "the default lag again, and float64" test "$first" = "$(files)"

# --- check, info, local, sync ---
expect 0 -- "$FLOCKCAST" check bad
expect 0 -- "$FLOCKCAST" info bad/test/test_000/limit.npz
check "info shows it" grep -q 'rho_mean .*(18, 16, 16)' out
expect 0 -- "$FLOCKCAST" local --oscar_dir bad --output_dir local_out
cp -r bad limited
damage() { rm -rf bad; cp -r limited bad; rewrite bad/test/test_001/limit.npz "$1"; }
damaged() { # PATTERN: check says so, of the run and of the tree; status does not care; limit mends it
  expect 3 "$1" -- "$FLOCKCAST" check bad/test/test_001
  expect 3 'found 1 problem' -- "$FLOCKCAST" check bad
  expect 0 '3 of them were there' -- limit
  check "mended" test "$first" = "$(files)"
}
damage 'm["rho_mean"] = m["rho_mean"][1:]'; damaged 'limit.npz: .*rho_mean'
damage 'm["rho_mean"] = m["rho_mean"][:, :8]'; damaged 'limit.npz: .*rho_mean'
damage 'm["rho_mean"][2, 3, 4] = np.nan'; damaged 'limit.npz: rho_mean: found -?nan'
damage 'm["times"][2] = 0'; damaged 'limit.npz: times'
damage 'm["times"] += 0.1'; expect 3 'limit.npz: times: found 0.4 at frame 0, expected 0.3 as in density.npz' -- "$FLOCKCAST" check bad/test/test_001
damage 'm["n_known"] = np.int64(0)'; damaged 'limit.npz: n_known: found 0, expected 1 to 20'
damage 'm["n_known"] = np.int64(21)'; damaged 'limit.npz: n_known: found 21'
damage 'm["n_members"] = np.float64(0.5)'; damaged 'limit.npz.*n_members'
damage 'm["n_members"] = np.int64(-1)'; damaged 'limit.npz: n_members: found -1'
damage 'm["config_hash"] = np.array("0123456789abcdef", dtype=object)'; damaged "config_hash: found '0123456789abcdef'.*flockcast limit"
damage 'del m["config_hash"]'; damaged 'limit.npz.*config_hash'
damage 'del m["times"]'; damaged 'limit.npz.*times'
rm -rf bad; cp -r limited bad; truncate -s 3000 bad/test/test_001/limit.npz; damaged 'limit.npz'

rm -rf bad; cp -r limited bad
expect 0 '4 of them were there' -- "$FLOCKCAST" simulate --mode test --sim_id 0-3 --output_dir bad/test $small --compute_order_params
check "limits of the same runs stay" test "$first" = "$(files)"
expect 0 '1 of them replaced' -- "$FLOCKCAST" simulate --mode test --sim_id 1 --output_dir bad/test $small --set noise.eta=0.1
check "that of a replaced run goes" test ! -e bad/test/test_001/limit.npz
check "that of another stays" test -e bad/test/test_002/limit.npz

if command -v rsync >/dev/null; then
  expect 0 -- "$FLOCKCAST" sync limited copied
  check "sync brings them" test "$(find copied -name limit.npz | wc -l)" -eq 4
fi
check "nothing is left behind" test -z "$(find . -name '.*.tmp*')"
finish
