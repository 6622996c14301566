#!/bin/bash
# A sweep: usage, resuming, parts, threads, growing grids, scripts for Slurm, forecasts.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

settings="--set noise.kind=uniform --set sim.T=2 --runs 3"
sweep() { "$FLOCKCAST" sweep --output_dir "${1:?}" $settings "${@:2}"; }
grid="--grid noise.eta=0.5,2,4 --grid sim.N,sim.Lx,sim.Ly=20:5:5,80:10:10"

# --- usage: said before the first run ---
expect 2 '--grid: missing' -- "$FLOCKCAST" sweep
expect 2 "found 'noise.eta', which has no '='" -- sweep x --grid noise.eta
for bad in noise.eta= noise.eta=1,,2 noise.eta=1, =1 'sim.N,=1'; do expect 2 'is empty|no .=. behind' -- sweep x --grid "$bad"; done
expect 2 'not one part for each key' -- sweep x --grid sim.N,sim.Lx,sim.Ly=1:2
expect 2 'noise.eta=x: --set noise.eta: found .x.' -- sweep x --grid noise.eta=1,x
expect 2 'did you mean noise.eta' -- sweep x --grid noise.eat=1,2
expect 2 'noise.eta is there twice' -- sweep x --grid noise.eta=1,2 --grid sim.N,noise.eta=5:1
expect 2 'model.speed=99: sim.dt' -- sweep x --grid model.speed=1,99
expect 2 'expected --runs instead' -- sweep x --grid ensemble.n_train=3,5
expect 2 'found more, expected 1 to 6' -- sweep x $(printf -- '--grid sim.N=%d ' 1 2 3 4 5 6 7)
expect 2 'more than 10000 points' -- sweep x --grid "noise.eta=$(seq -s, 0 0.01 1.2)" --grid "sim.N=$(seq -s, 1 120)"
expect 2 'called so' -- sweep x --grid "cluster.extra=$(printf 'a%.0s' $(seq 250))"
expect 2 'without a slash' -- sweep x --grid cluster.extra=a/b
for n in 0 -1 two 1.5; do expect 2 "--runs: found '$n'" -- "$FLOCKCAST" sweep --grid noise.eta=1 --runs=$n; done
for n in 1 -0.1 half; do expect 2 "--discard: found '$n'" -- "$FLOCKCAST" sweep --grid noise.eta=1 --discard=$n; done
for n in 18 3-2 -1 a; do expect 2 "--part: found '$n'.* <= 17" -- sweep x $grid --part=$n; done
expect 2 '--part: found --submit' -- sweep x $grid --part 0 --submit
expect 2 '--part: found --forecast' -- sweep x $grid --part 0 --forecast
expect 2 "--formats: found 'gif'" -- sweep x $grid --formats png,gif
expect 2 '--submit: found --forecast' -- sweep x $grid --submit --forecast
check "nothing was written" test ! -e x

# --- the same whatever the threads, the parts and the interruptions ---
files() { (cd "$1" && find . -name '*.npz' -o -name '*.csv' | LC_ALL=C sort | xargs sha1sum); }
export OMP_NUM_THREADS=1
expect 0 'simulate runs +18 of 18' -- sweep a $grid
unset OMP_NUM_THREADS
check "a table of six points" test "$(wc -l <a/sweep.csv)" -eq 7
check "a directory for each" test -e a/noise.eta=4,sim.N=80,sim.Lx=10,sim.Ly=10/runs/train_002/metadata.json
check "no tracks" test -z "$(find a -name traj.npz)"
if [ "$FCAST_WITH_RENDER" = 1 ]; then check "pictures" test -s a/phase_diagram.png -a -s a/phase_diagram.pdf -a -s a/phase_diagram.csv; fi
expect 0 -- sweep b $grid --part 7-17
check "a part makes no table" test ! -e b/sweep.csv
expect 0 '11 of them were there' -- sweep b $grid
check "the same in parts" test "$(files a)" = "$(files b)"
before=$(find b -name '*.npz' -exec stat -c %y {} + | sort | tail -1)
expect 0 '18 of them were there' -- sweep b $grid
check "nothing was made again" test "$before" = "$(find b -name '*.npz' -exec stat -c %y {} + | sort | tail -1)"
truncate -s 100 b/noise.eta=2,sim.N=20,sim.Lx=5,sim.Ly=5/runs/train_001/order_params.npz
rm b/noise.eta=2,sim.N=20,sim.Lx=5,sim.Ly=5/runs/train_002/metadata.json
expect 0 '16 of them were there' -- sweep b $grid
check "mended" test "$(files a)" = "$(files b)"
expect 0 '12 of them were there' -- sweep b --grid noise.eta=0.5,1,4 --grid sim.N,sim.Lx,sim.Ly=20:5:5,80:10:10
check "a run is that of simulate" "$FLOCKCAST" simulate --mode train --sim_id 2 --output_dir c --compute_order_params --set noise.kind=uniform \
  --set sim.T=2 --set sim.N=80 --set sim.Lx=10 --set sim.Ly=10 --set noise.eta=4
check "bit for bit" cmp c/train_002/order_params.npz a/noise.eta=4,sim.N=80,sim.Lx=10,sim.Ly=10/runs/train_002/order_params.npz

# Far more than a minute of work, on two threads, so that it is not over before the signal comes.
long="--grid noise.eta=0.5,1 --set sim.N=2000 --set sim.T=30 --runs 5000 --set ensemble.test_seed=100000"
OMP_NUM_THREADS=2 "$FLOCKCAST" sweep --output_dir d $long >out 2>said &
pid=$!
for _ in $(seq 100); do [ -n "$(find d -name metadata.json 2>/dev/null | head -1)" ] && break; sleep 0.05; done
kill -TERM $pid; wait $pid
check "interrupted: status 1" test $? -eq 1
check "it says so" grep -q 'the same command makes the rest' said
check "no table" test ! -e d/sweep.csv
check "whole runs only" test "$(find d -name metadata.json | wc -l)" -eq "$(find d -name order_params.npz | wc -l)"

# --- what a grid may not be, and what becomes of runs of another configuration ---
expect 2 "found 'sim.N,sim.Lx=10:5,20', where a value has not one part for each key" -- sweep x --grid sim.N,sim.Lx=10:5,20
expect 2 'where a value has not one part for each key' -- sweep x --grid sim.N,sim.Lx=20,10:5
for values in 1,1 1,1.0 0.5,1e-1,0.1; do expect 2 "found 'noise.eta=$values', where a value is there twice" -- sweep x --grid noise.eta=$values; done
expect 2 'sim.N,sim.Lx=10:5,1e1:5.0., where a value is there twice' -- sweep x --grid sim.N,sim.Lx=10:5,1e1:5.0
expect 2 'rom.p_lag=25: rom.p_lag: found 25, expected less than the frames of a run, 21' -- sweep x --forecast --grid rom.p_lag=2,25
check "nothing was made" test ! -e x
expect 0 -- sweep square --grid sim.Lx,sim.Ly=5,6 --runs 1
check "one value for both keys" grep -q '^0,5,5,' square/sweep.csv
expect 0 '^ *1 of them replaced runs of another configuration' -- sweep square --grid sim.Lx,sim.Ly=5 --runs 1 --set sim.T=0
check "no drift in one frame" "$FCAST_PYTHON" -c '
import csv
row = next(csv.DictReader(open("square/sweep.csv")))
assert row["n_frames"] == "1" and row["drift"] == row["drift_se"] == "nan", row'

# --- values that are no numbers, one run, one point ---
expect 0 -- sweep e --grid 'ensemble.ic_types=[ring],[uniform, ring]' --runs 1
check "lists are quoted" grep -q '^1,"\[uniform, ring\]",40,1,11,' e/sweep.csv
check "no errors from one run" grep -q ',nan,' e/sweep.csv
expect 0 -- sweep f --grid noise.eta=1

# --- Slurm ---
"$FLOCKCAST" sweep --output_dir g $settings $grid --dry_run --set cluster.runs_per_task=4 >scripts 2>err
check "an array of five tasks" grep -q -- '--array=0-4$' scripts
check "and the table behind it" grep -q -- '--dependency=afterok:ID_OF_JOB_1' scripts
check "nothing is written by a dry run" test ! -e g
mkdir -p bin && cat >bin/sbatch <<'STOP'
#!/bin/bash
cat >"script_$(( $(ls script_* 2>/dev/null | wc -l) + 1 ))"; echo $(( 100 + $(ls script_* | wc -l) ))
STOP
printf '#!/bin/bash\nexit 1\n' | tee bin/squeue bin/scontrol bin/sacct >/dev/null; chmod +x bin/*
slurm() { PATH="$PWD/bin:$PATH" "$@"; }
expect 0 -- slurm "$FLOCKCAST" sweep --output_dir g $settings $grid --submit --set cluster.runs_per_task=4
check "two jobs" test -e script_2 -a ! -e script_3
for task in 3 0 4 2 1; do check "task $task" env SLURM_ARRAY_TASK_ID=$task bash script_1; done
check "the table" bash script_2
check "as without Slurm" test "$(files a)" = "$(files g)"
expect 0 -- slurm "$FLOCKCAST" sweep --output_dir g $settings $grid --submit --set cluster.runs_per_task=4
check "only the table then" test -e script_3 -a ! -e script_4
printf '#!/bin/bash\necho "7|1|RUNNING|$(sed -n s/.*job-name=//p script_1)|None|"\n' >bin/squeue
expect 2 'job 7 of it is in the queue' -- slurm "$FLOCKCAST" sweep --output_dir g $settings $grid --submit

# --- forecasts ---
small="--set density.nx=16 --set density.ny=16 --set ensemble.m_test=3 --set rom.target_energy=0.9 --set rom.ridge_alpha=1"
expect 0 -- "$FLOCKCAST" sweep --output_dir h --grid noise.eta=0.1,1 --runs 6 --forecast $small
check "r2 with its error" grep -q ',r2,r2_se,r2_persistence,r2_pod,model$' h/sweep.csv
check "of the best model" grep -q ',field$' h/sweep.csv
check "a point is an ensemble" "$FLOCKCAST" check h/noise.eta=0.1
finish
