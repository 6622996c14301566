#!/bin/bash
# Submits both arrays and the training job that waits for the training array. Run it from the directory that is to hold
# oscar_outputs/ and logs/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p logs # without it Slurm fails every task and says nothing
training=$(sbatch --parsable "$here/01_generate_training_data.sh")
test=$(sbatch --parsable "$here/02_generate_test_data.sh")
models=$(sbatch --parsable --dependency="afterok:$training" --kill-on-invalid-dep=yes "$here/03_train_pod_mvar.sh")
echo "training runs: job $training"
echo "test runs:     job $test"
echo "models:        job $models, after $training"
echo "Watch: squeue --me; flockcast status oscar_outputs; tail logs/*.err"
