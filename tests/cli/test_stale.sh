#!/bin/bash
# What an earlier evaluation or training left behind does not stand beside what is new, and nobody else's files are touched.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

small="--set ensemble.n_train=4 --set ensemble.m_test=2 --set density.nx=8 --set density.ny=8 --set sim.T=1 --set rom.p_lag=1 --set rom.target_energy=0.9 --set rom.ridge_alpha=1"
expect 0 -- "$FLOCKCAST" run $small --set 'ensemble.ic_types=[ring, uniform]'
results=outputs/local_pipeline

# --- figures and films of types that the evaluation has not ---
if [ "$FCAST_WITH_RENDER" = 1 ]; then
  check "both types" test -e $results/best_runs/ring/traj_truth.mp4 -a -e $results/best_runs/uniform/error_time.png
  echo mine >$results/best_runs/ring/notes.txt
  echo mine >$results/best_runs/error_time.png
  mkdir -p $results/best_runs/my_own
  cp $results/best_runs/uniform/error_hist.png $results/best_runs/my_own/mine.png
  expect 0 -- "$FLOCKCAST" run --oscar_dir other $small --set 'ensemble.ic_types=[two_clusters, uniform]' --formats png,svg
  check "both new types" test -e $results/best_runs/two_clusters/traj_truth.mp4 -a -e $results/best_runs/uniform/error_time.svg
  check "only what is not ours stays" test "$(ls $results/best_runs/ring)" = notes.txt
  check "also beside the types" test -e $results/best_runs/error_time.png -a "$(ls $results/best_runs/my_own)" = mine.png
  rm $results/best_runs/ring/notes.txt
  expect 0 -- "$FLOCKCAST" local --oscar_dir other
  check "a directory goes when it is empty" test ! -e $results/best_runs/ring -a -e $results/best_runs/my_own
  rm -r $results/best_runs/my_own $results/best_runs/error_time.png
  check "the types of the evaluation" test "$(ls $results/best_runs)" = $'two_clusters\nuniform'
fi
finish
