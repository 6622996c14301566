#!/usr/bin/env python3
"""Numbers at the edge: constant fields, one of everything, more modes than windows, models that explode, units of any size. Each gets a right
answer, which NumPy knows too, or a plain refusal. `--table` prints the table of docs/reliability.md."""
import os, sys
import numpy as np
import judge

GRID = {"sim.T": 1, "density.nx": 8, "density.ny": 8, "ensemble.n_train": 4, "ensemble.m_test": 2, "rom.ridge_alpha": 1, "rom.p_lag": 2}
POINT = {"model.speed": 0, "noise.eta": 0, "ensemble.ic_types": "[uniform]"}
rows = []


def words(settings):
    return [word for key, value in {**GRID, **settings}.items() for word in ("--set", f"{key}={value}")]


def simulate(directory, settings, mode="train", status=0):
    count = {**GRID, **settings}["ensemble.n_train" if mode == "train" else "ensemble.m_test"]
    folder = {"train": "training", "test": "test"}[mode]
    return judge.flockcast("simulate", "--mode", mode, "--sim_id", f"0-{count - 1}", "--output_dir", f"{directory}/{folder}", "--compute_order_params",
                           *words(settings), status=status)[1]


def train(directory, settings, status=0):
    return judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *words(settings), status=status)[1]


def local(directory, status=0):
    out, err = judge.flockcast("local", "--oscar_dir", directory, "--output_dir", f"{directory}/local", status=status)
    if status != 0:
        return out, err
    with open(f"{directory}/local/metrics_all_runs.csv") as stream:
        names, *lines = [line.split(",") for line in stream.read().splitlines()]
    return out + err, [{name: value if name in ("run_name", "ic_type") else float(value) for name, value in zip(names, line)} for line in lines]


def load(path):
    with np.load(path, allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


def densities(directory, settings):
    return np.concatenate([load(f"{directory}/training/train_{i:03d}/density.npz")["rho"].reshape(-1, 64) for i in range({**GRID, **settings}["ensemble.n_train"])])


def said(err, text):
    lines = [line for line in err.splitlines() if line.startswith("flockcast")]
    assert len(lines) == 1 and text in lines[0], (lines, text)
    return lines[0].split(": ", 1)[1]


def row(what, answer):
    rows.append((what, answer))


def test_fields_that_do_not_change(directory):
    for name, time in (("fewer frames than cells", 1), ("more frames than cells", 10)):
        settings = {**POINT, "ensemble.n_train": 1, "sim.T": time}
        simulate(f"{directory}/{time}", settings)
        said(train(f"{directory}/{time}", settings, status=1), "are all equal")
        row(f"constant field, {name}", "refused (1): the training frames are all equal")
    settings = {"density.nx": 1, "density.ny": 1}
    simulate(f"{directory}/cell", settings)
    said(train(f"{directory}/cell", settings, status=1), "are all equal")
    row("one cell, so that the density is N / area for ever", "refused (1): the training frames are all equal")


def test_runs_that_stand_still(directory):
    # Three constant runs that differ: modes, but coefficients without any change in time.
    settings = {**POINT, "ensemble.n_train": 3, "ensemble.m_test": 1}
    simulate(directory, settings), simulate(directory, settings, "test")
    train(directory, settings)
    model = load(f"{directory}/models/mvar_model.npz")
    assert model["r"] == 2 and np.isfinite(model["A_matrices"]).all()
    _, scores = local(directory)
    assert scores[0]["r2_persistence"] == 1.0
    row("three constant fields that differ", "two modes; persistence has r2 1")


def test_zero_variance_of_coefficients(directory):
    # One run whose density is the same in all frames but the first: after the lag nothing changes.
    simulate(directory, {})
    for i in range(4):
        path = f"{directory}/training/train_{i:03d}/density.npz"
        density = load(path)
        density["rho"] = np.repeat(density["rho"][:1] * 0 + density["rho"].mean(), len(density["rho"]), axis=0)
        density["rho"][0, 0, 0] += 1.0
        density["rho"][0, 0, 1] -= 1.0
        np.savez(path, **density)
    train(directory, {"rom.p_lag": 1})
    model = load(f"{directory}/models/mvar_model.npz")
    report = judge.load_json(f"{directory}/models/training_metadata.json")
    assert np.isfinite(model["A_matrices"]).all()
    r2 = report["mvar"]["train_r2"]
    assert r2 is None or (np.isfinite(r2) and r2 <= 1.0), r2
    row("coefficients of zero variance in all windows", "trained; train_r2 is " + ("null, since 0/0" if r2 is None else "a number of at most 1"))


def test_one_particle(directory):
    settings = {"sim.N": 1}
    simulate(directory, settings), simulate(directory, settings, "test")
    order = load(f"{directory}/test/test_000/order_params.npz")
    assert np.allclose(order["polarization"], 1.0) and np.allclose(order["nematic"], 1.0) and np.all(order["speed_std"] == 0.0)
    rho = load(f"{directory}/test/test_000/density.npz")["rho"]
    assert np.allclose(rho.sum(axis=(1, 2)) * (15 / 8) ** 2, 1.0)
    train(directory, settings)
    _, scores = local(directory)
    assert all(np.isfinite(score["r2"]) for score in scores)
    row("one particle", "polarization 1, mass 1, scores finite")


def test_one_frame(directory):
    said(judge.flockcast("run", "--oscar_dir", directory, *words({"sim.T": 0}), status=2)[1], "rom.p_lag")
    simulate(directory, {"sim.T": 0}), simulate(directory, {"sim.T": 0}, "test")
    assert load(f"{directory}/training/train_000/density.npz")["rho"].shape == (1, 8, 8)
    said(train(directory, {"sim.T": 0}, status=3), "expected at least")
    row("one frame", "simulated; run refuses the lag (2), train the runs (3)")


def test_all_particles_at_one_point(directory):
    settings = {"density.bandwidth": 0}
    simulate(directory, settings), simulate(directory, settings, "test")
    for mode, folder in (("train", "training"), ("test", "test")):
        for i in range(4 if mode == "train" else 2):
            path = f"{directory}/{folder}/{mode}_{i:03d}/density.npz"
            density = load(path)
            density["rho"][:] = 0.0
            for frame in range(len(density["rho"])):
                density["rho"][frame, (i + frame) % 8, frame % 8] = 40 / (15 / 8) ** 2
            np.savez(path, **density)
    train(directory, settings)
    pod = load(f"{directory}/models/pod_model.npz")
    rank = np.linalg.matrix_rank(densities(directory, settings) - pod["mean"])
    assert pod["R_POD"] <= rank and np.allclose(pod["U"].T @ pod["U"], np.eye(pod["U"].shape[1]), atol=1e-12)
    _, scores = local(directory)
    assert all(np.isfinite(score["r2"]) for score in scores)
    row("all particles in one cell that moves", f"{int(pod['R_POD'])} orthonormal modes, no more than the rank; scores finite")


def test_fewer_snapshots_than_modes(directory):
    settings = {"rom.target_energy": 1, "ensemble.n_train": 1, "density.bandwidth": 0}
    simulate(directory, settings)
    train(directory, settings)
    pod = load(f"{directory}/models/pod_model.npz")
    values = np.linalg.svd(densities(directory, settings) - pod["mean"], compute_uv=False)
    assert pod["R_POD"] <= 10 and np.allclose(pod["S"], values[: len(pod["S"])], rtol=1e-8, atol=1e-8 * values[0])
    row("all the energy of 11 snapshots asked for", f"{int(pod['R_POD'])} modes, NumPy's singular values to 1e-8")


def test_rank_deficient_and_ill_conditioned(directory):
    settings = {"rom.target_energy": 1, "rom.ridge_alpha": 0}
    simulate(directory, settings)
    said(train(directory, settings, status=1), "not positive definite")
    row("72 regressors on 36 windows without ridge", "refused (1): not positive definite, and what to change")
    train(directory, {**settings, "rom.ridge_alpha": 1e-9})
    pod, model = load(f"{directory}/models/pod_model.npz"), load(f"{directory}/models/mvar_model.npz")
    y = (densities(directory, settings) - pod["mean"]) @ pod["U"]
    runs = y.reshape(4, 11, -1)
    x = np.concatenate([np.concatenate([run[1:-1], run[:-2]], axis=1) for run in runs])
    target = np.concatenate([run[2:] for run in runs])
    # The least-squares form of ridge does not square the condition.
    n = x.shape[1]
    exact = np.linalg.lstsq(np.vstack([x, np.sqrt(1e-9) * np.eye(n)]), np.vstack([target, np.zeros((n, target.shape[1]))]), rcond=None)[0]
    found = np.concatenate(list(model["A_matrices"].transpose(0, 2, 1)))
    error = np.linalg.norm(x @ found - x @ exact) / np.linalg.norm(target)
    assert error < 1e-4, error
    row("the same with ridge 1e-9", f"fitted values within {error:.0e} of least squares on the augmented matrix")


def test_models_that_explode(directory):
    simulate(directory, {}), simulate(directory, {}, "test")
    train(directory, {"rom.select": "none", "rom.field": "false"})
    judge.forget_files(f"{directory}/models")
    model = load(f"{directory}/models/mvar_model.npz")
    del model["spectral_radius"]  # as older scripts write it
    for factor in (0.999, 1.0, 1.5, 1e20, 1e300):
        model["A_matrices"] = np.stack([np.eye(int(model["r"])) * factor, np.zeros((int(model["r"]),) * 2)])
        np.savez(f"{directory}/models/mvar_model.npz", **model)
        out, scores = local(directory)
        lines = [line for line in out.splitlines() if "unstable: spectral radius" in line]
        assert len(lines) == (factor > 1.0) and "nan" not in out and max(map(len, out.splitlines())) < 200, out
        if factor <= 1.0:
            continue
        with np.errstate(over="ignore"):
            assert lines == [f"the specified model is unstable: spectral radius {factor:.5g} (growth {100 * (factor - 1):+.3g} % a frame, "
                             f"x{np.float64(factor) ** 9:.3g} over 9 frames); its forecasts are drawn as they are"], lines
        assert all(not score["r2"] > 0.0 for score in scores) and "LOSES" in out, out
        n_overflowed = sum(not np.isfinite(score["rmse"]) for score in scores)
        assert (f"{n_overflowed} of {len(scores)} of its forecasts overflowed (not finite)" in out) == (n_overflowed > 0) == (factor > 2.0), out
        assert all(score["r2_persistence"] > 0.0 for score in scores)
        row(f"a model that multiplies by {factor:g} a frame", "drawn, r2 " + ("nan" if np.isnan(scores[0]["r2"]) else f"{scores[0]['r2']:.2g}") + ", baselines as ever, said to lose")
    model["A_matrices"][0, 0, 0] = np.inf
    np.savez(f"{directory}/models/mvar_model.npz", **model)
    said(local(directory, status=3)[1], "mvar_model.npz: A_matrices: found inf")
    row("a model with an infinite coefficient", "refused (3)")


def test_units_of_any_size(directory):
    base = {"sim.Lx": 16.0, "sim.Ly": 16.0, "params.R": 2.0, "model.speed": 1.0}
    found = []
    for power in (0, 30, -30):
        scale = 2.0**power
        settings = {**{key: value * scale for key, value in base.items()}, "rom.ridge_alpha": scale**-4}
        place = f"{directory}/{power}"
        simulate(place, settings), simulate(place, settings, "test")
        train(place, settings)
        found.append(local(place)[1])
    for scaled in found[1:]:
        for a, b in zip(found[0], scaled):
            for name in ("r2", "r2_persistence", "r2_pod", "median_e2"):
                assert abs(a[name] - b[name]) <= 1e-7 * abs(a[name]), (name, a[name], b[name])
    row("lengths times 2^30 and 2^-30", "the same scores to 1e-7")
    said(simulate(f"{directory}/denormal", {"sim.Lx": 1e-308, "sim.Ly": 1e-308}, status=1), "density is inf")
    row("a box of 1e-308", "refused (1): a density is inf")
    said(simulate(f"{directory}/fine", {"sim.T": 1e300}, status=2), "sim.T")
    row("1e301 steps", "refused (2): sim.T")


if __name__ == "__main__":
    is_table = "--table" in sys.argv
    try:
        judge.run_tests(globals())
    finally:
        if is_table:
            print("| case | answer |\n|---|---|")
            for what, answer in rows:
                print(f"| {what} | {answer} |")
