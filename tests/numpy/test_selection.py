#!/usr/bin/env python3
"""The model chosen by cross-validation: forecast once more in NumPy and SciPy from its files and the runs alone, and what its files and tables say."""
import csv
import os

import numpy as np
from scipy.ndimage import gaussian_filter

import judge

BOX = {"Lx": 15.0, "Ly": 12.0, "nx": 20, "ny": 16, "bandwidth": 2.0, "bc": "periodic"}
N_KNOWN = 3
SMALL = {"sim.Lx": BOX["Lx"], "sim.Ly": BOX["Ly"], "density.nx": BOX["nx"], "density.ny": BOX["ny"], "density.bandwidth": BOX["bandwidth"],
         "ensemble.n_train": 24, "ensemble.m_test": 4, "rom.p_lag": N_KNOWN, "rom.field": "false"}  # the field model has tests of its own
STATES = ("density", "momentum", "nematic")


def words(settings):
    return [word for key, value in {**SMALL, **settings}.items() for word in ("--set", f"{key}={value}")]


def simulate(directory, settings=None):
    for mode, folder, count in (("train", "training", 24), ("test", "test", 4)):
        judge.flockcast("simulate", "--mode", mode, "--sim_id", f"0-{count - 1}", "--output_dir", f"{directory}/{folder}", "--compute_order_params",
                        *words(settings or {}))


def train(directory, settings=None, status=0):
    return judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *words(settings or {}), status=status)[1]


def local(directory, status=0):
    return judge.flockcast("local", "--oscar_dir", directory, "--output_dir", f"{directory}/local", status=status)


def load(path):
    with np.load(path, allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


def table(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def content(path):
    with open(path, "rb") as stream:
        return stream.read()


# --- the chosen model once more ---

def moment_fields(run, n_moments, bc):
    """[frame, 2 n_moments, cell]: |v| cos n theta and |v| sin n theta, smoothed as the density is."""
    tracks = load(f"{run}/traj.npz")
    edges = [np.linspace(0, BOX["Ly"], BOX["ny"] + 1), np.linspace(0, BOX["Lx"], BOX["nx"] + 1)]
    area = BOX["Lx"] / BOX["nx"] * BOX["Ly"] / BOX["ny"]
    frames = []
    for x, v in zip(tracks["positions"], tracks["velocities"]):
        speed, theta = np.hypot(*v.T), np.arctan2(v[:, 1], v[:, 0])
        weights = [speed * turn(n * theta) for n in range(1, n_moments + 1) for turn in (np.cos, np.sin)]
        frames.append([gaussian_filter(np.histogram2d(x[:, 1], x[:, 0], bins=edges, weights=w)[0] / area, BOX["bandwidth"],
                                       mode={"periodic": "wrap", "reflecting": "nearest"}[bc]).ravel() for w in weights])
    return np.array(frames).reshape(len(frames), 2 * n_moments, BOX["nx"] * BOX["ny"])


def states(pod, rho, moments):
    """[frame, component] of densities [frame, cell] and moments [frame, 2 n_moments, cell]."""
    parts = [(rho - pod["mean"]) @ pod["U"]]
    if pod["fourier"] == 1:
        waves = pod["wavevectors"] / [pod["box_x"], pod["box_y"]]
        angle = np.repeat(np.arctan2(waves[:, 1], waves[:, 0]), 2)
        for n in range(1, int(pod["n_moments"]) + 1):
            along = np.cos(n * angle) * (moments[:, 2 * n - 2] @ pod["U"]) + np.sin(n * angle) * (moments[:, 2 * n - 1] @ pod["U"])
            if n % 2 == 1:  # a quarter wave: the divergence of a momentum along the wave
                along = np.stack([along[:, 1::2], -along[:, ::2]], axis=2).reshape(along.shape)
            parts.append(along)
    else:
        for i in range(2 * int(pod["n_moments"])):
            parts.append((moments[:, i] - pod["mean_moments"][i]) @ pod["U_moments"][i])
    return np.concatenate([scale * part for scale, part in zip(pod["scale"], parts)], axis=1)


def on_simplex(frame):
    """The nearest frame of the same sum without negative cells, by sorting."""
    falling = np.sort(frame)[::-1]
    thresholds = (np.cumsum(falling) - frame.sum()) / np.arange(1, len(frame) + 1)
    return np.maximum(frame - thresholds[np.nonzero(falling > thresholds)[0][-1]], 0.0)


def lifted(frames, lift):
    if lift == 1:
        kept = np.maximum(frames, 0.0)
        return kept * (frames.sum(axis=1) / kept.sum(axis=1))[:, None]
    return np.array([on_simplex(frame) for frame in frames]) if lift == 2 else frames


def forecast(pod, mvar, run, bc):
    rho = load(f"{run}/density.npz")["rho"]
    rho = rho.reshape(len(rho), -1)
    y = list(states(pod, rho, moment_fields(run, int(pod["n_moments"]), bc))[:N_KNOWN])
    while len(y) < len(rho):
        y.append(sum(a @ past for a, past in zip(mvar["A_matrices"], y[::-1])))
    density = np.array(y[N_KNOWN:])[:, :int(pod["R_POD"])] / pod["scale"][0]
    return rho, lifted(density @ pod["U"].T + pod["mean"], int(mvar["lift"]))


def check_chosen(directory, basis, state, lift, bc="periodic"):
    """Files, and r2 of every run and lead against the forecast from them."""
    pod, mvar = (load(f"{directory}/models/{name}_selected.npz") for name in ("pod", "mvar"))
    mean = load(f"{directory}/models/pod_model.npz")["mean"]
    assert pod["fourier"] == (basis == "fourier") and mvar["lift"] == ("none", "clamp", "simplex").index(lift)
    n_moments, modes = int(pod["n_moments"]), int(pod["R_POD"])
    assert state in (STATES[n_moments], "auto") and 1 <= mvar["p"] <= N_KNOWN
    n_fields = 1 + n_moments * (1 if basis == "fourier" else 2)
    assert pod["scale"].shape == (n_fields,) and mvar["A_matrices"].shape == (mvar["p"], n_fields * modes, n_fields * modes)
    judge.close(pod["U"].T @ pod["U"], np.eye(modes), 1e-12, "orthonormal modes")
    judge.close(mvar["spectral_radius"], judge.spectral_radius(mvar["A_matrices"]), 1e-6, "spectral radius")
    rows, leads = table(f"{directory}/local/metrics_selected.csv"), []
    assert [row["run_name"] for row in rows] == [f"test_{i:03d}" for i in range(4)]
    for row in rows:
        rho, found = forecast(pod, mvar, f"{directory}/test/{row['run_name']}", bc)
        expected = judge.scores(rho, found, pod["U"], mean, N_KNOWN) | {"r2_pod": 1 - ((rho[N_KNOWN:] - pod["mean"] - (rho[N_KNOWN:] - pod["mean"]) @ pod["U"] @ pod["U"].T) ** 2).sum()
                                                                        / ((rho[N_KNOWN:] - mean) ** 2).sum()}
        for name, value in expected.items():
            judge.close(float(row[name]), value, 1e-9 * max(1.0, abs(value)), f"{basis} {state} {lift} {row['run_name']} {name}")
        lead = 1 - ((found - rho[N_KNOWN:]) ** 2).sum(axis=1) / ((rho[N_KNOWN:] - mean) ** 2).sum(axis=1)
        assert int(row["horizon"]) == next((i for i, value in enumerate(lead) if value < 0.5), len(lead))
        judge.close(float(row["skill"]), (expected["r2"] - expected["r2_persistence"]) / (expected["r2_pod"] - expected["r2_persistence"]), 1e-8, "skill")
        assert bc == "reflecting" or float(row["max_mass_error"]) < 1e-12
        assert lift == "none" or float(row["min_density"]) >= 0.0
        leads.append(lead)
    check_leads(directory, "selected", np.array(leads))
    return pod, mvar, rows


def check_leads(directory, model, leads):
    """r2_by_lead.csv against r2[run, lead]."""
    rows = [row for row in table(f"{directory}/local/r2_by_lead.csv") if row["model"] == model]
    assert [int(row["lead"]) for row in rows] == list(range(1, leads.shape[1] + 1))
    times = load(f"{directory}/test/test_000/density.npz")["times"]
    for row, lead in zip(rows, leads.T):
        assert int(row["frame"]) == N_KNOWN + int(row["lead"]) - 1 and int(row["n_runs"]) == len(lead)
        judge.close(float(row["time"]), times[int(row["frame"])] - times[N_KNOWN - 1], 1e-12, "time")
        for name, value in (("r2", lead.mean()), ("r2_median", np.median(lead)), ("r2_p10", np.percentile(lead, 10)), ("r2_p90", np.percentile(lead, 90))):
            judge.close(float(row[name]), value, 1e-9 * max(1.0, abs(value)), f"{model} lead {row['lead']} {name}")


# --- tests ---

def test_fourier_states(directory):
    simulate(directory)
    for state, lift in (("density", "clamp"), ("momentum", "none"), ("nematic", "simplex"), ("auto", "clamp")):
        train(directory, {"rom.basis": "fourier", "rom.state": state, "rom.lift": lift})
        local(directory)
        pod, mvar, _ = check_chosen(directory, "fourier", state, lift)
        modes = int(pod["R_POD"])
        mixed = mvar["A_matrices"].reshape(-1, len(pod["scale"]), modes, len(pod["scale"]), modes)
        assert not mixed.transpose(0, 1, 3, 2, 4)[..., ~np.eye(modes, dtype=bool)].any()  # a mode acts on itself alone


def test_pod_states(directory):
    simulate(directory)
    for state, lift in (("density", "simplex"), ("momentum", "clamp"), ("density", "none")):
        train(directory, {"rom.basis": "pod", "rom.state": state, "rom.lift": lift})
        local(directory)
        check_chosen(directory, "pod", state, lift)


def test_stable(directory):
    """An unstable choice is damped to a radius of 1, and forecasts of what is written are what is scored."""
    simulate(directory)
    settings = {"rom.basis": "pod", "rom.state": "density", "rom.ridge_alpha": 1e-6}
    train(directory, settings)
    free = load(f"{directory}/models/mvar_selected.npz")
    train(directory, {**settings, "rom.stable": "true"})
    local(directory)
    _, damped, _ = check_chosen(directory, "pod", "density", "clamp")
    assert damped["spectral_radius"] <= 1.0 + 1e-12
    radius = max(1.0, float(free["spectral_radius"]))
    for i, (a, b) in enumerate(zip(damped["A_matrices"], free["A_matrices"])):
        judge.close(a, b / radius ** (i + 1), 1e-12, "damped coefficients")


def test_what_is_specified_stays(directory):
    """pod_model.npz and mvar_model.npz do not know of the choice; rom.select=none takes the files of a choice away."""
    chosen = ("pod_selected.npz", "mvar_selected.npz", "selection.csv")
    tables = ("metrics_selected.csv", "metrics_selected_by_ic_type.csv")
    simulate(directory)
    train(directory, {"rom.field": "true"})
    out, _ = local(directory)
    assert "chosen model:" in out
    before = {name: content(f"{directory}/models/{name}") for name in ("pod_model.npz", "mvar_model.npz")}
    scored = content(f"{directory}/local/metrics_all_runs.csv")
    assert all(os.path.exists(f"{directory}/models/{name}") for name in chosen)
    assert all(os.path.exists(f"{directory}/local/{name}") for name in tables)
    train(directory, {"rom.field": "true", "rom.select": "none"})
    out, _ = local(directory)
    assert "chosen model" not in out
    assert not any(os.path.exists(f"{directory}/models/{name}") for name in chosen)
    assert not any(os.path.exists(f"{directory}/local/{name}") for name in tables)
    assert "selected" not in judge.load_json(f"{directory}/models/training_metadata.json")
    assert {name: content(f"{directory}/models/{name}") for name in before} == before
    assert content(f"{directory}/local/metrics_all_runs.csv") == scored
    assert {row["model"] for row in table(f"{directory}/local/r2_by_lead.csv")} == {"specified", "field"}


def test_the_table_of_the_search(directory):
    """selection.csv: one best, one chosen by the rule; the member search and training_metadata.json say the same."""
    simulate(directory)
    train(directory)
    rows = table(f"{directory}/models/selection.csv")
    pod, mvar = (load(f"{directory}/models/{name}_selected.npz") for name in ("pod", "mvar"))
    assert {row["basis"] for row in rows} == {"pod", "fourier"} and {row["state"] for row in rows} == set(STATES)
    r2 = np.array([float(row["cv_r2"]) for row in rows])
    best, chosen = ([i for i, row in enumerate(rows) if row[name] == "1"] for name in ("is_best", "is_chosen"))
    assert len(best) == 1 and len(chosen) == 1 and r2[best[0]] == r2.max()
    enough = r2.max() - float(rows[best[0]]["standard_error"])
    simplest = min((int(row["n_parameters"]), -float(row["ridge_alpha"])) for row, value in zip(rows, r2) if value >= enough + 1e-9)
    row = rows[chosen[0]]
    assert r2[chosen[0]] >= enough - 1e-9 and (int(row["n_parameters"]), -float(row["ridge_alpha"])) <= simplest
    assert (int(row["n_modes"]), int(row["lag"]), STATES.index(row["state"])) == (pod["R_POD"], mvar["p"], pod["n_moments"])
    assert float(row["ridge_alpha"]) == mvar["alpha"] and (row["basis"] == "fourier") == (pod["fourier"] == 1)
    assert mvar["search"].shape == (len(rows), 14)
    names = ("ridge_alpha", "n_parameters", "cv_r2", "standard_error", "aic", "bic", "hqic", "log_fpe", "is_best", "is_chosen")
    for found, row in zip(mvar["search"], rows):
        expected = [row["basis"] == "fourier", STATES.index(row["state"]), int(row["n_modes"]), int(row["lag"])] + [float(row[name]) for name in names]
        assert np.allclose(found, expected, rtol=1e-9, atol=0, equal_nan=True), (found, expected)
    said = judge.load_json(f"{directory}/models/training_metadata.json")["selected"]
    row = rows[chosen[0]]
    assert (said["basis"], said["n_moments"], said["n_modes"], said["p"]) == (row["basis"], STATES.index(row["state"]), int(row["n_modes"]), int(row["lag"]))
    judge.close([said["cv_r2"], said["standard_error"], said["best_cv_r2"]], [float(row["cv_r2"]), float(row["standard_error"]), r2.max()], 1e-9, "selected")
    assert said["n_candidates"] == len(rows) and said["n_judged"] == 24


def test_walls(directory):
    """In a box with walls POD modes are chosen, with the momentum where that forecasts better; Fourier modes are refused."""
    walls = {"sim.bc": "reflecting"}
    simulate(directory, walls)
    err = train(directory, {**walls, "rom.basis": "fourier"}, status=2)
    assert [line for line in err.splitlines() if line.startswith("flockcast")] == \
        ["flockcast train: rom.basis: found fourier for runs with walls, expected auto or pod"]
    train(directory, walls)
    local(directory)
    check_chosen(directory, "pod", "auto", "clamp", "reflecting")
    rows = table(f"{directory}/models/selection.csv")
    assert {row["basis"] for row in rows} == {"pod"} and {row["state"] for row in rows} == {"density", "momentum"}


def test_nothing_to_choose(directory):
    """Too few modes, no wavevector: training goes on, says so, and leaves no files of an older choice."""
    simulate(directory)
    train(directory)
    err = train(directory, {"rom.target_energy": 0.3, "rom.basis": "pod"})
    assert "no model is chosen: choice of a model: none of 0 candidates" in err, err
    assert not any(os.path.exists(f"{directory}/models/{name}") for name in ("pod_selected.npz", "mvar_selected.npz", "selection.csv"))
    assert "chosen model" not in local(directory)[0]
    coarse = {"density.nx": 4, "density.ny": 4, "density.bandwidth": 3}
    simulate(f"{directory}/coarse", coarse)
    train(f"{directory}/coarse", coarse)
    assert "no wavevector is resolved by 4 x 4 cells" in train(f"{directory}/coarse", {**coarse, "rom.basis": "fourier"}, status=3)


def test_agents_at_rest(directory):
    """No momentum to learn from: the density is, in a box with walls and more frames than cells too."""
    rest = {"sim.bc": "reflecting", "model.speed": 0, "density.nx": 10, "density.ny": 10}
    simulate(directory, rest)
    train(directory, rest)
    assert {row["state"] for row in table(f"{directory}/models/selection.csv")} == {"density"}
    local(directory)


def test_a_penalty_of_any_size(directory):
    """What training writes is read again: penalties have no upper end."""
    simulate(directory)
    for alpha in (0.0, 1e-300, 1e20, 1e300):
        train(directory, {"rom.ridge_alpha": alpha, "rom.basis": "fourier"})
        assert alpha in load(f"{directory}/models/mvar_selected.npz")["search"][:, 4]
        local(directory)


def test_damaged_files(directory):
    """Whatever is wrong with the files of the chosen model: exit 3 and one line that names file and member."""
    simulate(directory)
    train(directory, {"rom.basis": "fourier", "rom.state": "momentum"})
    judge.forget_files(f"{directory}/models")
    good = {name: load(f"{directory}/models/{name}_selected.npz") for name in ("pod", "mvar")}

    def refused(which, change, *words_of_it):
        path = f"{directory}/models/{which}_selected.npz"
        before = content(path)
        members = {key: value.copy() for key, value in good[which].items()}
        members = change(members) or members
        np.savez(path, **members)
        out, err = local(directory, status=3)
        lines = [line for line in (out + err).splitlines() if line.startswith("flockcast")]
        assert len(lines) == 1 and f"{which}_selected.npz" in lines[0] and all(word in lines[0] for word in words_of_it), (out, err)
        with open(path, "wb") as stream:
            stream.write(before)

    def put(name, value, at=()):
        def change(members):
            members[name][at] = value
        return change

    def swapped(members):
        members["wavevectors"] = members["wavevectors"][:, ::-1] if members["wavevectors"][0, 1] == 0 else members["wavevectors"] * [0, 1]

    refused("pod", lambda m: {key: value for key, value in m.items() if key != "wavevectors"}, "wavevectors")
    refused("pod", lambda m: {key: value for key, value in m.items() if key != "scale"}, "scale")
    refused("pod", put("U", np.nan, (3, 1)), "U", "nan")
    refused("pod", put("U", 0.0, (0, 0)), "U")
    refused("pod", put("U", 0.5, (7, 3)), "U")  # one cell of one mode: it would not be the mode of its wavevector any more
    refused("pod", put("mean", 0.5, 7), "mean")
    refused("pod", put("wavevectors", -good["pod"]["wavevectors"][0], 0), "wavevectors")
    refused("pod", put("scale", 0.0, 0), "scale")
    refused("pod", put("scale", np.inf, 1), "scale")
    refused("pod", put("n_moments", 7), "n_moments")
    refused("pod", put("fourier", 2), "fourier")
    refused("pod", put("box_x", -1.0), "box_x")
    refused("pod", put("wavevectors", 0.5, (0, 0)), "wavevectors")
    refused("pod", put("wavevectors", 1e9, (0, 0)), "wavevectors")
    refused("pod", put("wavevectors", 0.0), "wavevectors")
    refused("pod", swapped, "wavevectors")
    refused("mvar", put("A_matrices", np.inf, (0, 0, 0)), "A_matrices", "inf")
    refused("mvar", put("lift", 3), "lift")
    refused("mvar", lambda m: {**m, "A_matrices": m["A_matrices"][:, :2, :2], "r": np.int64(2)}, "r is 2")
    refused("mvar", lambda m: {key: value for key, value in m.items() if key != "search"}, "search")
    refused("mvar", put("search", np.nan, (0, 1)), "search")
    refused("mvar", put("search", 9.0, (0, 1)), "search")
    refused("mvar", put("search", 3.0, (0, 0)), "search")
    refused("mvar", lambda m: {**m, "search": m["search"][:0]}, "search")
    for column, value in ((6, np.inf), (6, -np.inf), (6, np.nan), (7, np.nan), (7, np.inf), (7, -1.0)):
        refused("mvar", put("search", value, (slice(None), column)), "search")
    for column in (8, 9, 10, 11):  # criteria are shown in no figure, and may be what a singular fit makes of them
        np.savez(f"{directory}/models/mvar_selected.npz", **{**good["mvar"], "search": np.where(np.arange(14) == column, -np.inf, good["mvar"]["search"])})
        local(directory)
    for which in ("pod", "mvar"):
        path = f"{directory}/models/{which}_selected.npz"
        whole = content(path)
        for cut in (0, len(whole) // 2, len(whole) - 7):
            with open(path, "wb") as stream:
                stream.write(whole[:cut])
            out, err = local(directory, status=3)
            lines = [line for line in (out + err).splitlines() if line.startswith("flockcast")]
            assert len(lines) == 1 and f"{which}_selected.npz" in lines[0], lines
        os.remove(path)
        out, err = local(directory, status=3)
        assert f"{which}_selected.npz" in err and len([line for line in err.splitlines() if line.startswith("flockcast")]) == 1
        with open(path, "wb") as stream:
            stream.write(whole)
    local(directory)


judge.run_tests(globals())
