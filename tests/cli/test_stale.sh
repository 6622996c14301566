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
  mkdir -p outputs/elsewhere
  cp $results/best_runs/uniform/error_hist.png $results/best_runs/uniform/traj_truth.mp4 outputs/elsewhere
  ln -s ../../elsewhere $results/best_runs/kept
  expect 0 -- "$FLOCKCAST" run --oscar_dir other $small --set 'ensemble.ic_types=[two_clusters, uniform]' --formats png,svg
  check "both new types" test -e $results/best_runs/two_clusters/traj_truth.mp4 -a -e $results/best_runs/uniform/error_time.svg
  check "only what is not ours stays" test "$(ls $results/best_runs/ring)" = notes.txt
  check "also beside the types" test -e $results/best_runs/error_time.png -a "$(ls $results/best_runs/my_own)" = mine.png
  check "nothing is removed behind a link" test "$(ls $results/best_runs/kept/)" = $'error_hist.png\ntraj_truth.mp4'
  rm $results/best_runs/ring/notes.txt
  expect 0 -- "$FLOCKCAST" local --oscar_dir other
  check "a directory goes when it is empty" test ! -e $results/best_runs/ring -a -e $results/best_runs/my_own
  rm -r $results/best_runs/my_own $results/best_runs/error_time.png $results/best_runs/kept
  check "the types of the evaluation" test "$(ls $results/best_runs)" = $'two_clusters\nuniform'
fi

# --- sync: models that a later training has none of go, nothing else does ---
if command -v rsync >/dev/null; then
  expect 0 -- "$FLOCKCAST" sync oscar_outputs copy
  check "all models" test -e copy/models/field_model.npz -a -e copy/models/pod_selected.npz
  cp -r copy stale
  echo mine | tee copy/notes.txt copy/models/notes.txt copy/test/notes.npz >/dev/null
  expect 0 -- "$FLOCKCAST" train --train_dir oscar_outputs/training --output_dir oscar_outputs/models $small --set rom.select=none --set rom.field=false
  rsync -a oscar_outputs/ stale/ # what sync did of old
  expect 3 'models/pod_selected.npz: is there, expected nothing' -- "$FLOCKCAST" local --oscar_dir stale --output_dir not
  expect 0 -- "$FLOCKCAST" sync oscar_outputs copy
  check "models are those there" test "$(ls -I notes.txt copy/models)" = "$(ls oscar_outputs/models)"
  check "the user's files stay" test -e copy/notes.txt -a -e copy/models/notes.txt -a -e copy/test/notes.npz
  expect 0 -- "$FLOCKCAST" local --oscar_dir copy --output_dir again
  # before training has ended there, or where there is none, nothing is taken away
  expect 0 -- "$FLOCKCAST" train --train_dir oscar_outputs/training --output_dir oscar_outputs/models $small
  expect 0 -- "$FLOCKCAST" sync oscar_outputs copy
  mv oscar_outputs/models kept
  expect 0 -- "$FLOCKCAST" sync oscar_outputs copy
  check "models stay" test -e copy/models/field_model.npz -a -e copy/models/pod_selected.npz
  # a transfer that was cut, in the order in which rsync goes: every first part of the files is refused
  mkdir -p cut/models; cp -r oscar_outputs/test cut
  mkdir -p over; cp -r copy/models over; cp -r oscar_outputs/test over
  expect 0 -- "$FLOCKCAST" train --train_dir oscar_outputs/training --output_dir later $small --n_train 3
  LC_ALL=C
  for path in later/*; do # by name, as rsync goes
    file=${path#later/}
    cp "$path" cut/models; cp "$path" over/models
    if [ "$file" != training_metadata.json ]; then
      expect 3 'cut/models/' -- "$FLOCKCAST" local --oscar_dir cut --output_dir not
    fi
    case $file in training_metadata.json | eigenvalues.csv | index_mapping.csv) ;; *)
      expect 3 'over/models/' -- "$FLOCKCAST" local --oscar_dir over --output_dir not ;;
    esac
  done
  check "nothing was scored" test ! -e not
  expect 0 -- "$FLOCKCAST" local --oscar_dir cut --output_dir again
  expect 0 -- "$FLOCKCAST" local --oscar_dir over --output_dir again
fi
finish
