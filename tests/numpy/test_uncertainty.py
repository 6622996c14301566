"""The uncertainty of the chosen model: what training writes of it and what `local` makes of it, against NumPy."""
import csv
import os
import re

import numpy as np

import judge

KNOWN = 3
SETTINGS = judge.settings(ensemble_n_train=24, ensemble_m_test=6, sim_T=1.5, density_nx=16, density_ny=16, density_bandwidth=1.5,
                          rom_p_lag=KNOWN, rom_target_energy=0.95)


def load(path):
    with np.load(path, allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


def simulate(directory):
    for mode, folder, last in (("train", "training", 23), ("test", "test", 5)):
        judge.flockcast("simulate", "--mode", mode, "--sim_id", f"0-{last}", "--output_dir", f"{directory}/{folder}", *SETTINGS)


def train(directory, *more):
    judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *SETTINGS, *more)
    return load(f"{directory}/models/pod_selected.npz"), load(f"{directory}/models/mvar_selected.npz")


def local(directory, status=0):
    return judge.flockcast("local", "--oscar_dir", directory, "--output_dir", f"{directory}/local", status=status)


def whole_covariance(pod, mvar):
    """Of all components of the state, from what is one matrix already or one for every shell."""
    found = mvar["residual_covariance"]
    if not pod["fourier"]:
        return found
    waves = pod["wavevectors"] / np.array([pod["box_x"], pod["box_y"]])
    lengths = np.repeat((waves**2).sum(1).round(9), 2)
    n_modes, n_fields = len(lengths), found.shape[1]
    out = np.zeros((n_fields * n_modes, n_fields * n_modes))
    shells = np.unique(lengths)
    assert len(found) == len(shells)
    for block, length in zip(found, shells):
        for mode in np.flatnonzero(lengths == length):
            out[np.ix_(np.arange(n_fields) * n_modes + mode, np.arange(n_fields) * n_modes + mode)] = block
    return out


def test_calibrated_is_propagated_times_its_factor(directory):
    """forecast_std^2 / calibration is the trace of the density's block of C_h per cell, and the same energy outside the modes at all leads."""
    simulate(directory)
    for more in (("rom_basis", "pod"), ("rom_basis", "fourier")):
        pod, mvar = train(directory, *judge.settings(**dict([more])))
        n_space, n_modes = pod["U"].shape
        a, sigma, n_leads = mvar["A_matrices"], whole_covariance(pod, mvar), len(mvar["forecast_std"])
        assert n_leads == 16 - KNOWN and mvar["forecast_spread"].shape == (n_leads, 2) and mvar["held_out_r2"].shape == (n_leads, 3)
        judge.close(sigma, sigma.T, 1e-12 * np.abs(sigma).max(), "a symmetric covariance")
        assert np.linalg.eigvalsh(sigma).min() > -1e-9 * np.abs(sigma).max()
        psi, c, variance = [np.eye(len(sigma))], np.zeros_like(sigma), []
        for h in range(n_leads):
            c = c + psi[h] @ sigma @ psi[h].T
            variance.append(np.trace(c[:n_modes, :n_modes]) / n_space / pod["scale"][0] ** 2)
            psi.append(sum(a[i] @ psi[h - i] for i in range(min(len(a), h + 1))))
        outside = mvar["forecast_std"] ** 2 / mvar["calibration"] - variance
        judge.close(outside, np.full(n_leads, outside[0]), 1e-9 * max(variance), "energy outside the modes")
        assert outside[0] >= -1e-12 and (mvar["forecast_spread"] >= 0).all() and (np.diff(mvar["held_out_r2"], axis=1) >= 0).all()
        print(f"      {more[1]}: calibration {mvar['calibration'][0]:.2f} to {mvar['calibration'][-1]:.2f}")


def test_the_table_of_the_test_runs(directory):
    """Persistence by NumPy, coverage near its name, and the means in the verdict."""
    simulate(directory)
    train(directory)
    out, _ = local(directory)
    with open(f"{directory}/local/uncertainty.csv") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["run_name", "ic_type", "crps", "crps_persistence", "coverage_50", "coverage_90", "mean_std", "expected_share"]
    assert [row["run_name"] for row in rows] == sorted(os.listdir(f"{directory}/test"))
    for row in rows:
        rho = np.load(f"{directory}/test/{row['run_name']}/density.npz")["rho"]
        judge.close(float(row["crps_persistence"]), np.abs(rho[KNOWN:] - rho[KNOWN - 1]).mean(), 1e-12, "persistence")
        assert 0 <= float(row["expected_share"]) <= 1 and 0 <= float(row["coverage_50"]) <= float(row["coverage_90"]) <= 1
    mean = {name: np.mean([float(row[name]) for row in rows]) for name in list(rows[0])[2:]}
    assert mean["crps"] < mean["crps_persistence"] and 0.75 < mean["coverage_90"] < 0.99, mean
    said = re.search(r"90 % intervals of the chosen model hold ([\d.]+) of the cells; CRPS ([\d.]+) \(persistence ([\d.]+)\)", out)
    judge.close([float(x) for x in said.groups()], [mean["coverage_90"], mean["crps"], mean["crps_persistence"]], 0.00501, "verdict")


def test_members_are_checked_or_absent(directory):
    simulate(directory)
    _, mvar = train(directory)
    judge.forget_files(f"{directory}/models")
    path = f"{directory}/models/mvar_selected.npz"
    damaged = dict(forecast_std=np.array([]), calibration=-mvar["calibration"], forecast_spread=mvar["forecast_spread"][:-1],
                   held_out_r2=np.where(mvar["held_out_r2"] < 2, np.nan, 0), residual_covariance=mvar["residual_covariance"][..., :-1])
    for name, value in damaged.items():
        np.savez(path, **{**mvar, name: value})
        _, err = local(directory, status=3)
        assert name in err and "mvar_selected.npz" in err and len(err.strip().splitlines()) == 1, err
    np.savez(path, **mvar)
    local(directory)
    assert os.path.exists(f"{directory}/local/uncertainty.csv")
    np.savez(path, **{name: value for name, value in mvar.items() if name not in damaged})
    out, _ = local(directory)
    assert "intervals of the chosen model" not in out and not os.path.exists(f"{directory}/local/uncertainty.csv")


def test_threads_change_nothing(directory):
    simulate(directory)
    found = []
    for n_threads in ("1", "3"):
        os.environ["OMP_NUM_THREADS"] = n_threads
        train(directory)
        with open(f"{directory}/models/mvar_selected.npz", "rb") as stream:
            found.append(stream.read())
    del os.environ["OMP_NUM_THREADS"]
    assert found[0] == found[1]


if __name__ == "__main__":
    judge.run_tests(globals())
