"""`flockcast sweep`: the table from the runs themselves, and what is known of order and disorder, against NumPy."""
import csv

import numpy as np

import judge


def sweep(directory, *grids, runs=4, discard=0.5, **settings):
    words = [w for grid in grids for w in ("--grid", grid)]
    judge.flockcast("sweep", "--output_dir", directory, "--runs", runs, "--discard", discard, *words, *judge.settings(**settings))
    return list(csv.DictReader(open(f"{directory}/sweep.csv")))


def jackknife(f, values):
    left_out = np.array([f(np.delete(values, i, axis=0)) for i in range(len(values))])
    return np.sqrt((len(values) - 1) * left_out.var(axis=0))


def quantities(series, n):
    """[run, frame] -> mean, variance, susceptibility, Binder cumulant."""
    m1, m2, m4 = series.mean(), (series ** 2).mean(), (series ** 4).mean()
    return np.array([m1, m2 - m1 ** 2, n * (m2 - m1 ** 2), 1 - m4 / (3 * m2 ** 2)])


def test_table_from_the_runs(directory):
    rows = sweep(directory, "noise.eta=1,3", "sim.N=20,50,90", discard=0.3, sim_T=6, sim_save_every=2)
    assert [(r["noise.eta"], r["sim.N"]) for r in rows] == [(e, n) for e in ("1", "3") for n in ("20", "50", "90")]
    for i, row in enumerate(rows):
        point = f"{directory}/noise.eta={row['noise.eta']},sim.N={row['sim.N']}"
        series = np.array([np.load(f"{point}/runs/train_{k:03}/order_params.npz")["polarization"] for k in range(4)])
        kept = series[:, int(0.3 * series.shape[1]):]
        n = int(row["sim.N"])
        assert int(row["point"]) == i and int(row["n_frames"]) == kept.shape[1] == 22 and int(row["n_runs"]) == 4 and int(row["n_agents"]) == n
        expected, errors = quantities(kept, n), jackknife(lambda s: quantities(s, n), kept)
        for name, value, error in zip(("polarization", "variance", "susceptibility", "binder"), expected, errors):
            judge.close(float(row[name]), value, 1e-11, name)
            judge.close(float(row[name + "_se"]), error, 1e-11, name)
        halves = kept[:, 11:].mean(axis=1) - kept[:, :11].mean(axis=1)
        judge.close(float(row["drift"]), halves.mean(), 1e-12, "drift")
        judge.close(float(row["drift_se"]), halves.std(ddof=1) / 2, 1e-12, "drift_se")


def test_order_and_disorder(directory):
    """No noise: a flock. Noise over the whole circle: N independent unit vectors, of mean length about sqrt(pi / 4 N)."""
    rows = sweep(directory, "noise.eta=0,6.283185307179586", "sim.N=100,400", runs=6, sim_T=60, params_R=3, noise_kind="uniform")
    for row in rows[:2]:
        assert float(row["polarization"]) > 0.999 and abs(float(row["binder"]) - 2 / 3) < 1e-4
    for row in rows[2:]:
        expected = np.sqrt(np.pi / 4 / float(row["sim.N"]))
        found, error = float(row["polarization"]), float(row["polarization_se"])
        print(f"      N {row['sim.N']}: {found:.4f} +- {error:.4f}, expected {expected:.4f}")
        assert abs(found - expected) < 5 * error and error < 0.05 * expected
        assert abs(float(row["binder"]) - 1 / 3) < 0.1


if __name__ == "__main__":
    judge.run_tests(globals())
