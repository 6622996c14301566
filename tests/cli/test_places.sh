#!/bin/bash
# Places that cannot be used: a full disk, a directory of somebody else. Status 1, the system's reason, nothing half written.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  # As nobody, with a copy of the program that nobody may read.
  chmod 755 .
  cp "$FLOCKCAST" program; chmod 755 program
  mkdir -m 700 locked
  nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups ./program "$@"; }
  expect 1 'locked/x: Permission denied' -- nobody check locked/x
  expect 1 'locked/x/models/training_metadata.json: Permission denied' -- nobody local --oscar_dir locked/x
  expect 1 'locked/x: cannot be opened: Permission denied' -- nobody train --train_dir locked/x --output_dir out_models
  expect 1 'locked/x: Permission denied' -- nobody simulate --mode train --sim_id 0 --output_dir locked/x
  expect 1 'locked/x: Permission denied' -- nobody status locked/x
  expect 1 'locked/a.npz: Permission denied' -- nobody info locked/a.npz
else
  mkdir -m 000 locked
  expect 1 'locked/x: Permission denied' -- "$FLOCKCAST" check locked/x
  expect 1 'locked/x: Permission denied' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir locked/x
fi

# A real disk that is too small, where one can be made.
mkdir disk
for size in 16k 64k 200k; do
  mount -t tmpfs -o size=$size tmpfs disk 2>/dev/null || break
  expect 1 'No space left on device' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir disk/runs
  check "no run is taken for whole at $size" test ! -e disk/runs/train_000/metadata.json
  check "nothing temporary at $size" test -z "$(find disk -name '.*' -type f)"
  for file in disk/runs/train_000/*.npz; do
    [ -e "$file" ] && check "what is there is whole at $size" "$FLOCKCAST" check "$file"
  done
  umount disk
done
finish
