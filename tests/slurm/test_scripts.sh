#!/bin/bash
# The scripts that cluster users know, as they are, through a real Slurm. The program is found beside the checkout they lie in.
source_dir=${FCAST_SOURCE_DIR:?}
. "$source_dir/tests/support/shell.sh" || exit 1
. "$source_dir/tests/support/slurm.sh" || exit 1
if ! slurm_available; then
  echo "0 passed, 0 failed"
  exit 77
fi
trap 'slurm_stop "$scratch/a"; rm -rf "$scratch"' EXIT
slurm_start "$scratch/a" || exit 1

# a checkout with the scripts and the program
mkdir -p checkout/build/release work && cp -r "$source_dir/oscar_pipeline" checkout && ln -s "$FLOCKCAST" checkout/build/release/flockcast
cd work || exit 1

mkdir logs
check "three runs" sbatch --array=5,12,23 ../checkout/oscar_pipeline/01_generate_training_data.sh
check "they end" slurm_wait_empty 60
check "these three" test "$(echo oscar_outputs/training/*)" = "oscar_outputs/training/train_005 oscar_outputs/training/train_012 oscar_outputs/training/train_023"
rmdir logs 2>/dev/null || rm -r logs

check "the whole pipeline" ../checkout/oscar_pipeline/run_oscar_pipeline.sh
check "three jobs are named" test "$(grep -c 'job [0-9]' log)" -eq 3
check "it ends" slurm_wait_empty 300
expect 0 -- "$FLOCKCAST" status oscar_outputs
check "logs are where they were said to be" test -s logs/train_99.err -a -s logs/test_19.err -a -s logs/training.err

mkdir next && cd next && cp ../../checkout/oscar_pipeline/01_generate_training_data.sh . && cp "$FLOCKCAST" flockcast && mkdir logs
check "next to the script" sbatch --array=7 01_generate_training_data.sh
check "it ends" slurm_wait_empty 60
check "it is there" test -e oscar_outputs/training/train_007/metadata.json
finish
