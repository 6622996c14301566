"""`flockcast simulate` against NumPy and SciPy: same seeds, same runs."""
import itertools
import os

import numpy as np

import judge

DEFAULT = dict(N=40, Lx=15.0, Ly=15.0, bc="periodic", T=2.0, dt=0.1, save_every=1, speed=1.0, R=2.0, kind="gaussian", eta=0.3,
               match_variance=True, nx=64, ny=64, bandwidth=2.0)
MORSE = dict(Cr=2.0, Ca=1.0, lr=0.5, la=1.5, mu_t=0.5, rcut_factor=5.0)
SECTION = dict(N="sim", Lx="sim", Ly="sim", bc="sim", T="sim", dt="sim", save_every="sim", neighbor_rebuild="sim",
               type="model", speed="model", speed_mode="model", alignment_rate="model", angular_diffusion="model",
               alpha="model", beta="model", R="params", kind="noise", eta="noise", match_variance="noise", nx="density", ny="density",
               bandwidth="density")


def simulate(directory, ic, seed, **changes):
    """One run of the program in a directory of its own; returns its run directory and its settings."""
    c = dict(DEFAULT, **changes)
    forces = changes.pop("forces", None)
    words = [w for key, value in changes.items() for w in ("--set", f"{SECTION[key]}.{key}={value}")]
    words += [w for key, value in (forces or {}).items() for w in ("--set", f"forces.params.{key}={value}")]
    words += ["--set", "forces.enabled=true"] if forces else []
    judge.flockcast("simulate", "--mode", "train", "--sim_id", "0", "--output_dir", directory, "--compute_order_params", *words,
                    "--set", f"ensemble.ic_types=[{ic}]", "--set", f"ensemble.train_seed={seed}",
                    "--set", f"ensemble.test_seed={seed + 1000}")
    return os.path.join(directory, "train_000"), c


def compare(directory, ic, seed, **changes):
    run, c = simulate(directory, ic, seed, **changes)
    x, v = (judge.dorsogna if c.get("type") == "dorsogna" else judge.vicsek)(ic, seed, c)
    traj, density = np.load(f"{run}/traj.npz", allow_pickle=True), np.load(f"{run}/density.npz")
    judge.close(traj["positions"][:3], x[:3], 1e-13 * max(c["Lx"], c["Ly"]), f"{ic} first positions")
    judge.close(traj["positions"], x, 1e-9, f"{ic} positions")
    judge.close(traj["velocities"], v, 1e-9, f"{ic} velocities")
    judge.close(traj["times"], c["dt"] * c["save_every"] * np.arange(len(x)), 1e-12, "times")
    # the density of the run's own positions: no rounding of the dynamics in between
    rho = judge.smooth(traj["positions"], c)
    judge.close(density["rho"], rho, 1e-12 * max(1.0, rho.max()), f"{ic} density")
    judge.close(density["x_edges"], np.linspace(0, c["Lx"], c["nx"] + 1), 0.0, "x_edges")
    judge.close(density["y_edges"], np.linspace(0, c["Ly"], c["ny"] + 1), 0.0, "y_edges")
    judge.close(density["extent"], [0, c["Lx"], 0, c["Ly"]], 0.0, "extent")
    if c["bc"] == "periodic":
        mass = density["rho"].sum((1, 2)) * (c["Lx"] / c["nx"]) * (c["Ly"] / c["ny"])
        judge.close(mass / c["N"], np.ones(len(x)), 1e-12, "mass")
    order = np.load(f"{run}/order_params.npz")
    for name, values in judge.order(traj["positions"], traj["velocities"], c).items():
        judge.close(order[name], values, 1e-10, name)
    judge.close(order["phi"], order["polarization"], 0.0, "phi")


def test_default_runs(directory):
    for seed, kind in enumerate(judge.TYPES, start=1000):
        compare(directory, kind, seed)


def test_every_combination_of_boundary_noise_and_type(directory):
    choices = itertools.product(("periodic", "reflecting"), ("gaussian", "uniform"), judge.TYPES)
    for seed, (bc, noise, ic) in enumerate(choices):
        compare(directory, ic, seed, bc=bc, kind=noise, N=31 + seed, Lx=12.0, Ly=9.0 + seed, R=1.3, eta=0.8, T=3.0,
                save_every=2, nx=20, ny=17, bandwidth=1.5, speed=1.5)


def test_boxes_from_smaller_than_the_radius_to_huge(directory):
    for seed, side in enumerate((0.5, 1.0, 3.0, 4.0, 6.0, 7.9, 100.0, 1e6)):
        compare(directory, "uniform", seed, N=60, Lx=side, Ly=1.7 * side, nx=12, ny=9)
        compare(directory, "two_clusters", seed, N=61, Lx=side, Ly=side, bc="reflecting", nx=12, ny=9, speed=0.5)


def test_forces(directory):
    """Both modes, both boundaries; cut-offs from a part of the box to far beyond it."""
    choices = itertools.product(("constant_with_forces", "variable"), ("periodic", "reflecting"), (0.5, 2.0, 5.0, 30.0))
    for seed, (mode, bc, factor) in enumerate(choices):
        forces = dict(MORSE, mu_t=0.1, rcut_factor=factor, Ca=2.0)
        compare(directory, judge.TYPES[seed % 4], seed, N=70 + seed, Ly=11.0, T=1.0, bc=bc, speed_mode=mode, forces=forces)
    # a box much larger than the cut-off, and one smaller than any length
    compare(directory, "uniform", 90, N=300, Lx=40.0, Ly=30.0, T=1.0, speed_mode="constant_with_forces", forces=dict(MORSE, la=0.6))
    compare(directory, "uniform", 91, N=20, Lx=1.0, Ly=0.7, T=0.5, speed_mode="constant_with_forces", forces=MORSE)


def test_angular_diffusion(directory):
    for seed, (mode, bc) in enumerate(itertools.product(("constant", "constant_with_forces", "variable"), ("periodic", "reflecting"))):
        compare(directory, judge.TYPES[seed % 4], seed, N=70 + seed, Ly=11.0, T=1.5, bc=bc, type="angular_diffusion", alignment_rate=4.0,
                angular_diffusion=0.2, speed_mode=mode, forces=dict(MORSE, mu_t=0.1))


def test_dorsogna(directory):
    for seed, (ic, bc) in enumerate(itertools.product(judge.TYPES, ("periodic", "reflecting"))):
        compare(directory, ic, seed, N=40 + seed, Lx=10.0, Ly=8.0, dt=0.02, T=1.0, bc=bc, type="dorsogna", alpha=1.0, beta=0.6,
                speed=1.5, save_every=5, forces=dict(MORSE, Cr=1.0, Ca=0.5, la=1.0))


def test_forces_do_nothing_at_constant_speed(directory):
    first, _ = simulate(f"{directory}/a", "ring", 3)
    second, _ = simulate(f"{directory}/b", "ring", 3, forces=MORSE)
    a, b = (np.load(f"{run}/traj.npz", allow_pickle=True)["positions"] for run in (first, second))
    assert (a == b).all()


def test_densities(directory):
    for seed, (nx, ny, bandwidth, bc) in enumerate(itertools.product((1, 5, 64), (3, 40), (0, 0.3, 1.0, 7.5), ("periodic", "reflecting"))):
        compare(directory, "uniform", seed, N=25, T=0.2, nx=nx, ny=ny, bandwidth=bandwidth, bc=bc)


def test_gaussian_noise_of_full_width(directory):
    compare(directory, "ring", 5, match_variance=False, eta=0.05)


def test_a_hundred_thousand_draws_are_numpys(directory):
    """Initial positions are draws scaled and shifted: equal bit for bit, into the tails of the normal distribution."""
    n = 100_000
    run, _ = simulate(directory, "uniform", 77, N=n, T=0.0, Lx=1.0, Ly=4.0, nx=4, ny=4)
    expected = np.random.default_rng(77).random((n, 2)) * [1.0, 4.0]
    assert (np.load(f"{run}/traj.npz", allow_pickle=True)["positions"][0] == expected).all()
    run, _ = simulate(directory, "gaussian_cluster", 78, N=n, T=0.0, Lx=1024.0, Ly=1024.0, nx=4, ny=4)
    expected = np.random.default_rng(78).normal(512.0, 1024.0 / 6, (n, 2))
    inside = ((expected >= 0) & (expected < 1024)).all(axis=1)
    assert inside.sum() > 0.99 * n and np.abs(expected - 512).max() > 4.2 * 1024 / 6
    assert (np.load(f"{run}/traj.npz", allow_pickle=True)["positions"][0][inside] == expected[inside]).all()


def test_neighbor_rebuild_changes_nothing(directory):
    first, _ = simulate(f"{directory}/a", "ring", 3, neighbor_rebuild=1)
    second, _ = simulate(f"{directory}/b", "ring", 3, neighbor_rebuild=17)
    a, b = (np.load(f"{run}/traj.npz", allow_pickle=True)["positions"] for run in (first, second))
    assert (a == b).all()


def test_runs_of_any_neighbor_rebuild_are_one_ensemble(directory):
    small = ("--set", "ensemble.n_train=6", "--set", "density.nx=16", "--set", "density.ny=16")
    make = ("simulate", "--mode", "train", "--output_dir", f"{directory}/training", *small)
    for ids, rebuild in (("0-2", 5), ("3-5", 1)):
        judge.flockcast(*make, "--sim_id", ids, "--set", f"sim.neighbor_rebuild={rebuild}")
    files = [f"{directory}/training/train_00{i}/traj.npz" for i in range(6)]
    before = [os.stat(name).st_mtime_ns for name in files]
    judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *small)
    judge.flockcast(*make, "--sim_id", "0-5")
    assert [os.stat(name).st_mtime_ns for name in files] == before, "none was made again"


def test_philox_is_a_generator_of_its_own(directory):
    common = ("simulate", "--mode", "train", "--output_dir", directory, "--set", "sim.rng=philox")
    judge.flockcast(*common, "--sim_id", "0-7")
    runs = [np.load(f"{directory}/train_00{i}/traj.npz", allow_pickle=True) for i in range(8)]
    x = np.array([run["positions"][0] for run in runs[::4]])
    assert (x[0] != x[1]).all() and x.min() >= 0 and x.max() < 15
    turned = runs[0]["velocities"]
    assert np.abs(np.hypot(turned[..., 0], turned[..., 1]) - 1).max() < 1e-12


if __name__ == "__main__":
    judge.run_tests(globals())
