#!/bin/bash
# The files under configs/ run as they are, here for a few steps; docs/gallery.md shows each.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

for file in "$FCAST_SOURCE_DIR"/configs/*.yml; do
  name=$(basename "$file" .yml)
  expect 0 -- "$FLOCKCAST" config --config "$file"
  short="--config $file --set sim.T=0.48 --set ensemble.test_T=0.96"
  expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 0-3 --output_dir "$name/training" $short
  expect 0 -- "$FLOCKCAST" simulate --mode test --sim_id 0 --output_dir "$name/test" $short --compute_order_params
  expect 0 -- "$FLOCKCAST" check "$name/test/test_000"
  check "$name is in the gallery" grep -q "configs/$name.yml" "$FCAST_SOURCE_DIR/docs/gallery.md"
  check "with its picture" test -s "$FCAST_SOURCE_DIR/docs/images/gallery_$name.png"
done
check "there are twelve" test "$(ls "$FCAST_SOURCE_DIR"/configs/*.yml | wc -l)" -eq 12

expect 0 -- "$FLOCKCAST" config --config "$FCAST_SOURCE_DIR/configs/default.yml"
mv out named
expect 0 -- "$FLOCKCAST" config
check "the defaults are the defaults" cmp out named
check "test runs are longer" "$FCAST_PYTHON" -c '
import numpy as np
assert [len(np.load(f"gas/{run}/traj.npz")["times"]) for run in ("training/train_000", "test/test_000")] == [5, 9]'
# without forces, and with the two ways they act
check "speeds differ where they may" "$FCAST_PYTHON" -c '
import numpy as np
spread = {name: np.load(f"{name}/test/test_000/order_params.npz")["speed_std"][-1] for name in ("vicsek", "gas", "gas_variable")}
assert spread["vicsek"] < 1e-12 and spread["gas"] < 1e-12 and spread["gas_variable"] > 1e-3'
finish
