#!/bin/bash
# A sweep through a real Slurm: the same table as on this machine.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1
. "$FCAST_SOURCE_DIR/tests/support/slurm.sh" || exit 1
if ! slurm_available; then
  echo "0 passed, 0 failed"
  exit 77
fi
trap 'slurm_stop "$scratch/a"; rm -rf "$scratch"' EXIT
slurm_start "$scratch/a" || exit 1

grid="--grid noise.eta=0.5,2,4 --grid sim.N=20,80 --runs 3 --set sim.T=1"
expect 0 -- "$FLOCKCAST" sweep --output_dir here $grid
expect 0 -- "$FLOCKCAST" sweep --output_dir there $grid --submit --set cluster.runs_per_task=2 --set cluster.memory= --set cluster.train_memory= --set cluster.train_cpus=1
check "two jobs are named" test "$(grep -c 'job [0-9]' out)" -eq 2
check "they end" slurm_wait_empty 120
check "the same table" cmp here/sweep.csv there/sweep.csv
check "logs are where they were said to be" test -s logs/sweep_8.err -a -s logs/table.err
finish
