#!/bin/bash
#SBATCH --job-name=flockcast-train
#SBATCH --array=0-99
#SBATCH --output=logs/train_%a.out
#SBATCH --error=logs/train_%a.err
#SBATCH --time=00:30:00
#SBATCH --mem=2G
#SBATCH --cpus-per-task=1
#SBATCH --signal=B:TERM@60
# One training run a task. Submit from the directory that holds oscar_outputs/ and logs/ (make logs/ first):
#   sbatch oscar_pipeline/01_generate_training_data.sh
#   sbatch --array=5,12,23 oscar_pipeline/01_generate_training_data.sh        # these runs again
# FLOCKCAST_OPTIONS passes options on, as in FLOCKCAST_OPTIONS="--config my.yml". 'flockcast submit' packs short runs instead.

# flockcast is in PATH, next to this script, or built in the checkout this script lies in.
here=$(dirname "$(scontrol show job "$SLURM_JOB_ID" | sed -n 's/^ *Command=//p' | head -n 1)")
PATH=$PATH:$here:$here/../build/release
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
# shellcheck disable=SC2086 # options are words
exec flockcast simulate --mode train --sim_id "$SLURM_ARRAY_TASK_ID" --output_dir oscar_outputs/training $FLOCKCAST_OPTIONS
