#!/bin/bash
# The results page in a real Chromium, driven by Playwright. 77: no Chromium, no Node.js or no Playwright.
set -eu
command -v chromium >/dev/null && command -v node >/dev/null && command -v npm >/dev/null || { echo "no chromium, node or npm: tools/install_packages.sh browser"; exit 77; }
[ "$FCAST_WITH_RENDER" = 1 ] || { echo "built without pictures: no page"; exit 77; }
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What drives it lives beside the program and stays there for the next time.
driver=$(dirname "$FLOCKCAST")/page-driver
mkdir -p "$driver"
cp "$here/package.json" "$here/package-lock.json" "$driver"
[ -d "$driver/node_modules/playwright-core" ] || npm ci --prefix "$driver" --silent --no-audit --no-fund ||
  { echo "Playwright cannot be fetched by npm: the page is not tested"; exit 77; }
cp "$here/test_page.mjs" "$driver"

cd "$work"
mkdir named
"$FLOCKCAST" config --defaults >named/config.yml
# What is in a configuration is shown, never obeyed.
printf '# </script><script>document.title = "taken over"</script> <!-- & "quoted"\n' >>named/config.yml
small="--set ensemble.n_train=12 --set ensemble.m_test=8 --set density.nx=32 --set density.ny=24 --set sim.Lx=16 --set sim.Ly=12"
"$FLOCKCAST" run --config named/config.yml $small --oscar_dir data --output_dir page 2>/dev/null >/dev/null
cp named/config.yml data/config.yml
"$FLOCKCAST" local --oscar_dir data --output_dir page >/dev/null 2>&1
# The least there can be: one run, one frame to forecast, no model but the specified one.
"$FLOCKCAST" run --set ensemble.n_train=3 --set ensemble.m_test=1 --set sim.T=0.4 --set rom.select=none --set rom.field=false --set rom.target_energy=0.5 \
  --oscar_dir one --output_dir one_page >/dev/null 2>&1
# Forecasts that overflow: the same model with coefficients out of this world.
cp -r one long
"$FCAST_PYTHON" - <<'END'
import json, numpy as np
path = "long/models/mvar_model.npz"
members = {name: array for name, array in np.load(path).items() if isinstance(array, np.ndarray)}
members["A_matrices"] *= 1e200
np.savez(path, **members)
path = "long/models/training_metadata.json"
report = json.load(open(path))
del report["files"], report["checksum"]
json.dump(report, open(path, "w"))
END
"$FLOCKCAST" local --oscar_dir long --output_dir long_page >/dev/null 2>&1
PAGES=$work node --test "$driver/test_page.mjs"
