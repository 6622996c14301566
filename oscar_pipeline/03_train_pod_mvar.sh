#!/bin/bash
#SBATCH --job-name=flockcast-model
#SBATCH --output=logs/training.out
#SBATCH --error=logs/training.err
#SBATCH --time=01:00:00
#SBATCH --mem=8G
#SBATCH --cpus-per-task=4
# The models, once the training runs are there:
#   sbatch --dependency=afterok:JOBID --kill-on-invalid-dep=yes oscar_pipeline/03_train_pod_mvar.sh

# flockcast is in PATH, next to this script, or built in the checkout this script lies in.
here=$(dirname "$(scontrol show job "$SLURM_JOB_ID" | sed -n 's/^ *Command=//p' | head -n 1)")
PATH=$PATH:$here:$here/../build/release
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# shellcheck disable=SC2086 # options are words
exec flockcast train --train_dir oscar_outputs/training --output_dir oscar_outputs/models $FLOCKCAST_OPTIONS
