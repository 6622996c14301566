"""A small ensemble from end to end: every file read by NumPy, models and scores against the judge, older scripts' files."""
import csv
import json
import os
import shutil
import sys

import numpy as np

import judge

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from page_content import page_content

SMALL = ("--set", "ensemble.n_train=24", "--set", "ensemble.m_test=8", "--set", "density.nx=32", "--set", "density.ny=32")
WITH_RENDER = os.environ.get("FCAST_WITH_RENDER", "1") == "1"


def workflow(directory, *more):
    """Run everything in `directory`; returns what the program said."""
    return judge.flockcast("run", *SMALL, *more, cwd=directory)


def densities(directory, folder):
    root = f"{directory}/oscar_outputs/{folder}"
    return [np.load(f"{root}/{name}/density.npz")["rho"] for name in sorted(os.listdir(root))]


def table(path):
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def compare_models(directory, target, lag, alpha, tolerance):
    """Models and all scores of all test runs against the judge."""
    models = f"{directory}/oscar_outputs/models"
    pod, mvar = np.load(f"{models}/pod_model.npz"), np.load(f"{models}/mvar_model.npz")
    train, test = densities(directory, "training"), densities(directory, "test")
    modes, values, mean, energy = judge.basis(train, target)
    assert pod["U"].shape == modes.shape and pod["R_POD"] == modes.shape[1] and pod["R_POD"].dtype == np.int64
    judge.close(pod["S"], values, 1e-8 * values[0], "singular values")
    judge.close(pod["mean"], mean, 1e-13, "mean")
    judge.close(pod["energy"], energy, 1e-12, "energy")
    judge.close(pod["U"].T @ pod["U"], np.eye(len(values)), 1e-12, "orthonormal modes")
    judge.close(pod["U"].sum(axis=0), np.zeros(len(values)), 1e-10, "mass of the modes")
    judge.close(pod["U"] @ pod["U"].T, modes @ modes.T, 1e-8, "subspace of the modes")
    coefficients, r2, rmse, n_windows = judge.autoregression([(rho.reshape(len(rho), -1) - mean) @ pod["U"] for rho in train], lag, alpha)
    assert mvar["A_matrices"].shape == coefficients.shape and mvar["p"] == lag and mvar["r"] == len(values)
    assert mvar["n_windows"] == n_windows
    judge.close(mvar["A_matrices"], coefficients, tolerance * np.abs(coefficients).max(), "coefficients")
    judge.close(mvar["train_r2"], r2, tolerance, "train_r2")
    judge.close(mvar["train_rmse"], rmse, tolerance * (rmse + 1e-3), "train_rmse")
    radius = judge.spectral_radius(mvar["A_matrices"])
    judge.close(mvar["spectral_radius"], radius, 1e-7 * radius, "spectral radius")
    judge.close(judge.load_json(f"{models}/training_metadata.json")["mvar"]["spectral_radius"], radius, 1e-7 * radius, "reported radius")
    rows = table(f"{directory}/outputs/local_pipeline/metrics_all_runs.csv")
    assert len(rows) == len(test)
    for row, rho in zip(rows, test):
        prediction = judge.predict(rho, pod["U"], mean, coefficients)
        for name, value in judge.scores(rho, prediction, pod["U"], mean, lag).items():
            judge.close(float(row[name]), value, tolerance * max(1.0, abs(value)), f"{row['run_name']} {name}")
    return rows


def test_a_well_conditioned_model(directory):
    workflow(directory, "--set", "rom.target_energy=0.6", "--set", "rom.p_lag=2", "--set", "rom.ridge_alpha=1e-2")
    rows = compare_models(directory, 0.6, 2, 1e-2, 1e-8)
    by_type = {row["ic_type"]: row for row in table(f"{directory}/outputs/local_pipeline/metrics_by_ic_type.csv")}
    assert set(by_type) == set(judge.TYPES)
    for name, row in by_type.items():
        r2 = [float(r["r2"]) for r in rows if r["ic_type"] == name]
        judge.close(float(row["mean_r2"]), np.mean(r2), 1e-12, "mean_r2")
        judge.close(float(row["std_r2"]), np.std(r2, ddof=1), 1e-12, "std_r2")
        assert row["best_run"] == max((r for r in rows if r["ic_type"] == name), key=lambda r: float(r["r2"]))["run_name"]


def test_the_specified_model(directory):
    """As specified, with far more regressors than windows: badly conditioned, so 1e-3."""
    out, _ = workflow(directory, "--set", "rom.select=none", "--set", "rom.field=false")
    compare_models(directory, 0.995, 4, 1e-6, 1e-3)
    assert "LOSES to persistence" in out and "regressors" in out and "--set rom.target_energy=" in out


def test_more_frames_than_cells(directory):
    """24 runs of 21 frames on 10 x 12 cells: the covariance is accumulated."""
    workflow(directory, "--set", "density.nx=10", "--set", "density.ny=12", "--set", "rom.ridge_alpha=1e-2", "--set", "rom.p_lag=1")
    compare_models(directory, 0.995, 1, 1e-2, 1e-8)


def test_runs_of_unequal_length(directory):
    """Training runs of two lengths in one directory; runs of another physics among them are refused."""
    def simulate(first, last, *changes):
        judge.flockcast("simulate", "--mode", "train", "--sim_id", f"{first}-{last}", "--output_dir", f"{directory}/oscar_outputs/training",
                        "--set", "density.nx=32", "--set", "density.ny=32", *changes)
    train = ("train", "--train_dir", "oscar_outputs/training", "--output_dir", "oscar_outputs/models",
             "--set", "rom.target_energy=0.6", "--set", "rom.ridge_alpha=1e-2")
    simulate(0, 11)
    simulate(12, 22, "--set", "sim.T=1.1")
    simulate(23, 23, "--set", "noise.eta=0.4")
    _, err = judge.flockcast(*train, status=3, cwd=directory)
    assert "train_023/metadata.json: config.noise differs" in err
    simulate(23, 23, "--set", "sim.T=1.1")
    judge.flockcast(*train, cwd=directory)
    judge.flockcast("simulate", "--mode", "test", "--sim_id", "0-3", "--output_dir", "oscar_outputs/test", "--set", "density.nx=32",
                    "--set", "density.ny=32", "--compute_order_params", cwd=directory)
    judge.flockcast("local", "--oscar_dir", "oscar_outputs", cwd=directory)
    compare_models(directory, 0.6, 4, 1e-2, 1e-8)
    judge.flockcast("check", "oscar_outputs", "--set", "ensemble.m_test=4", cwd=directory)


def test_every_member_loads(directory):
    workflow(directory)
    root = f"{directory}/oscar_outputs"
    expected = {
        "traj.npz": {"positions", "velocities", "times", "config"},
        "density.npz": {"rho", "times", "x_edges", "y_edges", "extent"},
        "order_params.npz": {"polarization", "mean_speed", "nematic", "times", "speed_std", "angular_momentum", "phi"},
        "pod_model.npz": {"U", "S", "mean", "energy", "R_POD", "target_energy"},
        "mvar_model.npz": {"A_matrices", "p", "r", "alpha", "train_r2", "train_rmse"},
        "pod_selected.npz": {"U", "S", "mean", "energy", "R_POD", "target_energy", "fourier", "n_moments", "scale"},
        "mvar_selected.npz": {"A_matrices", "p", "r", "alpha", "train_r2", "train_rmse", "lift", "search"},
        "field_model.npz": {"alignment_value", "edge", "speed", "order", "force_kind", "interval", "extent", "cells", "state_cells", "state_bandwidth", "spread_inflation"},
    }
    seen = set()
    for folder, _, names in os.walk(root):
        for name in names:
            assert not name.startswith("."), f"left behind: {folder}/{name}"
            if not name.endswith(".npz"):
                continue
            with np.load(f"{folder}/{name}", allow_pickle=True) as archive:
                members = {key: archive[key] for key in archive.files}
            assert expected[name] <= set(members), f"{folder}/{name}: {set(members)}"
            seen.add(name)
            for key, value in members.items():
                if key == "config":
                    assert value.shape == () and value.dtype == object and isinstance(value.item(), dict)
                elif value.dtype == np.int64:
                    assert value.shape == ()
                else:
                    assert value.dtype == np.float64 and value.flags.c_contiguous, (folder, name, key)
                    assert key == "search" or np.isfinite(value).all(), (folder, name, key)
    assert seen == set(expected)
    config = np.load(f"{root}/test/test_005/traj.npz", allow_pickle=True)["config"].item()
    metadata = judge.load_json(f"{root}/test/test_005/metadata.json")
    assert config == metadata["config"] and config["sim"]["N"] == 40 and config["ensemble"]["n_train"] == 24
    assert (metadata["run_name"], metadata["sim_id"], metadata["ic_type"], metadata["seed"], metadata["mode"]) == \
        ("test_005", 5, "gaussian_cluster", 2005, "test")
    assert {"version", "build", "host", "start_time", "end_time", "wall_seconds"} <= set(metadata["provenance"])
    report = judge.load_json(f"{root}/models/training_metadata.json")
    assert report["N_train"] == 24 and report["IC_types"] == list(judge.TYPES)
    assert report["IC_distribution"] == {name: 6 for name in judge.TYPES} and report["config"]["sim"]["Lx"] == 15.0
    index = table(f"{root}/models/index_mapping.csv")
    assert len(index) == 24 * 21 and index[22] == dict(global_idx="22", run_name="train_001", ic_type="gaussian_cluster", time_idx="1")
    judge.flockcast("check", root)


def test_local_needs_no_training_runs(directory):
    workflow(directory)
    before = open(f"{directory}/outputs/local_pipeline/metrics_all_runs.csv").read()
    shutil.rmtree(f"{directory}/oscar_outputs/training")
    judge.flockcast("local", "--oscar_dir", "oscar_outputs", "--output-dir", "elsewhere", cwd=directory)
    assert open(f"{directory}/elsewhere/metrics_all_runs.csv").read() == before
    if WITH_RENDER:
        for name in judge.TYPES:
            pictures = set(os.listdir(f"{directory}/elsewhere/best_runs/{name}"))
            assert {"traj_truth.mp4", "density_truth_vs_pred.mp4", "error_time.png", "error_hist.png", "order_parameters.png"} <= pictures
        assert {"r2_by_ic_type.png", "error_by_ic_type.png", "pod_singular_values.png", "pod_energy.png"} <= \
            set(os.listdir(f"{directory}/elsewhere/plots"))


def age(root):
    """Rewrite a tree as the older scripts write it: float32, no velocities, their names of order parameters, no provenance, no list of files."""
    judge.forget_files(f"{root}/models")
    for folder, _, names in os.walk(root):
        if "traj.npz" in names:
            with np.load(f"{folder}/traj.npz", allow_pickle=True) as traj:
                np.savez(f"{folder}/traj.npz", positions=traj["positions"].astype(np.float32), times=traj["times"].astype(np.float32),
                         config=traj["config"].item())
            with np.load(f"{folder}/density.npz") as density:
                np.savez(f"{folder}/density.npz", **{key: density[key] for key in density.files})
            metadata = judge.load_json(f"{folder}/metadata.json")
            del metadata["provenance"]
            with open(f"{folder}/metadata.json", "w") as stream:
                json.dump(metadata, stream)
        if "order_params.npz" in names:
            with np.load(f"{folder}/order_params.npz") as order:
                np.savez(f"{folder}/order_params.npz", **{key: order[key] for key in ("phi", "mean_speed", "speed_std", "times")})
        for name, keys in (("pod_model.npz", ("U", "S", "mean", "energy", "R_POD", "target_energy")),
                           ("mvar_model.npz", ("A_matrices", "p", "r", "alpha", "train_r2", "train_rmse"))):
            if name in names:
                with np.load(f"{folder}/{name}") as model:
                    np.savez_compressed(f"{folder}/{name}", **{key: model[key] for key in keys})


def test_files_of_older_scripts(directory):
    workflow(directory)
    before = table(f"{directory}/outputs/local_pipeline/metrics_all_runs.csv")
    age(f"{directory}/oscar_outputs")
    _, err = judge.flockcast("local", "--oscar_dir", "oscar_outputs", "--output_dir", "elsewhere", "--verbose", cwd=directory)
    assert "test_007" in err
    assert table(f"{directory}/elsewhere/metrics_all_runs.csv") == before
    judge.flockcast("train", "--train_dir", "oscar_outputs/training", "--output_dir", "again", cwd=directory)
    judge.flockcast("check", "oscar_outputs", cwd=directory)


def tree(root):
    """Bytes of every file; of metadata everything but the provenance."""
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".json"):
                content = judge.load_json(path)
                content.pop("provenance")
                files[os.path.relpath(path, root)] = json.dumps(content)
            elif name == "index.html":
                files[os.path.relpath(path, root)] = page_content(path)
            else:
                with open(path, "rb") as stream:
                    files[os.path.relpath(path, root)] = stream.read()
    return files


def test_threads_and_cuts_of_the_range_do_not_matter(directory):
    for name, threads in (("one", "1"), ("three", "3"), ("seven", "7")):
        os.makedirs(f"{directory}/{name}")
        os.environ["OMP_NUM_THREADS"] = threads
        try:
            workflow(f"{directory}/{name}")
        finally:
            del os.environ["OMP_NUM_THREADS"]
    os.makedirs(f"{directory}/cut")
    for mode, cuts in (("train", ("20-23", "0", "1-19")), ("test", ("3-7", "0-2"))):
        folder = {"train": "training", "test": "test"}[mode]
        for cut in cuts:
            judge.flockcast("simulate", "--mode", mode, "--sim_id", cut, "--output_dir", f"{directory}/cut/oscar_outputs/{folder}", *SMALL,
                            *(["--compute_order_params"] if mode == "test" else []))
    first = tree(f"{directory}/one/oscar_outputs")
    for name in ("three", "seven"):
        other = tree(f"{directory}/{name}/oscar_outputs")
        assert set(first) == set(other)
        assert [path for path in first if first[path] != other[path]] == [], name
        a, b = (open(f"{directory}/{d}/outputs/local_pipeline/metrics_all_runs.csv").read() for d in ("one", name))
        assert a == b
    cut = tree(f"{directory}/cut/oscar_outputs")
    assert {path: data for path, data in first.items() if path.startswith(("training", "test"))} == cut


def test_files_for_thin_lines(directory):
    """Compressed and float32 files: the same numbers but for their rounding, and models and scores of them nearly the same."""
    model = ("--set", "rom.target_energy=0.6", "--set", "rom.p_lag=2", "--set", "rom.ridge_alpha=1e-2")
    formats = {"plain": (), "deflated": ("--set", "output.compress=true"), "small": ("--set", "output.compress=true", "--set", "output.float32=true")}
    scores, sizes = {}, {}
    for name, options in formats.items():
        os.mkdir(f"{directory}/{name}")
        workflow(f"{directory}/{name}", *model, *options)
        scores[name] = [float(row["r2"]) for row in table(f"{directory}/{name}/outputs/local_pipeline/metrics_all_runs.csv")]
        for run in ("training/train_005", "test/test_003"):
            at, plain = (f"{directory}/{n}/oscar_outputs/{run}" for n in (name, "plain"))
            for file, large in (("traj.npz", ("positions", "velocities")), ("density.npz", ("rho",))):
                found, expected = np.load(f"{at}/{file}", allow_pickle=True), np.load(f"{plain}/{file}", allow_pickle=True)
                assert found.files == expected.files
                for member in found.files:
                    kind = np.float32 if name == "small" and member in large else expected[member].dtype
                    assert found[member].dtype == kind, (name, member)
                    assert (found[member] == expected[member].astype(kind)).all(), (name, member)
            hashes = [json.load(open(f"{d}/metadata.json"))["config_hash"] for d in (at, plain)]
            assert hashes[0] == hashes[1]
        sizes[name] = os.path.getsize(f"{directory}/{name}/oscar_outputs/training/train_005/density.npz")
        judge.flockcast("check", f"{directory}/{name}/oscar_outputs")
    assert sizes["deflated"] < 0.8 * sizes["plain"] and sizes["small"] < 0.5 * sizes["plain"], sizes
    assert scores["deflated"] == scores["plain"]
    judge.close(scores["small"], scores["plain"], 1e-4, "scores")


def test_runs_of_both_formats_are_one_ensemble(directory):
    """Whole runs are kept whatever their format, new ones are written as asked, and a model is trained on all of them."""
    where = ("simulate", "--mode", "train", "--output_dir", f"{directory}/runs", *SMALL)
    judge.flockcast(*where, "--sim_id", "0-11")
    before = open(f"{directory}/runs/train_003/density.npz", "rb").read()
    _, err = judge.flockcast(*where, "--sim_id", "0-23", "--set", "output.float32=true")
    assert "12 of them were there" in err, err
    assert open(f"{directory}/runs/train_003/density.npz", "rb").read() == before
    kinds = [np.load(f"{directory}/runs/train_{i:03d}/density.npz")["rho"].dtype for i in range(24)]
    assert kinds == 12 * [np.float64] + 12 * [np.float32]
    judge.flockcast("train", "--train_dir", f"{directory}/runs", "--output_dir", f"{directory}/models", *SMALL)
    assert json.load(open(f"{directory}/models/training_metadata.json"))["N_train"] == 24


def test_float32_refuses_what_it_cannot_hold(directory):
    large = [w for key in ("sim.Lx", "sim.Ly") for w in ("--set", f"{key}=1e39")]
    where = ("simulate", "--mode", "train", "--sim_id", "0", "--output_dir", f"{directory}/runs", "--set", "params.R=1e38", *large)
    judge.flockcast(*where)
    shutil.rmtree(f"{directory}/runs")
    _, err = judge.flockcast(*where, "--set", "output.float32=true", status=1)
    assert "train_000: a position is" in err and "output.float32" in err, err
    assert not os.path.exists(f"{directory}/runs/train_000/metadata.json")


def test_moments_instead_of_densities(directory):
    """Without training densities: the moments of each task, merged, and densities made anew give the model of the kept ones."""
    many = ("--set", "ensemble.n_train=60", "--set", "density.nx=16", "--set", "density.ny=16", "--set", "rom.target_energy=0.9", "--set", "rom.ridge_alpha=1e-3")
    small = ("--set", "ensemble.keep_density=false")
    cuts = {"kept": ("0-59",), "whole": ("0-59",), "cut": ("20-59", "0-13", "14-19")}
    models = {}
    for name, ranges in cuts.items():
        where = f"{directory}/{name}"
        for cut in ranges:
            judge.flockcast("simulate", "--mode", "train", "--sim_id", cut, "--output_dir", f"{where}/training", *many, *(() if name == "kept" else small))
        judge.flockcast("train", "--train_dir", f"{where}/training", "--output_dir", f"{where}/models", *many)
        models[name] = [np.load(f"{where}/models/{file}.npz") for file in ("pod_model", "mvar_model")]
        assert os.path.exists(f"{where}/training/train_007/density.npz") == (name == "kept")
    files = sorted(name for name in os.listdir(f"{directory}/cut/training") if name.endswith(".npz"))
    assert files == ["moments_000-013.npz", "moments_020-059.npz"], files  # six runs are smaller than their covariance
    moments = np.load(f"{directory}/cut/training/{files[0]}", allow_pickle=True)
    frames = np.concatenate([np.load(f"{directory}/kept/training/train_{i:03d}/density.npz")["rho"].reshape(-1, 256) for i in range(14)])
    centred = frames - frames.mean(axis=0)
    assert moments["n_frames"] == len(frames) and moments["first_run"] == 0 and moments["last_run"] == 13
    judge.close(moments["mean"], frames.mean(axis=0), 1e-13, "mean")
    judge.close(moments["gram"], (centred.T @ centred)[np.tril_indices(256)], 1e-10, "gram")
    for name in ("whole", "cut"):
        for found, expected in zip(models[name], models["kept"]):
            for member in found.files:
                judge.close(found[member], expected[member], 1e-10 * (1 + np.abs(expected[member]).max()), f"{name} {member}")
    path = f"{directory}/cut/training/{files[1]}"
    whole = open(path, "rb").read()
    for damaged in (whole[:-1000], whole[:20000] + bytes([whole[20000] ^ 1]) + whole[20001:]):
        open(path, "wb").write(damaged)
        _, err = judge.flockcast("train", "--train_dir", f"{directory}/cut/training", "--output_dir", f"{directory}/new", *many, status=3)
        assert "moments_020-059.npz" in err, err
    open(path, "wb").write(whole)
    _, err = judge.flockcast("simulate", "--mode", "train", "--sim_id", "0-2", "--output_dir", f"{directory}/cut/training", *many)
    assert os.path.exists(f"{directory}/cut/training/train_001/density.npz"), err


if __name__ == "__main__":
    judge.run_tests(globals())
