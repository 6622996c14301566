#!/bin/bash
# Order parameters and structure of tracks: where they may lie, what is wrong, and the same whatever the threads.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

simulate() { "$FLOCKCAST" simulate --mode test --sim_id 0-4 --output_dir "${1:?}" "${@:2}" --set density.nx=8 --set density.ny=8; }
expect 0 -- simulate runs --set sim.N=60
order() { "$FLOCKCAST" order "$@"; }

# --- usage ---
expect 2 'expected DIR' -- order
expect 3 'nowhere: not there' -- order nowhere
mkdir empty; expect 3 'neither traj.npz nor runs' -- order empty
for n in 0 -1 x; do expect 2 "--link: found '$n'" -- order runs --link=$n; done
expect 2 "--r_max: found '-1'" -- order runs --r_max=-1
expect 2 'test_000: pair correlation: .* up to 7.5 at most' -- order runs --r_max 8
expect 2 "--bins: found '0'" -- order runs --bins=0
expect 2 "--discard: found '1'" -- order runs --discard=1
for list in "" gif png,gif png, ,png PNG csv "png, pdf"; do expect 2 "--formats" -- order runs "--formats=$list"; done
check "nothing was written" test ! -e outputs

# --- runs, a run, a file ---
expect 0 -- order runs --output_dir a --formats svg,pdf
if [ "$FCAST_WITH_RENDER" = 1 ]; then tables=5; else tables=4; fi
check "four tables, and that of the picture" test "$(ls a/*.csv | wc -l)" -eq $tables
check "a line for each frame of each run" test "$(wc -l <a/order_frames.csv)" -eq 106
if [ "$FCAST_WITH_RENDER" = 1 ]; then check "pictures" test ! -e a/order.png -a -s a/order.pdf -a -s a/order.svg -a -s a/order.csv; fi
OMP_NUM_THREADS=1 "$FLOCKCAST" order runs --output_dir b >/dev/null 2>err
check "the same with one thread" test "$(cat a/*.csv | sha1sum)" = "$(cat b/*.csv | sha1sum)"
expect 0 -- order runs/test_003 --output_dir c
expect 0 -- order runs/test_003/traj.npz --output_dir d
check "a file is its run" cmp c/pair_correlation.csv d/pair_correlation.csv
check "errors need runs" test "$(grep -c ',nan$' c/pair_correlation.csv)" -eq 50
expect 0 -- order runs --discard 0.9 --bins 7 --r_max 1 --link 0.5 --output_dir e
check "seven distances" test "$(wc -l <e/pair_correlation.csv)" -eq 8

# --- tracks that do not say what they are ---
"$FCAST_PYTHON" - <<'STOP'
import numpy as np
x = np.random.default_rng(1).random((3, 5, 2))
np.savez("bare.npz", positions=x, times=np.arange(3.0))
np.savez("boxed.npz", positions=x, times=np.arange(3.0), config=np.array({"sim": {"Lx": 1.0, "Ly": 1.0, "bc": "reflecting"}}, dtype=object))
np.savez("walls.npz", positions=x, times=np.arange(3.0), config=np.array({"sim": {"Lx": 1.0, "Ly": 1.0, "bc": "wall"}}, dtype=object))
gone, v = x.copy(), np.ones_like(x)
gone[1, 2] = v[1, 2] = np.nan
config = np.array({"sim": {"Lx": 1.0, "Ly": 1.0}, "params": {"R": 0.2}}, dtype=object)
np.savez("gone.npz", positions=gone, velocities=v, times=np.arange(3.0), config=config)
np.savez("said.npz", positions=gone, velocities=v, times=np.arange(3.0), config=config, n_present=[5, 4, 5])
np.savez("wrong.npz", positions=gone, velocities=v, times=np.arange(3.0), config=config, n_present=[5, 5, 5])
half = gone.copy(); half[0, 0, 1] = np.nan
np.savez("half.npz", positions=half, velocities=v, times=np.arange(3.0), config=config, n_present=[5, 4, 5])
STOP
expect 3 "walls.npz: config.sim.bc: found 'wall', expected periodic or reflecting" -- order walls.npz --link 1
mkdir mixed; cp -r runs/test_000 runs/test_001 mixed
"$FCAST_PYTHON" -c '
import json
p = "mixed/test_001/metadata.json"; d = json.load(open(p)); d["config"]["sim"]["Lx"] = 12.0; d.pop("checksum", None); json.dump(d, open(p, "w"))'
expect 3 'mixed/test_001/traj.npz: found a box of 12 x .* as of the first run' -- order mixed
expect 3 'bare.npz: config: found no box' -- order bare.npz --link 1
expect 2 '--link: missing' -- order boxed.npz
expect 0 -- order boxed.npz --link 0.3 --output_dir f
expect 3 'gone.npz: positions: found nan' -- order gone.npz
expect 3 'wrong.npz: n_present: found 5 for frame 1, expected 4' -- order wrong.npz
expect 3 'half.npz: agent 0 of frame 0: found 3 finite' -- order half.npz
expect 0 -- order said.npz --output_dir g
check "four of five are there" grep -q '^said.npz,1,1,4,' g/order_frames.csv
finish
