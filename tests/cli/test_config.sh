#!/bin/bash
# The configuration: reference, files, --set, and what is wrong with them.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

expect 0 -- "$FLOCKCAST" config --defaults
cp out defaults.yml
expect 0 -- "$FLOCKCAST" config --config defaults.yml
cp out from_file.json
expect 0 -- "$FLOCKCAST" config
check "the reference is the defaults" cmp out from_file.json
check "files are whole and plain unless asked" grep -A 2 '^output:$' defaults.yml
check "every key has a comment" bash -c "! grep -vE '^#|:$|#|^$' defaults.yml"

printf 'sim:\n  N: 7\n' >small.yml
expect 0 -- "$FLOCKCAST" config --config small.yml --set sim.Lx=20
check "file and --set both count" "$FCAST_PYTHON" -c 'import json; c = json.load(open("out")); assert (c["sim"]["N"], c["sim"]["Lx"], c["sim"]["Ly"]) == (7, 20.0, 15.0)'
expect 0 -- "$FLOCKCAST" config --set sim.N=9 --config small.yml
check "--set wins wherever it stands" "$FCAST_PYTHON" -c 'import json; assert json.load(open("out"))["sim"]["N"] == 9'

wrong() { # PATTERN YAML
  printf '%b' "$2" >wrong.yml
  expect 2 "$1" -- "$FLOCKCAST" config --config wrong.yml
}
wrong 'wrong.yml:2: sim.neighbour_rebuild: unknown key, did you mean sim.neighbor_rebuild' 'sim:\n  neighbour_rebuild: 5\n'
wrong 'did you mean density' 'densty:\n  nx: 5\n'
wrong 'sim.N' 'sim:\n  N: many\n'
wrong 'sim.N' 'sim:\n  N: 0\n'
wrong 'sim.N' 'sim:\n  N: 2.5\n'
wrong 'sim.bc' 'sim:\n  bc: open\n'
wrong 'wrong.yml:2: not YAML' 'sim: [1, 2\n'
wrong 'ic_types' 'ensemble:\n  ic_types: [uniform, square]\n'
wrong 'wrong.yml:2: output.compress: found .gzip., expected true or false' 'output:\n  compress: gzip\n'
wrong 'did you mean output.float32' 'output:\n  float_32: true\n'
wrong 'output: ' 'output: true\n'
expect 2 'output.float32: found .64.' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir x --set output.float32=64
expect 2 'missing.yml' -- "$FLOCKCAST" config --config missing.yml
expect 2 ': Is a directory' -- "$FLOCKCAST" config --config .
expect 2 'sim.dt.*params.R' -- "$FLOCKCAST" config --set sim.dt=1.5
expect 2 'section.key=value' -- "$FLOCKCAST" config --set sim.N
expect 0 -- "$FLOCKCAST" config --set forces.enabled=true --set model.speed_mode=variable
expect 2 'model.speed_mode: found .fast., expected one of constant, constant_with_forces, variable' -- "$FLOCKCAST" config --set model.speed_mode=fast
expect 2 'model.type: found .boids., expected one of vicsek, angular_diffusion, dorsogna' -- "$FLOCKCAST" config --set model.type=boids
expect 2 'forces.enabled: found false with model.type dorsogna' -- "$FLOCKCAST" config --set model.type=dorsogna
expect 0 -- "$FLOCKCAST" config --set model.type=dorsogna --set forces.enabled=true --set sim.dt=10
expect 2 'model.alignment_rate \* sim.dt = 2 ' -- "$FLOCKCAST" config --set model.type=angular_diffusion --set model.alignment_rate=20
expect 2 'forces.params.la: found .0., expected a number above 0' -- "$FLOCKCAST" config --set forces.params.la=0
expect 2 'forces.params.rcut_factor: found 1e.300, a cut-off distance of inf, expected one of at most 1e.18' -- "$FLOCKCAST" config --set forces.params.rcut_factor=1e300 --set forces.params.la=1e300
expect 2 'target_energy' -- "$FLOCKCAST" config --set rom.target_energy=1.5
expect 2 'rom.align: found .turn., expected one of none, shift' -- "$FLOCKCAST" config --set rom.align=turn
expect 2 'rom.align: found shift for a box with walls' -- "$FLOCKCAST" config --set rom.align=shift --set sim.bc=reflecting
expect 2 'rom.align: found shift with a rom.basis' -- "$FLOCKCAST" config --set rom.align=shift --set rom.basis=pod
expect 2 'rom.align: found shift with rom.transform sqrt' -- "$FLOCKCAST" config --set rom.align=shift --set rom.transform=sqrt
expect 2 'rom.align: found shift with moments' -- "$FLOCKCAST" config --set rom.align=shift --set rom.state=nematic
expect 2 'rom.transform: found sqrt with moments' -- "$FLOCKCAST" config --set rom.transform=sqrt --set rom.state=momentum
expect 2 'train_seed' -- "$FLOCKCAST" config --set ensemble.n_train=1001
seed=$(grep -oE "[0-9]+$" err)
expect 0 -- "$FLOCKCAST" config --set ensemble.n_train=1001 --set "ensemble.train_seed=$seed"
expect 2 'train_seed' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --output_dir x --set ensemble.n_train=1001
check "nothing was written" test ! -e x
finish
