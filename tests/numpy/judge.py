"""The mathematics of flockcast once more, in NumPy and SciPy: slow, all pairs, dense linear algebra. The tests in this
folder run the program and hold what it wrote against this."""
import json
import os
import subprocess
import sys
import tempfile
import traceback

import numpy as np
from scipy.ndimage import gaussian_filter

PROGRAM = os.environ["FLOCKCAST"]
TYPES = ("uniform", "gaussian_cluster", "ring", "two_clusters")


def flockcast(*arguments, status=0, cwd=None):
    """Run the program; its exit status must be `status`. Returns (stdout, stderr)."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=600)
    assert done.returncode == status, f"{arguments}: exit {done.returncode}, expected {status}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def settings(**changes):
    """--set options from section_key=value."""
    return [word for key, value in changes.items() for word in ("--set", f"{key.replace('_', '.', 1)}={value}")]


def close(found, expected, tolerance, what):
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape, f"{what}: shape {found.shape}, expected {expected.shape}"
    error = np.max(np.abs(found - expected), initial=0.0)
    assert error <= tolerance, f"{what}: largest difference {error:.3g}, allowed {tolerance:.3g}"


def run_tests(namespace):
    """Run every test_ function of a module, each in an empty directory; print one line each and exit."""
    failed = 0
    tests = [(name, test) for name, test in namespace.items() if name.startswith("test_")]
    for name, test in tests:
        with tempfile.TemporaryDirectory() as directory:
            try:
                test(directory)
                print(f"ok    {name}")
            except Exception:
                failed += 1
                print(f"FAIL  {name}")
                traceback.print_exc(file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not tests else 0)


# --- simulation ---

def start(kind, c, draw):
    n, box = c["N"], np.array([c["Lx"], c["Ly"]])
    if kind == "uniform":
        x = box * draw.random((n, 2))
    elif kind == "ring":
        angle = 2 * np.pi * draw.random(n)
        radius = np.abs(min(box) / 4 + min(box) / 40 * draw.standard_normal(n))
        x = box / 2 + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    else:
        z = draw.standard_normal((n, 2))
        if kind == "gaussian_cluster":
            x = box / 2 + min(box) / 6 * z
        else:
            side = np.where(np.arange(n) < n // 2, -1.0, 1.0)
            x = box / 2 + min(box) / 8 * z
            x[:, 0] = box[0] / 2 + side * (box[0] / 3 / 2) + min(box) / 8 * z[:, 0]
    theta = 2 * np.pi * draw.random(n)
    return np.mod(x, box), np.stack([np.cos(theta), np.sin(theta)], axis=1)


def morse(apart, c):
    """The force on every agent; apart[i, j] points from j to i."""
    f = c["forces"]
    r = np.sqrt((apart ** 2).sum(-1))
    acts = (r <= f["rcut_factor"] * max(f["lr"], f["la"])) & ~np.eye(len(r), dtype=bool)
    r = np.maximum(r, 1e-6)
    size = np.where(acts, f["Cr"] / f["lr"] * np.exp(-r / f["lr"]) - f["Ca"] / f["la"] * np.exp(-r / f["la"]), 0.0)
    return np.einsum("ij,ijk->ik", size / r, apart)


def unit(a, other):
    """Rows of length one; the others where there is nothing to make longer."""
    length = np.sqrt((a ** 2).sum(1, keepdims=True))
    return np.where(length > 1e-12, a / np.where(length > 0, length, 1), other)


def displacements(x, c):
    """apart[i, j] points from j to i."""
    box = np.array([c["Lx"], c["Ly"]])
    apart = x[:, None] - x[None]
    return apart - box * np.rint(apart / box) if c["bc"] == "periodic" else apart


def put_inside(x, velocity, c):
    """Positions in the box, and velocities where they bounced off its walls."""
    box = np.array([c["Lx"], c["Ly"]])
    if c["bc"] == "periodic":
        return np.mod(x, box), velocity
    out = (x < 0) | (x > box)
    return np.clip(np.where(x < 0, -x, np.where(x > box, 2 * box - x, x)), 0, box), np.where(out, -velocity, velocity)


def relax(x, heading, speed, draw, c):
    """Angular diffusion: positions, headings and speeds one step on."""
    apart = displacements(x, c)
    mean = unit((np.sqrt((apart ** 2).sum(-1)) <= c["R"]) @ heading, heading)
    across = lambda a: heading[:, 0] * a[:, 1] - heading[:, 1] * a[:, 0]
    turn = c["dt"] * c["alignment_rate"] * across(mean)
    if c.get("forces") and c["speed_mode"] == "constant_with_forces":
        turn += c["dt"] * c["forces"]["mu_t"] * across(morse(apart, c))
    if c.get("forces") and c["speed_mode"] == "variable":
        speed = np.linalg.norm(speed[:, None] * heading + c["dt"] * c["forces"]["mu_t"] * morse(apart, c), axis=1)
    turn += np.sqrt(2 * c["angular_diffusion"] * c["dt"]) * draw.standard_normal(c["N"])
    z = (heading[:, 0] + 1j * heading[:, 1]) * np.exp(1j * turn)
    heading = np.stack([z.real, z.imag], axis=1)
    x, heading = put_inside(x + c["dt"] * speed[:, None] * heading, heading, c)
    return x, heading, speed


def dorsogna(kind, seed, c):
    """positions, velocities of one run, by Runge-Kutta."""
    x, heading = start(kind, c, np.random.default_rng(seed))
    v = c["speed"] * heading
    def slope(x, v):
        force = morse(displacements(put_inside(x, v, c)[0], c), c)
        return v, (c["alpha"] - c["beta"] * (v ** 2).sum(1, keepdims=True)) * v + force
    frames, dt = [(x, v)], c["dt"]
    for i in range(1, round(c["T"] / dt) + 1):
        k1 = slope(x, v)
        k2 = slope(x + dt / 2 * k1[0], v + dt / 2 * k1[1])
        k3 = slope(x + dt / 2 * k2[0], v + dt / 2 * k2[1])
        k4 = slope(x + dt * k3[0], v + dt * k3[1])
        x, v = (old + dt / 6 * (a + 2 * b + 2 * c_ + d) for old, a, b, c_, d in zip((x, v), k1, k2, k3, k4))
        x, v = put_inside(x, v, c)
        if i % c["save_every"] == 0:
            frames.append((x, v))
    return tuple(np.array(part) for part in zip(*frames))


def step(x, heading, speed, draw, c):
    """Positions, headings and speeds one step on."""
    if c.get("type") == "angular_diffusion":
        return relax(x, heading, speed, draw, c)
    apart = displacements(x, c)
    near = np.sqrt((apart ** 2).sum(-1)) <= c["R"]
    mean = unit(near @ heading, heading)
    if c.get("forces") and c["speed_mode"] == "constant_with_forces":
        mean = unit(mean + c["forces"]["mu_t"] * unit(morse(apart, c), 0.0), mean)
    if c.get("forces") and c["speed_mode"] == "variable":
        speed = np.linalg.norm(speed[:, None] * heading + c["dt"] * c["forces"]["mu_t"] * morse(apart, c), axis=1)
        speed = np.maximum(speed, 1e-12)
    if c["kind"] == "uniform":
        turn = c["eta"] * (draw.random(c["N"]) - 0.5)
    else:
        turn = draw.standard_normal(c["N"]) * (c["eta"] / np.sqrt(12) if c["match_variance"] else c["eta"])
    mean = mean[:, 0] + 1j * mean[:, 1]
    mean = mean * np.exp(1j * turn)
    heading = np.stack([mean.real, mean.imag], axis=1)
    x, heading = put_inside(x + c["dt"] * speed[:, None] * heading, heading, c)
    return x, heading, speed


def vicsek(kind, seed, c):
    """positions, velocities [frame, agent, component] of one run."""
    draw = np.random.default_rng(seed)
    x, heading = start(kind, c, draw)
    speed = np.full(c["N"], float(c["speed"]))
    frames = [(x, speed[:, None] * heading)]
    for i in range(1, round(c["T"] / c["dt"]) + 1):
        x, heading, speed = step(x, heading, speed, draw, c)
        if i % c["save_every"] == 0:
            frames.append((x, speed[:, None] * heading))
    return tuple(np.array(part) for part in zip(*frames))


def smooth(positions, c):
    """Density of every frame."""
    edges = [np.linspace(0, c["Ly"], c["ny"] + 1), np.linspace(0, c["Lx"], c["nx"] + 1)]
    area = c["Lx"] / c["nx"] * (c["Ly"] / c["ny"])
    mode = {"periodic": "wrap", "reflecting": "nearest"}[c["bc"]]
    return np.array([gaussian_filter(np.histogram2d(x[:, 1], x[:, 0], bins=edges)[0] / area, c["bandwidth"], mode=mode)
                     for x in positions])


# --- models ---

def basis(runs, target):
    frames = np.concatenate([run.reshape(len(run), -1) for run in runs])
    mean = frames.mean(axis=0)
    _, values, modes = np.linalg.svd(frames - mean, full_matrices=False)
    share = np.cumsum(values ** 2) / (values ** 2).sum()
    count = int(np.searchsorted(share, target)) + 1
    modes = modes[:count].T
    peak = modes[np.abs(modes).argmax(axis=0), np.arange(count)]
    return modes * np.sign(peak), values[:count], mean, share[count - 1]


def spectral_radius(coefficients):
    """The largest modulus of the eigenvalues of the companion matrix of coefficients[lag, mode out, mode in]."""
    p, r, _ = coefficients.shape
    companion = np.eye(p * r, k=-r)
    companion[:r] = np.concatenate(list(coefficients), axis=1)
    return np.abs(np.linalg.eigvals(companion)).max()


def autoregression(series, lag, alpha):
    """Coefficients [lag, out, in], one-step r2, rmse and the number of windows; windows stay within their run."""
    past = np.concatenate([np.stack([y[t - lag:t][::-1].ravel() for t in range(lag, len(y))]) for y in series if len(y) > lag])
    now = np.concatenate([y[lag:] for y in series])
    # the augmented least-squares problem has the same solution and half the digits to lose
    top = np.concatenate([past, np.sqrt(alpha) * np.eye(past.shape[1])])
    weights = np.linalg.lstsq(top, np.concatenate([now, np.zeros((past.shape[1], now.shape[1]))]), rcond=None)[0]
    left = now - past @ weights
    r2 = 1 - (left ** 2).sum() / ((now - now.mean(axis=0)) ** 2).sum()
    return weights.reshape(lag, now.shape[1], -1).transpose(0, 2, 1), r2, np.sqrt((left ** 2).mean()), len(now)


def predict(rho, modes, mean, coefficients):
    lag = len(coefficients)
    y = list((rho[:lag].reshape(lag, -1) - mean) @ modes)
    while len(y) < len(rho):
        y.append(sum(a @ past for a, past in zip(coefficients, y[:-lag - 1:-1])))
    return (np.array(y[lag:]) @ modes.T + mean).reshape(-1, *rho.shape[1:])


def scores(rho, prediction, modes, mean, lag):
    true, guess = rho[lag:].reshape(len(rho) - lag, -1), prediction.reshape(len(rho) - lag, -1)
    spread = ((true - mean) ** 2).sum()
    known = ((rho[:lag].reshape(lag, -1) - mean) ** 2).sum()
    skill = lambda q: 1 - ((q - true) ** 2).sum() / spread
    e1, e2, einf = (np.linalg.norm(guess - true, p, axis=1) / np.linalg.norm(true, p, axis=1) for p in (1, 2, np.inf))
    width = min(10, len(e2))
    late = [i for i in range(len(e2) - width + 1) if e2[i:i + width].mean() >= 0.10]
    mass = np.abs(guess.sum(1) - true.sum(1)) / true.sum(1)
    return dict(r2=skill(guess), r2_padded=1 - ((guess - true) ** 2).sum() / (spread + known),
                r2_persistence=skill(rho[lag - 1].ravel()), r2_mean=0.0,
                r2_pod=skill((true - mean) @ modes @ modes.T + mean), median_e1=np.median(e1), median_e2=np.median(e2),
                p10_e2=np.percentile(e2, 10), p90_e2=np.percentile(e2, 90), median_einf=np.median(einf),
                rmse=np.sqrt(((guess - true) ** 2).mean()), mean_mass_error=mass.mean(), max_mass_error=mass.max(),
                min_density=guess.min(), tau_tol=late[0] if late else len(e2), n_forecast=len(e2))


def order(positions, velocities, c):
    """Order parameters of every frame."""
    out = {name: [] for name in ("polarization", "nematic", "mean_speed", "speed_std", "angular_momentum")}
    for x, v in zip(positions, velocities):
        z, speed = v[:, 0] + 1j * v[:, 1], np.hypot(*v.T)
        arm = []
        for axis, length in enumerate((c["Lx"], c["Ly"])):
            if c["bc"] == "periodic":
                centre = np.angle(np.exp(2j * np.pi * x[:, axis] / length).mean()) * length / (2 * np.pi)
                away = x[:, axis] - centre
                arm.append(away - length * np.rint(away / length))
            else:
                arm.append(x[:, axis] - x[:, axis].mean())
        out["polarization"].append(abs((z / speed).mean()))
        out["nematic"].append(abs(((z / speed) ** 2).mean()))
        out["mean_speed"].append(speed.mean())
        out["speed_std"].append(speed.std())
        out["angular_momentum"].append(abs((arm[0] * v[:, 1] - arm[1] * v[:, 0]).sum()) / (np.hypot(*arm) * speed).sum())
    return {name: np.array(values) for name, values in out.items()}


def forget_files(directory):
    """training_metadata.json of a directory of models as earlier versions wrote it: it lists no files, so that they may be changed."""
    path = f"{directory}/training_metadata.json"
    report = load_json(path)
    report.pop("files")
    report.pop("checksum")
    with open(path, "w") as stream:
        json.dump(report, stream)


def load_json(path):
    with open(path) as stream:
        return json.load(stream)
