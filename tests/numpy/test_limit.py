"""`flockcast limit`: the mean density over members simulated on from the true state, against NumPy."""
import os

import numpy as np

import judge

KNOWN = 4  # rom.p_lag
SECTION = dict(N="sim", Lx="sim", Ly="sim", bc="sim", T="sim", dt="sim", save_every="sim", speed="model", R="params", kind="noise",
               eta="noise", match_variance="noise", nx="density", ny="density", bandwidth="density")


def simulate(directory, last, *more, mode="test", folder="test", **settings):
    words = [w for key, value in settings.items() for w in ("--set", f"{SECTION[key]}.{key}={value}")]
    judge.flockcast("simulate", "--mode", mode, "--sim_id", f"0-{last}", "--output_dir", f"{directory}/{folder}", *words, *more)


def limit(directory, *more):
    judge.flockcast("limit", "--oscar_dir", directory, *more)


def load(directory, run):
    """Tracks, densities and limit of a test run."""
    files = [np.load(f"{directory}/test/test_{run:03}/{name}.npz", allow_pickle=True) for name in ("traj", "density", "limit")]
    return [{name: file[name] for name in file.files} for file in files]


def test_the_default_test_runs(directory):
    """Shapes, types, mass; and r2 about 0.98, pooled over the forecast frames of a run, with the training mean in the denominator."""
    simulate(directory, 19)
    simulate(directory, 99, mode="train", folder="training")
    limit(directory)
    train = [np.load(f"{directory}/training/{run}/density.npz")["rho"] for run in sorted(os.listdir(f"{directory}/training"))]
    mean = np.concatenate(train).mean(axis=0)
    r2 = []
    for run in range(20):
        _, density, found = load(directory, run)
        truth = density["rho"][KNOWN:]
        assert set(found) == {"rho_mean", "times", "n_members", "n_known", "config_hash"}
        assert found["rho_mean"].dtype == np.float64 and found["rho_mean"].shape == truth.shape == (17, 64, 64)
        assert found["n_members"] == 100 and found["n_known"] == KNOWN and found["n_known"].dtype == np.int64
        assert found["config_hash"].item() == judge.load_json(f"{directory}/test/test_{run:03}/metadata.json")["config_hash"]
        judge.close(found["times"], density["times"][KNOWN:], 0.0, "times")
        judge.close(found["rho_mean"].sum((1, 2)) * (15 / 64) ** 2, np.full(17, 40.0), 1e-11, "mass")
        r2.append(1 - ((truth - found["rho_mean"]) ** 2).sum() / ((truth - mean) ** 2).sum())
    print(f"      mean r2 {np.mean(r2):.4f}, from {min(r2):.4f} to {max(r2):.4f}")
    assert np.mean(r2) > 0.95 and np.mean(r2) < 0.999 and min(r2) > 0.8


def test_without_noise_it_is_the_run(directory):
    """Whatever the boundary, the noise, the frames saved, the generator of the run and the format of its files."""
    for i, (bc, kind, save_every, more) in enumerate([
            ("periodic", "gaussian", 1, ()), ("reflecting", "uniform", 3, ("output.compress=true",)), ("reflecting", "gaussian", 2, ("sim.rng=philox",)),
            ("periodic", "uniform", 4, ("output.compress=true", "sim.rng=philox")),
            ("periodic", "gaussian", 1, ("forces.enabled=true", "model.speed_mode=constant_with_forces")),
            ("reflecting", "gaussian", 2, ("forces.enabled=true", "model.speed_mode=variable", "forces.params.mu_t=0.1"))]):
        root, options = f"{directory}/{i}", [w for word in more for w in ("--set", word)]
        simulate(root, 3, *options, eta=0, bc=bc, kind=kind, save_every=save_every, T=2.5, nx=20, ny=17, Ly=11, speed=2)
        limit(root, "--members", "7", "--set", "rom.p_lag=2", *options)
        for run in range(4):
            _, density, found = load(root, run)
            judge.close(found["rho_mean"], density["rho"][2:], 1e-11, f"{bc} {kind} {save_every}")
            judge.close(found["times"], density["times"][2:], 0.0, "times")


def members_of_numpy(tracks, c, n, known, draw):
    """Densities [member, frame, y, x] of members simulated on by NumPy."""
    made = []
    for _ in range(n):
        x, heading = tracks["positions"][known - 1], tracks["velocities"][known - 1] / c["speed"]
        speed = np.full(c["N"], c["speed"])
        frames = []
        for i in range(1, (len(tracks["times"]) - known) * c["save_every"] + 1):
            x, heading, speed = judge.step(x, heading, speed, draw, c)
            if i % c["save_every"] == 0:
                frames.append(x)
        made.append(judge.smooth(np.array(frames), c))
    return np.array(made)


def test_members_are_those_of_numpy(directory):
    """Two means over independent members of one distribution, of variance s^2 in a cell, differ by s^2 (1/m + 1/n) in the mean square.
    Over 20 runs that is so within a third; a quarter more noise makes it 1.6, a state one frame off 20 and more."""
    common = dict(N=30, Lx=10.0, Ly=9.0, dt=0.1, T=2.0, speed=1.0, R=1.2, eta=0.8, nx=16, ny=12, bandwidth=1.0)
    for i, changes in enumerate([dict(bc="periodic", kind="gaussian", match_variance=True, save_every=2),
                                 dict(bc="reflecting", kind="uniform", match_variance=True, save_every=4),
                                 dict(bc="periodic", kind="gaussian", match_variance=False, save_every=5)]):
        c = dict(common, **changes)
        simulate(f"{directory}/{i}", 19, **dict(c, match_variance=str(c["match_variance"]).lower()))
        limit(f"{directory}/{i}", "--members", "400", "--set", "rom.p_lag=2")
        ratios, draw = [], np.random.default_rng(99)
        for run in range(20):
            tracks, _, found = load(f"{directory}/{i}", run)
            mine = members_of_numpy(tracks, c, 40, 2, draw)
            expected = mine.var(axis=0, ddof=1).sum((1, 2)) * (1 / 40 + 1 / 400)
            ratios.append(((mine.mean(axis=0) - found["rho_mean"]) ** 2).sum((1, 2)) / expected)
        ratio = np.mean(ratios, axis=0)
        assert ratio.min() > 0.7 and ratio.max() < 1.4 and 0.8 < ratio.mean() < 1.3, ratio


def test_many_agents_and_members_in_rounds(directory):
    """More positions than are kept at a time; without noise every round adds the same."""
    simulate(directory, 0, N=5000, R=0.3, eta=0, nx=16, ny=16)
    for members in (1, 300):
        limit(directory, "--members", members)
        _, density, found = load(directory, 0)
        assert found["n_members"] == members
        judge.close(found["rho_mean"] / density["rho"][KNOWN:], np.ones((17, 16, 16)), 1e-9, f"{members} members")


def test_nothing_depends_on_threads_or_order(directory):
    simulate(directory, 4)
    contents = []
    for threads, kept in ((1, ()), (2, ()), (7, ()), (3, (0, 3))):
        for run in range(5):
            if contents and run not in kept:
                os.remove(f"{directory}/test/test_{run:03}/limit.npz")
        os.environ["OMP_NUM_THREADS"] = str(threads)
        limit(directory, "--members", "33")
        del os.environ["OMP_NUM_THREADS"]
        contents.append([open(f"{directory}/test/test_{run:03}/limit.npz", "rb").read() for run in range(5)])
    assert all(content == contents[0] for content in contents)


if __name__ == "__main__":
    judge.run_tests(globals())
