#!/bin/bash
# The pages with commands for a cluster, as they are, through a real Slurm and a real ssh.
source_dir=${FCAST_SOURCE_DIR:?}
. "$source_dir/tests/support/shell.sh" || exit 1
. "$source_dir/tests/support/sshd.sh" || exit 1 # and slurm.sh with it
if ! slurm_available || ! sshd_available; then
  echo "0 passed, 0 failed"
  exit 77
fi
trap 'slurm_stop "$scratch/a"; sshd_stop "$scratch/s"; rm -rf "$scratch"' EXIT
slurm_start "$scratch/a" "PartitionName=batch Nodes=ALL MaxTime=INFINITE State=UP" || exit 1
sshd_start "$scratch/s" || exit 1
sed -i 's/^Host flockhost$/Host flockhost cluster/' "$scratch/s/ssh_config"

work=$scratch/s/home/work # what ssh finds as cluster:work
for page in README.md docs/cluster.md; do
  rm -rf "$work" && mkdir -p "$work"
  check "$page" "$FCAST_PYTHON" "$source_dir/tools/site/run_page.py" "$source_dir/$page" --slurm --directory "$work"
  cat log
done
finish
