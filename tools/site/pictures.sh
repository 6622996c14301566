#!/bin/sh
# The pictures of the default workflow that the pages show: tools/site/pictures.sh makes them anew in docs/images.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
program=${FLOCKCAST:-$root/build/release/flockcast}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
"$program" run
best=outputs/local_pipeline/best_runs/ring
cp $best/density_snapshots.png "$root/docs/images/forecast.png"
plots=outputs/local_pipeline/plots
cp $best/error_time.png $plots/r2_by_lead.png $plots/field_kernel.png $plots/summary.png "$root/docs/images"
