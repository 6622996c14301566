#!/bin/bash
# Users' own trajectories: usage, bad files, and the way from a table to a forecast.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

# People who walk to the right through a corridor of 8 x 2 metres, seen for 24 seconds at 10 frames a second, in centimetres;
# made up here. Gaps of one to three frames.
"$FCAST_PYTHON" - <<'STOP'
import numpy as np
draw = np.random.default_rng(5)
rows = []
for person in range(60):
    start, lane, speed = draw.uniform(-8, 24), draw.uniform(0.3, 1.7), draw.uniform(0.9, 1.3)
    t = np.arange(240) / 10
    x = speed * (t - start)
    seen = (x > 0) & (x < 8) & (draw.random(240) > 0.02)
    rows += [(person + 1, f, 100 * x[f] - 50, 100 * lane + 10 * np.sin(3 * t[f] + person), 170.0) for f in np.flatnonzero(seen)]
with open("people.txt", "w") as to:
    to.writelines("%6d %6d %12.4f %12.4f %9.3f\n" % row for row in rows)
with open("people.csv", "w") as to:
    to.write("frame,person,y,x\n" + "".join("%d,%d,%r,%r\n" % (f, i, y, x) for i, f, x, y, _ in rows))
STOP
table="--columns id,frame,x,y,- --scale 0.01 --fps 10"
grid="--set density.nx=20 --set density.ny=6 --set density.bandwidth=1.5"
import() { "$FLOCKCAST" import "$@"; }

# --- usage ---
expect 2 '--output_dir: missing' -- import people.txt
expect 2 'expected FILE' -- import --output_dir x
expect 3 'nobody.txt: not there' -- import nobody.txt --output_dir x
expect 2 '--columns: missing.*people.txt' -- import people.txt --output_dir x
expect 2 '--fps: missing' -- import people.txt --columns id,frame,x,y,- --output_dir x
expect 2 '--columns: found .id,frame.*without one of' -- import people.txt --columns id,frame --output_dir x
for option in --scale --fps; do for n in 0 -1 fast; do expect 2 "$option: found '$n'" -- import people.txt $table $option=$n --output_dir x; done; done
for n in 0 1 -3 2.5; do expect 2 "--window: found '$n'" -- import people.txt $table --window=$n --output_dir x; done
for n in -1 x; do expect 2 "--max_gap: found '$n'" -- import people.txt $table --max_gap=$n --output_dir x; done
for n in 0 1 -0.2; do expect 2 "--test_share: found '$n'" -- import people.txt $table --test_share=$n --output_dir x; done
for box in 1 0,1,0 0,1,0,1,2 1,0,0,1 0,1,2,2 a,b,c,d 0,1,0,; do expect 2 '--box: found' -- import people.txt $table --box=$box --output_dir x; done
expect 2 '--bc: found .open' -- import people.txt $table --bc open --output_dir x
expect 2 '--box: missing.* a periodic box repeats' -- import people.txt $table --bc periodic --output_dir x
expect 2 '--frames: found .9-3' -- import people.txt $table --frames 9-3 --output_dir x
expect 2 '--frames: found nobody in frames 5000 to 6000' -- import people.txt $table --frames 5000-6000 --output_dir x
expect 2 'found 1 windows with somebody in every frame, expected at least two' -- import people.txt $table --window 200 --output_dir x
check "nothing was written" test ! -e x

# --- bad lines: file and line ---
bad() { # LINE PATTERN
  { sed -n 1,99p people.txt; printf "$1\n"; sed -n 100,200p people.txt; } >bad.txt
  expect 3 "^flockcast import: bad.txt:100: $2" -- import bad.txt $table --output_dir x
}
bad '1 2 3' 'found 3 columns, expected 5'
bad '1 2 3 4 5 6' 'found 6 columns'
bad '1 2 nan 4 5' "column 3 .x.: found 'nan'"
bad '1.5 2 3 4 5' "column 1 .id.: found '1.5'"
bad '1 two 3 4 5' "column 2 .frame.: found 'two'"
bad '1 2 3,4 5' 'column 1|found 2 columns'
bad "$(sed -n 7p people.txt)" 'id 1 is in frame [0-9]* again, first in line 7'
bad '1 \0 3 4 5' 'found a 0 byte'
expect 3 'people.csv:1: column 1 .frame.: found .frame., expected an integer; --skip_lines leaves out a head' -- import people.csv --columns frame,id,y,x --fps 1 --output_dir x
gzip -c people.txt >people.txt.gz; expect 3 'people.txt.gz: found a compressed file' -- import people.txt.gz $table --output_dir x
head -c 300000 /dev/urandom >noise.txt; expect 3 'noise.txt:1: ' -- import noise.txt $table --output_dir x
: >empty.txt; expect 3 'empty.txt: found no line of numbers' -- import empty.txt $table --output_dir x
check "nothing was written" test ! -e x

awk '{print $1, $2, 3, $4, $5}' people.txt >line.txt
expect 2 '--box: missing, .* all that was seen lies from 0.03 to 0.03' -- import line.txt $table --output_dir x

# --- archives: what they say is taken or refused, and so are options for tables ---
"$FCAST_PYTHON" - <<'STOP'
import numpy as np
x = np.random.default_rng(3).random((50, 6, 2)) * 10
for name, sim in {"good": {"Lx": 10, "Ly": 10, "bc": "reflecting"}, "open": {"Lx": 10, "Ly": 10, "bc": "open"}, "number": {"Lx": 10, "Ly": 10, "bc": 3},
                  "negative": {"Lx": -10, "Ly": 10}, "half": {"Lx": 10, "bc": "periodic"}, "small": {"Lx": 5, "Ly": 10, "bc": "periodic"}}.items():
    np.savez(name + ".npz", positions=x, times=np.arange(50) / 10, config=np.array({"sim": sim}, dtype=object))
STOP
for option in "--columns id,frame,x,y" "--skip_lines 5" "--frames 0-9"; do expect 2 "^flockcast import: ${option%% *}: found NPZ files" -- import good.npz $option --output_dir x; done
expect 2 '--fps: good.npz has times of its own' -- import good.npz --fps 5 --output_dir x
expect 3 "open.npz: config.sim.bc: found 'open', expected periodic or reflecting" -- import open.npz --output_dir x
expect 3 "number.npz: config.sim.bc: found 'no text'" -- import number.npz --output_dir x
expect 3 'negative.npz: config.sim.Lx: found -10, expected a length above 0' -- import negative.npz --output_dir x
expect 3 'half.npz: config.sim.Ly: found 0, expected a length above 0' -- import half.npz --output_dir x
check "nothing was written" test ! -e x
expect 0 -- import open.npz --bc reflecting --box 0,10,0,10 --window 10 $grid --output_dir overruled
expect 0 -- import small.npz --window 10 $grid --output_dir folded
check "how many were outside" grep -qE '; wrapped: 1[0-9][0-9] outside the box; ' out

# --- the whole way ---
expect 0 -- import people.txt $table --box=-0.5,7.5,0,2 --max_gap 3 --window 12 $grid --output_dir a
check "it says what became of it" grep -q '^[0-9]* tracks in a box of 8 x 2 (walls)' out
check "cells are nearly square" test -z "$(grep 'makes them square' out)"
check "windows" grep -q '16 training and 4 test runs of up to 12 frames' out
expect 0 -- "$FLOCKCAST" check a/training/train_003
expect 3 'found 1 problem' -- "$FLOCKCAST" check a
expect 3 'models missing' -- "$FLOCKCAST" status a
expect 0 -- "$FLOCKCAST" train --train_dir a/training --output_dir a/models --set rom.target_energy=0.9
expect 0 -- "$FLOCKCAST" check a
expect 0 -- "$FLOCKCAST" local --oscar_dir a --output_dir local
check "a forecast" test "$(wc -l <local/metrics_all_runs.csv)" -eq 5
expect 0 -- "$FLOCKCAST" order a/test --link 1 --output_dir order
expect 3 'metadata.json: source: found a recording, expected a simulated run' -- "$FLOCKCAST" limit --oscar_dir a
expect 2 'rom.transform: found sqrt for runs whose number of agents changes' -- "$FLOCKCAST" train --train_dir a/training --output_dir m --set rom.transform=sqrt --set rom.state=density
expect 2 '--output_dir: found runs in a that are not of this import' -- import people.txt $table --output_dir a
expect 0 -- import people.txt $table --box=-0.5,7.5,0,2 --window 12 --output_dir flat
check "cells that are not square" grep -q 'density.nx=64 --set density.ny=16 makes them square' out
expect 2 'a/training: holds runs that were imported' -- "$FLOCKCAST" run --oscar_dir a
expect 2 'a/test: holds runs that were imported' -- "$FLOCKCAST" simulate --mode test --sim_id 0 --output_dir a/test
check "the configuration of the import stays" test a/config.yml -ot a/models/pod_model.npz
files() { (cd a && find training test -name '*.npz' | LC_ALL=C sort | xargs sha1sum); }
before=$(files); rm -r a/test/test_002 a/training/train_005/traj.npz
expect 0 -- import people.txt $table --box=-0.5,7.5,0,2 --max_gap 3 --window 12 $grid --output_dir a
check "the same import is made again" test "$before" = "$(files)"
for name in densities tracks; do [ $name = tracks ] && format="--set output.float32=true --set output.compress=true" || format=""
  expect 0 -- import people.txt $table --box=-0.5,7.5,0,2 --max_gap 3 --window 12 $grid $format --output_dir $name; done
check "the same again" test "$(cd a/training && sha1sum */*.npz)" = "$(cd densities/training && sha1sum */*.npz)"
expect 0 -- "$FLOCKCAST" check tracks/training/train_003
OMP_NUM_THREADS=1 "$FLOCKCAST" import people.csv --columns frame,id,y,x --skip_lines 1 --scale 0.01 --fps 10 --box=-0.5,7.5,0,2 --max_gap 3 --window 12 $grid --output_dir b >out 2>err
check "columns in another order" test "$(ls b/training | wc -l)" -eq 16

# --- in a periodic box the number changes too ---
expect 0 -- import people.txt $table --bc periodic --box=-0.5,7.5,0,2 --window 12 $grid --output_dir p
expect 0 -- "$FLOCKCAST" train --train_dir p/training --output_dir p/models --set rom.target_energy=0.9
expect 0 -- "$FLOCKCAST" check p
check "POD modes are chosen" "$FCAST_PYTHON" -c "
import csv
assert {row['basis'] for row in csv.DictReader(open('p/models/selection.csv'))} == {'pod'}"
expect 2 'rom.basis: found fourier for runs whose number of agents changes' -- "$FLOCKCAST" train --train_dir p/training --output_dir m --set rom.basis=fourier
expect 2 'rom.align: found shift for runs' -- "$FLOCKCAST" train --train_dir p/training --output_dir m --set rom.align=shift
"$FCAST_PYTHON" - <<'STOP'
import numpy as np
with np.load("p/test/test_001/density.npz") as f: m = dict(f)
m["rho"][3] *= 1.01
np.savez("p/test/test_001/density.npz", **m)
STOP
expect 3 'test_001/density.npz: rho: frame 3 .* sums to' -- "$FLOCKCAST" check p/test/test_001

# --- trees of runs ---
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 0-4 --output_dir old --set density.nx=8 --set density.ny=8
rm old/*/metadata.json old/*/density.npz
expect 0 -- import old $grid --output_dir new
check "one in five is a test run" grep -q '4 training and 1 test runs of up to 21 frames' out
check "in the box it had" grep -q 'box of 15 x 15 (periodic)' out
expect 3 'neither|found no runs' -- import order --output_dir z
check "nothing is left behind" test -z "$(find . -name '.*.tmp*')"
finish
