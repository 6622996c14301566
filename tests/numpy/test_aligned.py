"""rom.align and rom.transform end to end: the forecasts of their files once more in NumPy, with shifts found by SciPy, and what a true shift
would be worth. The numbers printed are those of docs/forecasting.md."""
import csv

import numpy as np
from scipy.optimize import minimize

import judge

KNOWN, RUNS = 4, 20


def experiment(directory, option):
    """Default ensemble, trained and scored with one option."""
    judge.flockcast("simulate", "--mode", "train", "--sim_id", "0-99", "--output_dir", f"{directory}/training")
    judge.flockcast("simulate", "--mode", "test", "--sim_id", "0-19", "--output_dir", f"{directory}/test")
    judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", "--set", option)
    judge.flockcast("local", "--oscar_dir", directory, "--output_dir", f"{directory}/out")
    files = [dict(np.load(f"{directory}/models/{name}_selected.npz")) for name in ("pod", "mvar")]
    truth = [np.load(f"{directory}/test/test_{run:03}/density.npz")["rho"].reshape(21, -1) for run in range(RUNS)]
    mean = np.load(f"{directory}/models/pod_model.npz")["mean"]
    with open(f"{directory}/out/metrics_selected.csv") as table:
        scores = [(float(row["r2"]), float(row["r2_pod"])) for row in csv.DictReader(table)]
    assert len(scores) == RUNS
    return *files, truth, mean, np.array(scores)


def r2(prediction, truth, mean):
    return 1 - ((prediction - truth[KNOWN:]) ** 2).sum() / ((truth[KNOWN:] - mean) ** 2).sum()


def roll(states, matrices, replace=None):
    """Closed loop from the known states; `replace` are true first components, given at every step."""
    states = list(states[:KNOWN])
    for step in range(21 - KNOWN):
        new = sum(a @ states[-1 - lag] for lag, a in enumerate(matrices))
        if replace is not None:
            new[:2] = replace[KNOWN + step]
        states.append(new)
    return np.array(states[KNOWN:])


def clamp(frames):
    mass = frames.sum(1, keepdims=True)
    frames = np.maximum(frames, 0)
    return frames * mass / frames.sum(1, keepdims=True)


class Frame:
    """A frame as a trigonometric sum, by FFT."""

    def __init__(self, pod):
        n = int(pod["ny"]), int(pod["nx"])
        self.n = np.array([n[1], n[0]])
        self.waves = pod["wavevectors"].astype(int)
        self.phase = 2 * np.pi * self.waves / self.n
        y, x = np.divmod(np.arange(n[0] * n[1]), n[1])
        self.carrier = np.exp(1j * (self.phase[:, :1] * x + self.phase[:, 1:] * y)) * np.sqrt(2 / x.size)
        self.reference = pod["reference"][0::2] - 1j * pod["reference"][1::2]

    def coefficients(self, frame):
        return frame @ self.carrier.conj().T

    def field(self, coefficients, uniform):
        return uniform + (coefficients @ self.carrier).real

    def moved(self, coefficients, shift):
        return coefficients * np.exp(-1j * (self.phase @ shift))

    def shift(self, coefficients):
        """The highest cell of the correlation by an FFT, then BFGS from there."""
        spectrum = np.zeros(self.n[::-1], complex)
        spectrum[self.waves[:, 1], self.waves[:, 0]] = coefficients.conj() * self.reference
        values = np.fft.fft2(spectrum).real
        y, x = np.unravel_index(values.argmax(), values.shape)
        cost = coefficients.conj() * self.reference

        def value(s):
            turn = np.exp(-1j * (self.phase @ s))
            return -(cost * turn).sum().real, -(-1j * self.phase.T * cost * turn).sum(1).real

        return minimize(value, np.array([x, y], float), jac=True, options=dict(gtol=1e-10)).x


def test_aligned_forecasts(directory):
    """Every run's r2 as in the table; with the true shift the same model is no worse."""
    pod, mvar, truth, mean, scores = experiment(directory, "rom.align=shift")
    assert pod["aligned"] == 1 and pod["fourier"] == 0 and pod["transform"] == 0
    with open(f"{directory}/models/selection.csv") as table:
        assert {(row["basis"], row["state"]) for row in csv.DictReader(table)} == {("aligned", "density")}
    f = Frame(pod)
    uniform = pod["mean"].mean()
    found = []
    for run in range(RUNS):
        raw = [f.coefficients(frame) for frame in truth[run]]
        shifts = np.array([f.shift(c) for c in raw])
        way = np.diff(shifts, axis=0)
        way -= f.n * np.round(way / f.n)
        aligned = [(f.field(f.moved(c, -s), uniform) - pod["mean"]) @ pod["U"] for c, s in zip(raw, shifts)]
        scaled = way * pod["scale"][1]

        def states(start):
            """Of the frames from `start` on, whose first way repeats the second."""
            return np.hstack([np.vstack([scaled[start:start + 1], scaled[start:]]), np.array(aligned)[start:]])

        def lift(rolled, at):
            fields = pod["mean"] + rolled[:, 2:] @ pod["U"].T
            return np.array([f.field(f.moved(f.coefficients(field), s), uniform) for field, s in zip(fields, at)])

        rolled = roll(states(0), mvar["A_matrices"])
        at = shifts[KNOWN - 1] + np.cumsum(rolled[:, :2] / pod["scale"][1], axis=0)
        given = roll(states(0), mvar["A_matrices"], replace=np.vstack([scaled[:1], scaled]))
        best = np.hstack([np.zeros((21 - KNOWN, 2)), np.array(aligned)[KNOWN:]])
        found.append([r2(clamp(lift(rolled, at)), truth[run], mean), r2(lift(best, shifts[KNOWN:]), truth[run], mean),
                      r2(clamp(lift(rolled, shifts[KNOWN:])), truth[run], mean), r2(clamp(lift(given, shifts[KNOWN:])), truth[run], mean)])
    found = np.array(found)
    judge.close(found[:, :2], scores, 1e-6, "r2 and r2_pod")
    mean_r2 = found.mean(0)
    print(f"      mean r2: {mean_r2[0]:+.4f} with the forecast shift; {mean_r2[2]:+.4f} with the true shift at the end, {mean_r2[3]:+.4f} with it"
          f" in every step; {mean_r2[1]:+.4f} the truth on the {pod['U'].shape[1]} modes")
    assert mean_r2[0] > 0.15 and mean_r2[2] > mean_r2[0]


def test_square_root_forecasts(directory):
    """Every run's r2 as in the table, from the square root of its known frames."""
    pod, mvar, truth, mean, scores = experiment(directory, "rom.transform=sqrt")
    assert pod["transform"] == 1 and pod["aligned"] == 0 and pod["n_moments"] == 0
    found = []
    for run in range(RUNS):
        states = (np.sqrt(truth[run]) - pod["mean"]) @ pod["U"] * pod["scale"][0]

        def lift(states, mass):
            fields = (pod["mean"] + states / pod["scale"][0] @ pod["U"].T) ** 2
            return fields * mass / fields.sum(1, keepdims=True)

        masses = truth[run].sum(1, keepdims=True)
        found.append([r2(lift(roll(states, mvar["A_matrices"]), masses[KNOWN - 1]), truth[run], mean),
                      r2(lift(states[KNOWN:], masses[KNOWN:]), truth[run], mean)])
    judge.close(found, scores, 1e-9, "r2 and r2_pod")
    print(f"      mean r2: {np.mean(found, 0)[0]:+.4f}; {np.mean(found, 0)[1]:+.4f} the truth on the {pod['U'].shape[1]} modes")
    assert np.mean(found, 0)[0] > 0.5


if __name__ == "__main__":
    judge.run_tests(globals())
