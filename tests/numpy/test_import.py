"""`flockcast import`: what NumPy makes of the same tables and arrays, run by run."""
import os

import numpy as np

import judge

GRID = dict(nx=12, ny=7, bandwidth=1.2)


def make_walkers(n_frames, n, box, draw, seen=0.95, speed=0.3):
    """positions (T, N, 2), nan where somebody is not there."""
    start, velocity = draw.random((n, 2)) * box, speed * draw.standard_normal((n, 2))
    x = start + velocity * np.arange(n_frames)[:, None, None] + 0.02 * draw.standard_normal((n_frames, n, 2))
    come, go = draw.integers(0, n_frames // 2, n), draw.integers(n_frames // 2, n_frames, n)
    t = np.arange(n_frames)[:, None]
    x[(t < come) | (t > go) | (draw.random((n_frames, n)) > seen)] = np.nan
    return x


def fill(x, max_gap, period=None):
    """Gaps of at most max_gap frames, by numpy.interp on the way unwrapped between the two ends."""
    x = x.copy()
    for i in range(x.shape[1]):
        there = np.flatnonzero(np.isfinite(x[:, i, 0]))
        for a, b in zip(there[:-1], there[1:]):
            if 1 < b - a <= max_gap + 1:
                way = x[b, i] - x[a, i]
                if period is not None:
                    way -= period * np.rint(way / period)
                x[a + 1:b, i] = x[a, i] + way * (np.arange(1, b - a) / (b - a))[:, None]
    return x


def differentiate(x, half, dt, period=None):
    """Central differences over `half` frames where somebody is there all the time; lonely positions go."""
    x, v = x.copy(), np.full_like(x, np.nan)
    lonely = []
    for i in range(x.shape[1]):
        there = np.isfinite(x[:, i, 0])
        for k in np.flatnonzero(there):
            a = b = k
            while k - a < half and a > 0 and there[a - 1]:
                a -= 1
            while b - k < half and b + 1 < len(x) and there[b + 1]:
                b += 1
            steps = np.diff(x[a:b + 1, i], axis=0)
            if period is not None:
                steps -= period * np.rint(steps / period)
            if b > a:
                v[k, i] = steps.sum(0) / ((b - a) * dt)
            else:
                lonely.append((k, i))
    for k, i in lonely:
        x[k, i] = np.nan
    return x, v


def confine(x, v, origin, box, bc):
    x, v = x - origin, v.copy()
    if bc == "periodic":
        return np.mod(x, box), v
    with np.errstate(invalid="ignore"):
        out = ~((x >= 0) & (x <= box)).all(-1)
    x[out] = v[out] = np.nan
    return x, v


def check_runs(directory, x, v, times, window, every, n_test, box, bc):
    """Every run is its window: tracks of those that are there, densities, order parameters."""
    first = np.flatnonzero(np.isfinite(x[:, :, 0]).any(1))[0]
    starts = []
    for a in range(first, len(x) - (window - 1) * every, window * every):
        if np.isfinite(x[a:a + window * every:every, :, 0]).any(1).all():
            starts.append(a)
    n_train = len(starts) - n_test
    names = [f"training/train_{i:03}" for i in range(n_train)] + [f"test/test_{i:03}" for i in range(n_test)]
    assert sorted(os.listdir(f"{directory}/training")) == [n[9:] for n in names[:n_train]] and len(os.listdir(f"{directory}/test")) == n_test
    c = dict(GRID, Lx=box[0], Ly=box[1], bc=bc)
    for a, name in zip(starts, names):
        frames = slice(a, a + (window - 1) * every + 1, every)
        ever = np.isfinite(x[frames, :, 0]).any(0)
        expected_x, expected_v = x[frames][:, ever], v[frames][:, ever]
        here = np.isfinite(expected_x[:, :, 0])
        with np.load(f"{directory}/{name}/traj.npz", allow_pickle=True) as run:
            assert (np.isnan(run["positions"]) == np.isnan(expected_x)).all() and (np.isnan(run["velocities"]) == np.isnan(expected_x)).all()
            judge.close(np.nan_to_num(run["positions"]), np.nan_to_num(expected_x), 1e-11, "positions")
            judge.close(np.nan_to_num(run["velocities"]), np.nan_to_num(expected_v), 1e-10, "velocities")
            judge.close(run["times"], times[frames] - times[a], 1e-12, "times")
            if here.all():
                assert "n_present" not in run.files
            else:
                judge.close(run["n_present"], here.sum(1), 0.0, "n_present")
            assert set(run["config"].item()) == {"sim", "ensemble", "density", "rom"}
        rho = np.concatenate([judge.smooth([frame[there]], c) for frame, there in zip(expected_x, here)])
        with np.load(f"{directory}/{name}/density.npz") as density:
            judge.close(density["rho"], rho, 1e-11, "rho")
            if bc == "periodic":
                judge.close(density["rho"].sum((1, 2)) * np.prod(box) / (GRID["nx"] * GRID["ny"]), here.sum(1), 1e-10, "mass")
        with np.load(f"{directory}/{name}/order_params.npz") as order:
            for k, (frame, there) in enumerate(zip(expected_v, here)):
                unit = frame[there] / np.linalg.norm(frame[there], axis=1, keepdims=True)
                judge.close(order["polarization"][k], np.linalg.norm(unit.mean(0)), 1e-9, "polarization")
                judge.close(order["mean_speed"][k], np.linalg.norm(frame[there], axis=1).mean(), 1e-10, "mean_speed")
        metadata = judge.load_json(f"{directory}/{name}/metadata.json")
        assert metadata["ic_type"] == "recorded" and abs(metadata["source"]["first_time"] - times[a]) < 1e-12
        assert metadata["agents_come_and_go"] == (not here.all())


def table(path, x, first_frame=0, step=1, separator=" ", v=None):
    with open(path, "w") as to:
        for k, i in np.argwhere(np.isfinite(x[:, :, 0])):
            more = [] if v is None else [repr(float(a)) for a in v[k, i]]
            to.write(separator.join([str(10 * i - 30), str(first_frame + step * k), *(repr(float(a)) for a in x[k, i]), *more]) + "\n")


def run_import(source, directory, *more, **options):
    words = [w for key, value in options.items() for w in (f"--{key}={value}",)]
    return judge.flockcast("import", source, "--output_dir", directory, *words, *more, *judge.settings(**{f"density_{k}": v for k, v in GRID.items()}))[0]


def test_tables(directory):
    """Walls and periodic, units, gaps, a stride in frame numbers, wider differences, windows of every second frame."""
    draw = np.random.default_rng(1)
    box, origin = np.array([6.0, 4.0]), np.array([-1.0, 2.0])
    for i, (bc, max_gap, half, every, window) in enumerate([("reflecting", 0, 1, 1, 9), ("periodic", 2, 2, 1, 10), ("reflecting", 3, 1, 2, 8), ("periodic", 1, 3, 3, 6)]):
        raw = make_walkers(130, 25, box, draw, speed=0.02 if bc == "reflecting" else 0.3)
        table(f"{directory}/t.txt", (raw + origin) * 100, first_frame=40, step=5, separator=" ,;"[i % 3])
        run_import(f"{directory}/t.txt", f"{directory}/{i}", columns="id,frame,x,y", scale=0.01, fps=20, bc=bc, box="-1,5,2,6", max_gap=max_gap,
                   velocity_frames=half, every=every, window=window, test_share=0.3)
        period = box if bc == "periodic" else None
        x = raw[:, np.isfinite(raw[:, :, 0]).any(0)] + origin
        x, v = differentiate(fill(x, max_gap, period), half, 0.25, period)
        x, v = confine(x, v, origin, box, bc)
        n = sum(len(os.listdir(f"{directory}/{i}/{folder}")) for folder in ("training", "test"))
        check_runs(f"{directory}/{i}", x, v, 2 + 0.25 * np.arange(130), window, every, round(0.3 * n), box, bc)


def test_velocities_of_the_table(directory):
    draw = np.random.default_rng(2)
    box = np.array([6.0, 4.0])
    x, v = make_walkers(60, 20, box, draw, speed=0.02), draw.standard_normal((60, 20, 2))
    table(f"{directory}/t.csv", x, separator=",", v=v)
    run_import(f"{directory}/t.csv", f"{directory}/out", columns="id,frame,x,y,vx,vy", fps=1, box="0,6,0,4", window=10)
    x, v = confine(x, np.where(np.isfinite(x), v, np.nan), 0, box, "reflecting")
    check_runs(f"{directory}/out", x, v, np.arange(60.0), 10, 1, 1, box, "reflecting")


def test_archives(directory):
    """NPZ with nan, with times or --fps, the box all that was seen; everybody always there; a tree as older scripts leave it."""
    draw = np.random.default_rng(3)
    x = make_walkers(50, 30, np.array([6.0, 4.0]), draw, speed=0.02)
    np.savez(f"{directory}/a.npz", positions=x, times=7 + 0.1 * np.arange(50))
    run_import(f"{directory}/a.npz", f"{directory}/a", window=8)
    lowest, highest = np.nanmin(x, axis=(0, 1)), np.nanmax(x, axis=(0, 1))
    filled, v = differentiate(x, 1, 0.1)
    check_runs(f"{directory}/a", *confine(filled, v, lowest, highest - lowest, "reflecting"), 7 + 0.1 * np.arange(50), 8, 1, 1, highest - lowest, "reflecting")
    x = make_walkers(50, 30, box := np.array([6.0, 4.0]), draw, speed=0.02)
    v = np.nan_to_num(np.where(np.isfinite(x), draw.standard_normal(x.shape), 0.0))  # zero, not nan, for those who are not there
    np.savez(f"{directory}/c.npz", positions=x, velocities=v)
    run_import(f"{directory}/c.npz", f"{directory}/c", window=10, fps=4, box="0,6,0,4")
    check_runs(f"{directory}/c", *confine(x, np.where(np.isfinite(x), v, np.nan), 0, box, "reflecting"), 0.25 * np.arange(50), 10, 1, 1, box, "reflecting")
    x = np.cumsum(0.1 * draw.standard_normal((50, 9, 2)), axis=0).astype("f4")  # everybody, always
    np.savez(f"{directory}/b.npz", positions=x)
    run_import(f"{directory}/b.npz", f"{directory}/b", window=10, fps=4, bc="periodic", box="0,3,0,3")
    box = np.array([3.0, 3.0])
    filled, v = differentiate(x.astype(float), 1, 0.25, box)
    check_runs(f"{directory}/b", *confine(filled, v, 0, box, "periodic"), 0.25 * np.arange(50), 10, 1, 1, box, "periodic")

    os.makedirs(f"{directory}/old")
    runs = [np.mod(np.cumsum(0.1 * draw.standard_normal((12, 9, 2)), axis=0), 3) for _ in range(5)]
    for i, run in enumerate(runs):
        os.makedirs(f"{directory}/old/train_{i:03}")
        config = {"sim": {"N": 9, "Lx": 3.0, "Ly": 3.0, "bc": "periodic"}, "params": {"R": 1.0}}
        np.savez(f"{directory}/old/train_{i:03}/traj.npz", positions=run, times=0.25 * np.arange(12), config=config)
    run_import(f"{directory}/old", f"{directory}/new")
    for i, run in enumerate(runs):
        filled, v = differentiate(run, 1, 0.25, box)
        name = f"training/train_{i:03}" if i < 4 else "test/test_000"
        with np.load(f"{directory}/new/{name}/traj.npz", allow_pickle=True) as found:
            judge.close(found["positions"], run, 1e-12, "positions")
            judge.close(found["velocities"], v, 1e-11, "velocities")


def test_forecast_of_a_changing_number(directory):
    """Train and local on runs whose mass changes: the scores are those of NumPy, mass error and all."""
    draw = np.random.default_rng(4)
    x = make_walkers(400, 120, np.array([6.0, 4.0]), draw, speed=0.02)
    np.savez(f"{directory}/a.npz", positions=x)
    run_import(f"{directory}/a.npz", f"{directory}/a", fps=10, window=10, box="0,6,0,4")
    judge.flockcast("train", "--train_dir", f"{directory}/a/training", "--output_dir", f"{directory}/a/models", *judge.settings(rom_target_energy=0.8, rom_select="none"))
    judge.flockcast("local", "--oscar_dir", f"{directory}/a", "--output_dir", f"{directory}/local")
    import csv
    rows = list(csv.DictReader(open(f"{directory}/local/metrics_all_runs.csv")))
    pod, mvar = np.load(f"{directory}/a/models/pod_model.npz"), np.load(f"{directory}/a/models/mvar_model.npz")
    rho = {name: np.load(f"{directory}/a/training/{name}/density.npz")["rho"].reshape(10, -1) for name in os.listdir(f"{directory}/a/training")}
    judge.close(pod["mean"], np.concatenate([rho[name] for name in sorted(rho)]).mean(0), 1e-12, "training mean")
    for row in rows:
        truth = np.load(f"{directory}/a/test/{row['run_name']}/density.npz")["rho"].reshape(10, -1)
        latent = list((truth[:4] - pod["mean"]) @ pod["U"])
        for _ in range(6):
            latent.append(sum(A @ latent[-1 - j] for j, A in enumerate(mvar["A_matrices"])))
        forecast = np.array(latent[4:]) @ pod["U"].T + pod["mean"]
        mass = np.abs(forecast.sum(1) - truth[4:].sum(1)) / truth[4:].sum(1)
        r2 = 1 - ((forecast - truth[4:]) ** 2).sum() / ((truth[4:] - pod["mean"]) ** 2).sum()
        judge.close(float(row["r2"]), r2, 1e-9, "r2")
        judge.close(float(row["mean_mass_error"]), mass.mean(), 1e-9, "mass error")
        assert mass.mean() > 1e-6


if __name__ == "__main__":
    judge.run_tests(globals())
