"""The field model: what training writes of it, and what `local` makes of it, against a step in NumPy."""
import csv
import glob
import json
import os

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve

import judge

KNOWN = 4
N_TRAIN, N_TEST = 8, 3
SETTINGS = judge.settings(ensemble_n_train=N_TRAIN, ensemble_m_test=N_TEST, sim_T=1.5, density_nx=24, density_ny=20, density_bandwidth=1.5,
                          sim_Ly=12.5, rom_p_lag=KNOWN, rom_target_energy=0.9, rom_ridge_alpha=1e-2, rom_select="none",
                          ensemble_ic_types="[ring]")
PUSHED = judge.settings(forces_enabled="true")
CASES = {"periodic": ([], 0), "walls": (judge.settings(sim_bc="reflecting"), 0), "driven": (PUSHED + judge.settings(model_speed_mode="variable"), 2),
         "steered": (PUSHED + judge.settings(model_speed_mode="constant_with_forces"), 1)}
TABLES = ("metrics_field.csv", "metrics_field_by_ic_type.csv", "uncertainty_field.csv")


def load(path):
    with np.load(path, allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


def table(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def simulate(directory, more=()):
    for mode, folder, n in (("train", "training", N_TRAIN), ("test", "test", N_TEST)):
        judge.flockcast("simulate", "--mode", mode, "--sim_id", f"0-{n - 1}", "--output_dir", f"{directory}/{folder}", *SETTINGS, *more)


def train(directory, *more, status=0):
    return judge.flockcast("train", "--train_dir", f"{directory}/training", "--output_dir", f"{directory}/models", *SETTINGS, *more, status=status)


def local(directory, status=0):
    return judge.flockcast("local", "--oscar_dir", directory, "--output_dir", f"{directory}/local", status=status)


# --- the forecast once more ---

class Grid:
    def __init__(self, cells, extent, periodic):
        self.n = np.array([int(cells[1]), int(cells[0])])  # x, y
        self.box = np.array([extent[1], extent[3]])
        self.h, self.periodic = self.box / self.n, periodic

    def weights(self, x):
        """Cells around points, and their shares by bilinear weights: flat indices and shares [4, point]."""
        at = x / self.h - 0.5
        low = np.floor(at).astype(int)
        share = at - low
        cells, shares = [], []
        for j in (0, 1):
            for i in (0, 1):
                cell = low + [i, j]
                cell = cell % self.n if self.periodic else np.clip(cell, 0, self.n - 1)
                cells.append(cell[:, 1] * self.n[0] + cell[:, 0])
                shares.append(np.where(i, share[:, 0], 1 - share[:, 0]) * np.where(j, share[:, 1], 1 - share[:, 1]))
        return np.array(cells), np.array(shares)

    def gather(self, weights, amount):
        return np.bincount(weights[0].ravel(), (weights[1] * amount).ravel(), self.n.prod()).reshape(self.n[::-1])

    def read(self, weights, field):
        return (weights[1] * field.ravel()[weights[0]]).sum(0)

    def kernel(self, value, width, scale, component):
        """Means over the cells of a function of distance, 8 x 8 points a cell; as far as cells that have one shortest way."""
        half = (self.n - 1) // 2
        points = ((np.arange(8) + 0.5) / 8 - 0.5)
        x = ((np.arange(-half[0], half[0] + 1)[:, None] + points) * self.h[0]).ravel()
        y = ((np.arange(-half[1], half[1] + 1)[:, None] + points) * self.h[1]).ravel()
        r = np.hypot(x[None], y[:, None])
        f = np.append(value, 0.0)[np.minimum((r / scale / width).astype(int), len(value))]
        f = f * (1.0 if component is None else (x[None] if component == 0 else y[:, None]) / r)
        return f.reshape(2 * half[1] + 1, 8, 2 * half[0] + 1, 8).mean(axis=(1, 3))

    def convolve(self, kernel, field):
        if not self.periodic:
            half = np.array(kernel.shape) // 2
            return fftconvolve(field, kernel)[half[0]:half[0] + field.shape[0], half[1]:half[1] + field.shape[1]]
        whole = np.zeros(field.shape)
        rows, columns = np.indices(kernel.shape) - np.array(kernel.shape)[:, None, None] // 2
        whole[rows, columns] = kernel
        return np.fft.ifft2(np.fft.fft2(whole) * np.fft.fft2(field)).real


def on_axis(x, cell, n, sigma, periodic):
    """Shares [agent, cell] of a Gaussian cut at 3.5 sigma."""
    d = (np.arange(n) + 0.5) * cell - x[:, None]
    if periodic:
        d -= n * cell * np.rint(d / (n * cell))
    g = np.where(np.abs(d) <= 3.5 * sigma, np.exp(-0.5 * (d / sigma) ** 2), 0.0)
    return g / g.sum(1, keepdims=True)


def contraction(m, grid):
    k = np.arange(len(m["alignment_value"]))
    inner, outer = k * m["alignment_width"], (k + 1) * m["alignment_width"]
    variance = (m["alignment_value"] * (outer**4 - inner**4)).sum() / (m["alignment_value"] * (outer**2 - inner**2)).sum() / 4
    state = m["state_bandwidth"] ** 2 + (1 / 6 + 1 / 6 + 1 / 12) * (grid.h**2).mean()
    return np.sqrt(max(1 - state / variance, 0.25))


def forecast(m, x, v, n_steps):
    periodic = m["is_periodic"] == 1
    state, density = Grid(m["state_cells"], m["extent"], periodic), Grid(m["cells"], m["extent"], periodic)
    share_x, share_y = (on_axis(x[:, c], state.h[c], state.n[c], m["state_bandwidth"], periodic) for c in (0, 1))
    spread = lambda values: np.einsum("a,ay,ax->yx", values, share_y, share_x).ravel()
    heading = v / np.linalg.norm(v, axis=1, keepdims=True)
    mass = spread(np.ones(len(x)))
    there = mass > 0
    px = np.stack([((np.arange(state.n[0]) + 0.5) * state.h[0])[None].repeat(state.n[1], 0).ravel(),
                   ((np.arange(state.n[1]) + 0.5) * state.h[1]).repeat(state.n[0])], axis=1)[there]
    pv, pe = (np.stack([spread(f[:, c]) for c in (0, 1)], axis=1)[there] / mass[there, None] for f in (v, heading))
    mass = mass[there]
    align = state.kernel(m["alignment_value"], m["alignment_width"], contraction(m, state), None)
    push = [state.kernel(m["force_value"], m["force_width"], 1.0, c) for c in (0, 1)] if m["force_kind"] else None
    order, interval, area, widened, frames = m["order"][0], m["interval"], density.h.prod(), 0.0, []
    for _ in range(n_steps):
        near = state.weights(px)
        e = judge.unit(np.stack([state.read(near, state.convolve(align, state.gather(near, mass * pe[:, c]))) for c in (0, 1)], axis=1), pe)
        speed = np.full(len(px), m["speed"][0])
        if push:
            f = np.stack([state.read(near, state.convolve(push[c], state.gather(near, mass))) for c in (0, 1)], axis=1)
            if m["force_kind"] == 2:
                speed = np.linalg.norm(pv + f, axis=1)
            else:
                e = judge.unit(e + m["steering"][0] * judge.unit(f, 0.0), e)
        pe, pv = e, speed[:, None] * e
        widened += 0.5 * (1 - order**2) * interval**2 * (mass * speed**2).sum() / mass.sum()
        px = px + order * interval * pv
        if periodic:
            px = np.mod(px, state.box)
        else:
            out = (px < 0) | (px > state.box)
            px = np.where(px < 0, -px, np.where(px > state.box, 2 * state.box - px, px))
            pe, pv = np.where(out, -pe, pe), np.where(out, -pv, pv)
        smoothed = (m["state_bandwidth"] ** 2 - widened) / area + 1 / 6
        sigma = min(np.sqrt(max(m["bandwidth"] ** 2 - smoothed, 0)), m["bandwidth"])
        frames.append(gaussian_filter(density.gather(density.weights(px), mass / area), sigma, mode="wrap" if periodic else "nearest"))
    return np.array(frames)


def test_scores_are_those_of_the_step_in_numpy(directory):
    for case, (more, kind) in CASES.items():
        place = f"{directory}/{case}"
        simulate(place, more)
        train(place, *more)
        local(place)
        m, mean = load(f"{place}/models/field_model.npz"), load(f"{place}/models/pod_model.npz")["mean"]
        assert m["force_kind"] == kind, (case, m["force_kind"])
        rows, specified = table(f"{place}/local/metrics_field.csv"), table(f"{place}/local/metrics_all_runs.csv")
        assert list(rows[0]) == list(specified[0]) and len(rows) == N_TEST
        for row, other in zip(rows, specified):
            run = f"{place}/test/{row['run_name']}"
            rho, tracks = load(f"{run}/density.npz")["rho"], load(f"{run}/traj.npz")
            found = forecast(m, tracks["positions"][KNOWN - 1], tracks["velocities"][KNOWN - 1], len(rho) - KNOWN)
            r2 = 1 - ((rho[KNOWN:] - found) ** 2).sum() / ((rho[KNOWN:].reshape(len(found), -1) - mean) ** 2).sum()
            judge.close(float(row["r2"]), r2, 1e-9, f"{case} {row['run_name']} r2")
            judge.close(float(row["rmse"]), np.sqrt(((rho[KNOWN:] - found) ** 2).mean()), 1e-9, "rmse")
            judge.close(float(row["min_density"]), found.min(), 1e-12, "min_density")
            assert float(row["min_density"]) >= 0.0
            for name in ("run_name", "ic_type", "r2_persistence", "r2_mean", "n_forecast"):
                assert row[name] == other[name], name
        print(f"      {case}: r2 {np.mean([float(row['r2']) for row in rows]):.3f}")


# --- the file ---

def test_every_member_is_read_by_numpy(directory):
    for case in ("periodic", "driven"):
        place = f"{directory}/{case}"
        simulate(place, CASES[case][0])
        train(place, *CASES[case][0])
        m = load(f"{place}/models/field_model.npz")
        n, leads, tried = len(m["alignment_value"]), 16 - KNOWN, len(m["tried_r2"])
        shapes = {"edge": (3,), "speed": (3,), "order": (3,), "interval": (), "extent": (4,), "cells": (2,), "bandwidth": (), "state_cells": (2,),
                  "state_bandwidth": (), "alignment_value": (n,), "alignment_lo": (n,), "alignment_hi": (n,), "alignment_width": (),
                  "tried_bandwidth": (tried,), "tried_r2": (tried,), "tried_standard_error": (tried,), "error_floor": (),
                  "spread_inflation": (leads,), "polarization_inflation": (leads,), "expected_r2": (leads, 3)}
        if case == "driven":
            k = len(m["force_value"])
            shapes.update({"force_value": (k,), "force_lo": (k,), "force_hi": (k,), "force_width": (), "steering": (3,)})
        integers = {"force_kind", "is_periodic", "n_runs", "n_transitions"}
        assert set(m) == set(shapes) | integers, set(m) ^ (set(shapes) | integers)
        for name, shape in shapes.items():
            assert m[name].dtype == np.float64 and m[name].shape == shape and np.isfinite(m[name]).all(), (case, name, m[name])
        assert all(m[name].dtype == np.int64 and m[name].shape == () for name in integers)
        assert m["extent"].tolist() == [0.0, 15.0, 0.0, 12.5] and m["cells"].tolist() == [20.0, 24.0] and m["is_periodic"] == 1
        assert m["n_runs"] == N_TRAIN and 0 < m["n_transitions"] <= N_TRAIN * 15 * 40 and (m["state_cells"] % m["cells"] == 0).all()
        assert m["state_bandwidth"] == m["tried_bandwidth"][m["tried_r2"].argmax()]
        assert m["edge"][1] <= m["edge"][0] <= m["edge"][2] and abs(m["edge"][0] - 2.0) < 0.1 and abs(m["interval"] - 0.1) < 1e-12
        report = judge.load_json(f"{place}/models/training_metadata.json")["field"]
        assert report["state_bandwidth"] == m["state_bandwidth"] and report["n_transitions"] == m["n_transitions"]


# --- with it and without ---

def test_without_the_field_model(directory):
    """rom.field=false leaves no file of it and takes old ones away; one that is deleted is missed by `check` and `local`."""
    simulate(directory)
    train(directory)
    out, _ = local(directory)
    assert "field model:" in out and "better than the specified one" in out
    judge.flockcast("check", directory, *SETTINGS)
    scored = open(f"{directory}/local/metrics_all_runs.csv").read()
    assert all(os.path.exists(f"{directory}/local/{name}") for name in TABLES)
    os.rename(f"{directory}/models/field_model.npz", f"{directory}/kept.npz")
    out, err = judge.flockcast("check", directory, *SETTINGS, status=3)
    assert "field_model.npz" in out + err
    _, err = local(directory, status=3)
    assert "field_model.npz: not there" in err, err
    os.rename(f"{directory}/kept.npz", f"{directory}/models/field_model.npz")
    train(directory, *judge.settings(rom_field="false"))
    out, _ = local(directory)
    assert "field" not in out.replace(directory, "") and not any(os.path.exists(f"{directory}/local/{name}") for name in TABLES)
    assert open(f"{directory}/local/metrics_all_runs.csv").read() == scored
    assert {row["model"] for row in table(f"{directory}/local/r2_by_lead.csv")} == {"specified"}
    assert not os.path.exists(f"{directory}/models/field_model.npz")
    assert "field" not in judge.load_json(f"{directory}/models/training_metadata.json")
    judge.flockcast("check", directory, *SETTINGS)


def test_runs_of_older_scripts(directory):
    """No velocities, float32, a metadata.json that says nothing: momentum comes from differences, the box from the cells."""
    simulate(directory)
    for run in sorted(glob.glob(f"{directory}/t*/t*_0*")):
        tracks, density = load(f"{run}/traj.npz"), load(f"{run}/density.npz")
        np.savez(f"{run}/traj.npz", positions=tracks["positions"].astype("f4"), times=tracks["times"])
        np.savez(f"{run}/density.npz", **{**density, "rho": density["rho"].astype("f4")})
        name = os.path.basename(run)
        json.dump({"run_name": name, "ic_type": "ring", "mode": name.split("_")[0]}, open(f"{run}/metadata.json", "w"))
    _, err = train(directory)
    assert "neighbours to" in err, err
    m = load(f"{directory}/models/field_model.npz")
    assert abs(m["edge"][0] - 2.0) < 0.1 and abs(m["speed"][0] - 1.0) < 0.01, (m["edge"], m["speed"])
    local(directory)
    r2 = np.mean([float(row["r2"]) for row in table(f"{directory}/local/metrics_field.csv")])
    assert r2 > 0.9, r2
    _, err = train(directory, *judge.settings(density_bandwidth=3.0))
    assert "no field model is learned" in err and "bandwidth 3" in err, err


def test_another_box_is_refused(directory):
    """A model of other cells, another box or other frames than the test runs have."""
    simulate(directory)
    train(directory)
    judge.forget_files(f"{directory}/models")
    path = f"{directory}/models/field_model.npz"
    m = load(path)
    for name, value in {"cells": np.array([24.0, 20.0]), "extent": np.array([0.0, 16.0, 0.0, 12.5]), "interval": np.float64(0.2)}.items():
        np.savez(path, **{**m, name: value})
        _, err = local(directory, status=3)
        assert "field_model.npz" in err and len(err.strip().splitlines()) == 1, err
    np.savez(path, **m)
    local(directory)


if __name__ == "__main__":
    judge.run_tests(globals())
