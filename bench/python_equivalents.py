"""The same problems in NumPy, SciPy and Matplotlib, each in the quickest way that tool is known to have, and each held
against what the program wrote: python_equivalents.py GROUP DIRECTORY [--quick]. run.py calls it; CSV on standard output.
"""
import csv
import os
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
from scipy.linalg import eigh, solve
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

CORES = len(os.sched_getaffinity(0))
QUICK = "--quick" in sys.argv
WORK = sys.argv[2]
RUNS = f"{WORK}/oscar_outputs"


def emit(problem, parameters, threads, tool, unit, values):
    """`values`: the best first."""
    print(f"{problem},{parameters},{threads},{tool},{unit},{len(values)},{values[0]:.6g},{statistics.median(values):.6g}", flush=True)


def measure(problem, parameters, threads, tool, unit, amount, function, is_rate=False, least=3):
    """As bench_measure in harness.c: at least `least` runs and until the budget is spent; of runs below a second
    one more goes first, to warm up."""
    print(f"  {problem} {parameters} ({tool})", file=sys.stderr)
    def timed():
        start = time.perf_counter()
        result = function()
        return time.perf_counter() - start, result
    first, result = timed()
    seconds = [first] if first > 1.0 else []
    while len(seconds) < (1 if QUICK else least) or sum(seconds) < (0.2 if QUICK else 1.0):
        seconds.append(timed()[0])
    emit(problem, parameters, threads, tool, unit, [amount / s if is_rate else amount * s for s in sorted(seconds)])
    return result


def check(what, found, expected, tolerance):
    """No comparison of speed where the numbers differ."""
    error = np.max(np.abs(np.asarray(found) - np.asarray(expected)))
    if not error <= tolerance:
        sys.exit(f"{what}: the two tools differ by {error:.3g}, allowed {tolerance:.3g}")


# --- simulation ---

def turn_and_move(x, mean, own, draw, box, step, eta):
    """`mean`: summed headings as complex numbers. Returns positions and headings after a step of length `step`."""
    length = np.abs(mean)
    heading = np.where(length > 1e-12, mean / np.maximum(length, 1e-300), own)
    heading = heading * np.exp(1j * eta / np.sqrt(12) * draw.standard_normal(len(x)))
    return np.mod(x + step * np.stack([heading.real, heading.imag], axis=1), box), heading


def tree_step(x, heading, draw, radius, eta, box=100.0, step=0.05):
    """query_pairs and bincount: of the ways through cKDTree the quickest."""
    i, j = cKDTree(x, boxsize=box, balanced_tree=False, compact_nodes=False).query_pairs(radius, output_type="ndarray").T
    n, u, v = len(x), heading.real, heading.imag
    mean = (u + np.bincount(i, u[j], n) + np.bincount(j, u[i], n)) + 1j * (v + np.bincount(i, v[j], n) + np.bincount(j, v[i], n))
    return turn_and_move(x, mean, heading, draw, box, step, eta)


def all_pairs_run(seed, n, n_steps, box=15.0, radius=2.0, step=0.1, eta=0.3):
    """A run of the default configuration, uniform at the start; all frames."""
    draw = np.random.default_rng(seed)
    x, heading = box * draw.random((n, 2)), np.exp(2j * np.pi * draw.random(n))
    frames = [(x, heading)]
    for _ in range(n_steps):
        dx, dy = x[:, None, 0] - x[:, 0], x[:, None, 1] - x[:, 1]
        dx -= box * np.rint(dx / box)
        dy -= box * np.rint(dy / box)
        near = (dx * dx + dy * dy <= radius * radius).astype(float)
        x, heading = turn_and_move(x, near @ heading.real + 1j * (near @ heading.imag), heading, draw, box, step, eta)
        frames.append((x, heading))
    return np.array([x for x, _ in frames]), np.array([heading for _, heading in frames])


def simulate():
    for n, radius in ((10000, 1), (10000, 3), (10000, 10), (100000, 0.3), (100000, 1)):
        if QUICK and n * radius > 50000:
            continue
        draw = np.random.default_rng(1)
        x, heading = 100 * draw.random((n, 2)), np.exp(2j * np.pi * draw.random(n))
        measure("simulate", f"N={n} R={radius:g}", 1, "SciPy cKDTree", "ns/particle/step", 1e9 / n,
                lambda: tree_step(x, heading, draw, radius, 0.3))
    run = np.load(f"{WORK}/check/test_000/traj.npz", allow_pickle=True)  # without noise, R=1
    x, v = run["positions"], run["velocities"]
    moved, _ = tree_step(x[0], v[0, :, 0] + 1j * v[0, :, 1], np.random.default_rng(1), 1.0, 0.0)
    check("one step of 10,000 particles", moved, x[1], 1e-9)


def small():
    measure("small_run", "N=40 20 steps pcg64", 1, "NumPy all pairs", "us/run", 1e6, lambda: all_pairs_run(2000, 40, 20))
    measure("small_run", "N=400 200 steps pcg64", 1, "NumPy all pairs", "us/run", 1e6, lambda: all_pairs_run(2000, 400, 200))
    check("a run of 40", all_pairs_run(2000, 40, 20)[0], np.load(f"{RUNS}/test/test_000/traj.npz")["positions"], 1e-9)

    def ensemble():
        for seed in range(120):
            x, heading = all_pairs_run(seed, 40, 20)
            np.savez(f"{WORK}/traj.npz", positions=x, velocities=np.stack([heading.real, heading.imag], axis=-1))
            np.savez(f"{WORK}/density.npz", rho=smooth_stack(x, 64))
    measure("ensemble", "100+20 runs to files", 1, "NumPy and SciPy", "s", 1.0, ensemble, least=2)


# --- density ---

def smooth(positions, n, box=15.0):
    """Frame by frame with histogram2d."""
    edges = np.linspace(0, box, n + 1)
    return np.array([gaussian_filter(np.histogram2d(x[:, 1], x[:, 0], bins=(edges, edges))[0] / (box / n) ** 2, 2.0, mode="wrap")
                     for x in positions])


def smooth_stack(positions, n, box=15.0):
    """All frames in one bincount and one filter."""
    cell = np.minimum((positions / box * n).astype(np.intp), n - 1)
    frame = np.arange(len(positions))[:, None]
    counts = np.bincount(((frame * n + cell[:, :, 1]) * n + cell[:, :, 0]).ravel(), minlength=len(positions) * n * n)
    return gaussian_filter(counts.reshape(-1, n, n) / (box / n) ** 2, (0, 2.0, 2.0), mode="wrap")


def density():
    x = np.load(f"{RUNS}/test/test_000/traj.npz")["positions"]
    many = 15.0 * np.random.default_rng(1).random((21, 400, 2))
    for tool, function in (("NumPy histogram2d + SciPy", smooth), ("NumPy bincount + SciPy", smooth_stack)):
        rho = measure("density", "N=40 64x64 sigma=2", 1, tool, "us/frame", 1e6 / len(x), lambda: function(x, 64))
        check("density", rho, np.load(f"{RUNS}/test/test_000/density.npz")["rho"], 1e-12)
        measure("density", "N=400 256x256 sigma=2", 1, tool, "us/frame", 1e6 / len(many), lambda: function(many, 256))


# --- training ---

def read_frames(n_runs):
    width = max(3, len(str(n_runs - 1)))
    return np.concatenate([np.load(f"{RUNS}/training/train_{i:0{width}}/density.npz")["rho"].reshape(21, -1) for i in range(n_runs)])


def basis(frames, target=0.995):
    _, values, modes = np.linalg.svd(frames - frames.mean(axis=0), full_matrices=False)
    share = np.cumsum(values ** 2) / (values ** 2).sum()
    count = int(np.searchsorted(share, target)) + 1
    return values[:count], modes[:count]


def gram_basis(frames, target=0.995):
    """The method of snapshots, for at most as many frames as cells."""
    centred = frames - frames.mean(axis=0)
    squares, vectors = eigh(centred @ centred.T, driver="evd")
    count = int(np.searchsorted(np.cumsum(squares[::-1]) / squares.sum(), target)) + 1
    values = np.sqrt(squares[:-count - 1:-1])
    return values, (vectors[:, -count:].T @ centred)[::-1] / values[:, None]  # reversed last: BLAS takes no negative strides


def ridge(series, lag=4, alpha=1e-6):
    """series[run, frame, mode]; coefficients [lag * mode, mode]."""
    past = np.concatenate([series[:, lag - 1 - i:series.shape[1] - 1 - i] for i in range(lag)], axis=2).reshape(-1, lag * series.shape[2])
    now = series[:, lag:].reshape(-1, series.shape[2])
    normal = past.T @ past
    normal[np.diag_indices_from(normal)] += alpha
    weights = solve(normal, past.T @ now, assume_a="pos")
    left = now - past @ weights
    return weights, 1 - (left ** 2).sum() / ((now - now.mean(axis=0)) ** 2).sum()


def train_from_files(n_runs):
    frames = read_frames(n_runs)
    values, modes = basis(frames)
    weights, r2 = ridge(((frames - frames.mean(axis=0)) @ modes.T).reshape(n_runs, 21, -1))
    np.savez(f"{WORK}/models.npz", U=modes.T, S=values, A=weights)
    return values, r2


def train_whole(n_runs, least):
    values, r2 = measure("train", f"{n_runs} runs 64x64", CORES, "NumPy svd + SciPy", "s", 1.0, lambda: train_from_files(n_runs), least=least)
    emit("train_memory", f"{n_runs} runs 64x64", CORES, "NumPy svd + SciPy", "MB", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024])
    return values, r2


def train():
    values, r2 = train_whole(100, 2)  # first, so that the memory is its own
    check("singular values", values / values[0], np.load(f"{RUNS}/models/pod_model.npz")["S"] / values[0], 1e-8)
    check("r2 of the training", r2, np.load(f"{RUNS}/models/mvar_model.npz")["train_r2"], 1e-3)
    frames = read_frames(100)
    for tool, function in (("NumPy svd", basis), ("SciPy eigh of Gram", gram_basis))[QUICK:]:
        found, modes = measure("pod_fit", "2100 frames 4096 cells", CORES, tool, "ms", 1e3, lambda: function(frames), least=1)
        check(tool, found / values[0], values / values[0], 1e-8)
    series = ((frames - frames.mean(axis=0)) @ modes.T).reshape(100, 21, -1)
    measure("mvar_fit", f"{len(values)} modes lag 4", CORES, "NumPy + SciPy solve", "ms", 1e3, lambda: ridge(series))


def train_large():
    train_whole(1000, 1)


# --- forecast ---

def forecast():
    """Whole batches of runs at once, so that every step is a matrix product."""
    pod, coefficients = np.load(f"{RUNS}/models/pod_model.npz"), np.load(f"{RUNS}/models/mvar_model.npz")["A_matrices"]
    modes, mean, lag = pod["U"], pod["mean"], len(coefficients)
    rho = np.stack([np.load(f"{RUNS}/test/test_{i:03}/density.npz")["rho"].reshape(21, -1) for i in range(20)])
    stacked = np.concatenate(list(coefficients), axis=1).T
    n_runs = 100 if QUICK else 1000

    def score_batch():
        y = list(np.moveaxis((rho[:, :lag] - mean) @ modes, 1, 0))
        for _ in range(rho.shape[1] - lag):
            y.append(np.concatenate(y[:-lag - 1:-1], axis=1) @ stacked)
        prediction = (np.stack(y[lag:], axis=1).reshape(-1, modes.shape[1]) @ modes.T + mean).reshape(len(rho), -1, len(mean))
        truth, last = rho[:, lag:], rho[:, lag - 1:lag]
        error, departure = prediction - truth, truth - mean
        spread = (departure ** 2).sum(axis=(1, 2))
        flat = departure.reshape(-1, len(mean))
        limit = (flat - (flat @ modes) @ modes.T).reshape(departure.shape)
        held = truth - last
        away = np.abs(error)
        e1, e2, einf = away.sum(2) / np.abs(truth).sum(2), np.sqrt((error ** 2).sum(2) / (truth ** 2).sum(2)), away.max(2) / np.abs(truth).max(2)
        mass = np.abs(error.sum(2)) / truth.sum(2)
        return [1 - (error ** 2).sum(axis=(1, 2)) / spread, np.median(e2, axis=1), 1 - (held ** 2).sum(axis=(1, 2)) / spread,
                1 - (limit ** 2).sum(axis=(1, 2)) / spread, np.median(e1, axis=1), np.median(einf, axis=1), mass.mean(axis=1), mass.max(axis=1),
                prediction.min(axis=(1, 2)), np.sqrt((error ** 2).mean(axis=(1, 2))), *np.percentile(e2, (10, 90), axis=1),
                np.sqrt((held ** 2).sum(2) / (truth ** 2).sum(2))]

    def score_all():
        for _ in range(n_runs // len(rho)):
            result = score_batch()
        return result
    found = measure("forecast_and_score", f"{n_runs} runs {modes.shape[1]} modes", CORES, "NumPy", "us/run", 1e6 / n_runs, score_all, least=2)
    with open(f"{WORK}/local/metrics_all_runs.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for name, values in zip(("r2", "median_e2", "r2_persistence", "r2_pod"), found):
        expected = np.array([float(row[name]) for row in rows])
        check(name, values / np.abs(expected), np.sign(expected), 1e-6)


# --- figures and films ---

def render():
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    pod = np.load(f"{RUNS}/models/pod_model.npz")
    order = np.random.default_rng(1).random((4, 200))

    def figure(draw, width, height, name):
        fig, axes = pyplot.subplots(figsize=(width / 150, height / 150), constrained_layout=True)
        draw(axes)
        axes.legend()
        fig.savefig(f"{WORK}/{name}", dpi=150)
        pyplot.close(fig)

    def energy(axes):
        share = np.cumsum(pod["S"][:75] ** 2) / (pod["S"] ** 2).sum()
        axes.plot(np.arange(1, len(share) + 1), share, "o-", ms=2, label="energy")
        axes.axhline(0.7, ls="--", label="target")
        axes.axvline(len(share), ls=":", label="modes kept")
        axes.set(title="energy of the modes", xlabel="modes", ylabel="share of the energy")

    def orders(axes):
        for name, values in zip(("polarization", "nematic", "mean speed", "angular momentum"), order):
            axes.plot(np.arange(200) * 0.1, values, label=name)
        axes.axvspan(0, 0.3, alpha=0.2, label="known")
        axes.set(title="order parameters", xlabel="time", ylabel="order")
    measure("figure_pod_energy", "PNG 150 dpi", 1, "Matplotlib", "ms", 1e3, lambda: figure(energy, 990, 546, "energy_matplotlib.png"))
    measure("figure_order", "PNG 150 dpi 200 frames", 1, "Matplotlib", "ms", 1e3, lambda: figure(orders, 990, 679, "order_matplotlib.png"))
    films(pyplot)
    encoder()


def encode(arguments, path):
    """As video.c does it."""
    return ["ffmpeg", "-v", "error", "-y", *arguments, "-c:v", "libx264", "-preset", "superfast", "-crf", "20", "-pix_fmt", "yuv420p",
            "-x264-params", "bframes=0:rc-lookahead=0:weightp=0:subme=0:me=dia", "-g", "34", "-threads", "1", "-movflags", "+faststart", path]


def blit_film(fig, artists, update, n_frames, path):
    """Draw what changes over a background that is drawn once, and pipe the pixels to ffmpeg."""
    width, height = fig.canvas.get_width_height()
    command = encode(["-f", "rawvideo", "-pix_fmt", "rgba", "-s", f"{width}x{height}", "-r", "17", "-i", "-"], path)
    for artist in artists:
        artist.set_animated(True)
    fig.canvas.draw()
    background = fig.canvas.copy_from_bbox(fig.bbox)
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder_process:
        for i in range(n_frames):
            fig.canvas.restore_region(background)
            update(i)
            for artist in artists:
                artist.axes.draw_artist(artist)
            encoder_process.stdin.write(fig.canvas.buffer_rgba())
    assert encoder_process.returncode == 0, "ffmpeg failed"


def films(pyplot):
    draw = np.random.default_rng(1)
    x, angle = 15 * draw.random((200, 40, 2)), 2 * np.pi * draw.random((200, 40))
    rho = smooth_stack(x, 64)
    n_frames = 20 if QUICK else 200

    def density_film():
        fig, (top, strip) = pyplot.subplots(2, 1, figsize=(10.805, 7.285), dpi=100, gridspec_kw={"height_ratios": (4, 1)})
        top.remove()
        panels = [fig.add_subplot(2, 2, 1), fig.add_subplot(2, 2, 2)]
        images = [axes.imshow(rho[0], vmin=0, vmax=rho.max(), origin="lower", extent=(0, 15, 0, 15)) for axes in panels]
        fig.colorbar(images[0], ax=panels)
        strip.plot(rho.max(axis=(1, 2)))
        time_now = strip.axvline(0)
        label = panels[0].text(0.5, 15.2, "")

        def update(i):
            images[0].set_data(rho[i])
            images[1].set_data(rho[i - 1])
            time_now.set_xdata([i, i])
            label.set_text(f"t = {i / 10:.1f}")
        blit_film(fig, [*images, time_now, label], update, n_frames, f"{WORK}/density_matplotlib.mp4")
        pyplot.close(fig)

    def tracks_film():
        fig, axes = pyplot.subplots(figsize=(8.125, 7.325), dpi=100)
        axes.set(xlim=(0, 15), ylim=(0, 15), aspect="equal")
        arrows = axes.quiver(x[0, :, 0], x[0, :, 1], np.cos(angle[0]), np.sin(angle[0]), angle[0], cmap="hsv", clim=(0, 2 * np.pi))
        fig.colorbar(arrows)
        label = axes.text(0.5, 15.2, "")

        def update(i):
            arrows.set_offsets(x[i])
            arrows.set_UVC(np.cos(angle[i]), np.sin(angle[i]), angle[i])
            label.set_text(f"t = {i / 10:.1f}")
        blit_film(fig, [arrows, label], update, n_frames, f"{WORK}/tracks_matplotlib.mp4")
        pyplot.close(fig)
    measure("film_density", "200 frames 64x64", 2, "Matplotlib blit + ffmpeg", "ms/frame", 1e3 / n_frames, density_film, least=2)
    measure("film_tracks", "200 frames N=40", 2, "Matplotlib blit + ffmpeg", "ms/frame", 1e3 / n_frames, tracks_film, least=2)


def encoder():
    """The limit: the frames of our own films through x264 alone."""
    for problem, parameters, name, size in (("film_density", "200 frames 64x64", "density", "1080x728"), ("film_tracks", "200 frames N=40", "tracks", "812x732")):
        raw = f"{WORK}/{name}.yuv"
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", f"{WORK}/{name}.mp4", "-f", "rawvideo", "-s", size, raw], check=True)
        command = encode(["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", "17", "-i", raw], f"{WORK}/encoded.mp4")
        measure(problem, parameters, 1, "x264 alone", "ms/frame", 1e3 / 200, lambda: subprocess.run(command, check=True), least=2)
        os.remove(raw)


# --- files ---

def files():
    for n_frames in (21, 2000):
        rho = 1.0 / (1.0 + np.arange(n_frames * 64 * 64, dtype=float)).reshape(n_frames, 64, 64)
        path, parameters = f"{WORK}/numpy.npz", f"{n_frames} frames 64x64"

        def write():
            with open(path, "wb") as stream:
                np.savez(stream, rho=rho)
                stream.flush()
                os.fsync(stream.fileno())

        def read():
            with np.load(path) as archive:
                return archive["rho"]
        measure("npz_write_fsync", parameters, 1, "np.savez + fsync", "MB/s", rho.nbytes / 1e6, write, is_rate=True)
        check("an archive", measure("npz_read", parameters, 1, "np.load", "MB/s", rho.nbytes / 1e6, read, is_rate=True), rho, 0)
        os.remove(path)


if __name__ == "__main__":
    GROUPS = (simulate, small, density, train, train_large, forecast, render, files)
    {group.__name__: group for group in GROUPS}[sys.argv[1]]()
