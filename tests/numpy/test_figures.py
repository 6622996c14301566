"""Figures: their tables against what they show, their fonts, their formats, and whether their colours can be told apart."""
import itertools
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

import numpy as np

import judge

SMALL = ("--set", "ensemble.n_train=16", "--set", "ensemble.m_test=5", "--set", "ensemble.ic_types=[uniform, ring]", "--set", "sim.T=1", "--set", "density.nx=24", "--set", "density.ny=24", "--set", "rom.select=none")
SOURCE = pathlib.Path(os.environ["FCAST_SOURCE_DIR"])
WITH_RENDER = os.environ.get("FCAST_WITH_RENDER", "1") == "1"


def table(path):
    """As a user reads it; a table of one line is a table too."""
    return np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8"))


def series(rows, name):
    found = rows[rows["series"] == name]
    assert len(found) > 0, f"no {name} among {sorted(set(rows['series']))}"
    return found


def check_by_type(local):
    runs, types = table(local / "metrics_field.csv"), table(local / "metrics_field_by_ic_type.csv")
    shown = series(table(local / "plots/r2_by_ic_type.csv"), "field model")
    r2 = dict(zip(shown["run"][shown["run"] != "mean"], shown["r2"][shown["run"] != "mean"]))
    means = dict(zip(shown["ic_type"][shown["run"] == "mean"], shown["r2"][shown["run"] == "mean"]))
    assert r2 == dict(zip(runs["run_name"], runs["r2"]))
    judge.close(np.array([means[t] for t in types["ic_type"]]), types["mean_r2"], 1e-12, "means of types")
    held = series(table(local / "plots/r2_by_ic_type.csv"), "persistence")
    assert set(runs["r2_persistence"]) <= set(held["r2"])
    errors = series(table(local / "plots/error_by_ic_type.csv"), "field model")
    of_runs = errors[errors["run"] != "all"]
    assert dict(zip(of_runs["run"], of_runs["e2_median_over_frames"])) == dict(zip(runs["run_name"], runs["median_e2"]))


def check_summary(local):
    summary, runs = table(local / "plots/summary.csv"), table(local / "metrics_field.csv")
    row = series(summary, "field model")[0]
    judge.close(row["mean_r2"], runs["r2"].mean(), 1e-12, "mean r2")
    assert row["lo"] < row["mean_r2"] < row["hi"] and row["runs"] == len(runs)
    for name, column in (("persistence", "r2_persistence"), ("projection limit", "r2_pod")):
        judge.close(series(summary, name)[0]["mean_r2"], runs[column].mean(), 1e-12, name)
    specified = table(local / "metrics_all_runs.csv")["r2"].mean()
    judge.close(series(summary, "specified model")[0]["mean_r2"], specified, 1e-12 * max(1.0, abs(specified)), "specified model")


def check_by_lead(local):
    shown, found = table(local / "plots/r2_by_lead.csv"), table(local / "r2_by_lead.csv")
    for name, model in (("field model", "field"), ("specified model", "specified")):
        rows, expected = series(shown, name), found[found["model"] == model]
        for mine, theirs in (("lead_time", "time"), ("r2_of_a_frame_median_over_runs", "r2_median"), ("p10", "r2_p10"), ("p90", "r2_p90")):
            judge.close(rows[mine], expected[theirs], 1e-12 * max(1.0, np.abs(expected[theirs]).max()), f"{name} {mine}")
    rows = series(shown, "persistence")
    judge.close(rows["p10"], found[found["model"] == "field"]["persistence_p10"], 1e-12, "persistence")


def check_models(directory, local):
    pod, field = np.load(directory / "oscar_outputs/models/pod_model.npz"), np.load(directory / "oscar_outputs/models/field_model.npz")
    energy = table(local / "plots/pod_energy.csv")
    squares = np.cumsum(pod["S"] ** 2)
    judge.close(energy["cumulated_energy_share_of_the_total"], squares / squares[-1] * pod["energy"], 1e-12, "energy")
    judge.close(table(local / "plots/pod_singular_values.csv")["singular_value_relative_to_the_first"], pod["S"] / pod["S"][0], 1e-12, "values")
    kernel = series(table(local / "plots/field_kernel.csv"), "K")
    for mine, member in (("value", "alignment_value"), ("lo", "alignment_lo"), ("hi", "alignment_hi")):
        judge.close(kernel[mine], field[member], 0.0, member)
    edge = series(table(local / "plots/field_kernel.csv"), "edge of K")[0]
    judge.close(np.array([edge["distance_length"], edge["lo"], edge["hi"]]), field["edge"], 0.0, "edge")


def check_best_run(folder):
    times = series(table(folder / "error_time.csv"), "e2 of field model")
    snapshots = table(folder / "density_snapshots.csv")
    forecast = snapshots[~np.isnan(snapshots["e2"])]
    assert len(forecast) >= 1 and np.isnan(snapshots["e2"][0])
    e2 = dict(zip(times["t_time"], times["relative_error"]))
    assert all(e2[row["t_time"]] == row["e2"] for row in forecast)
    bins = table(folder / "error_hist.csv")
    for name in ("this run", "all runs of this type"):
        judge.close(series(bins, name)["share_of_the_forecast_frames_"].sum(), 100.0, 1e-9, f"shares of {name}")
    panels = table(folder / "order_parameters.csv")
    assert {"polarization", "nematic order"} <= set(panels["panel"]) and {"truth", "field model"} == set(panels["series"])


def words(path):
    """What stands in a PDF, one blank between words."""
    return " ".join(subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split())


def check_shares(directory, local):
    """The share of the energy over the map of each mode."""
    pod = np.load(directory / "oscar_outputs/models/pod_model.npz")
    shares = 100.0 * pod["energy"] * pod["S"] ** 2 / np.sum(pod["S"] ** 2)
    shown = dict(re.findall(r"mode (\d+): (\S+) %", words(local / "plots/pod_modes.pdf")))
    assert sorted(map(int, shown)) == list(range(1, min(7, len(shares)) + 1)), shown
    for mode, share in shown.items():
        judge.close(float(share), shares[int(mode) - 1], 0.0501, f"share of mode {mode}")


def check_words(local):
    """What a figure has to say in words, since nothing else on it does."""
    by_type = words(local / "plots/r2_by_ic_type.pdf")
    assert by_type.startswith("r² by initial condition") and "means of the field model" in by_type, by_type
    edge = series(table(local / "plots/field_kernel.csv"), "edge of K")[0]
    shown = [float(x) for x in re.search(r"edge of K: (\S+) \((\S+) to (\S+)\)", words(local / "plots/field_kernel.pdf")).groups()]
    judge.close(np.array(shown), np.array([edge["distance_length"], edge["lo"], edge["hi"]]), 0.06 * (edge["hi"] - edge["lo"]), "edge shown")
    for folder in (local / "best_runs").iterdir():
        n_forecast = len(series(table(folder / "error_time.csv"), "e2 of field model"))
        said = re.search(r"(first forecast frame .* over the next|The mean of e ?2 over) (\d+) frames", words(folder / "error_time.pdf"))
        assert said and int(said[2]) == min(10, n_forecast), folder
    r2 = table(local / "plots/r2_by_ic_type.csv")["r2"]
    for text in (by_type.lower(), words(local / "plots/summary.pdf")):
        assert ("logarithmic below −1" in text) == (np.nanmin(r2) < -1.5), text


def check_pictures(local):
    """Every figure in both formats, with its table unless it is all maps; every font of a PDF in the PDF."""
    names = {path.with_suffix("") for path in local.rglob("*.png")}
    assert {path.with_suffix("") for path in local.rglob("*.pdf")} == names and not list(local.rglob("*.svg"))
    assert {name for name in names if not name.with_suffix(".csv").exists()} == {local / "plots/pod_modes"}
    for name in names:
        fonts = subprocess.run(["pdffonts", name.with_suffix(".pdf")], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
        assert fonts and all(line.split()[-5] == "yes" for line in fonts), f"{name}: {fonts}"
        if name.with_suffix(".csv").exists():
            assert len(table(name.with_suffix(".csv"))) > 0, name


def check_order(directory):
    """Means and bands of the order parameters over runs, whose number and names are said."""
    judge.flockcast("order", "oscar_outputs/test", cwd=directory)
    shown, frames = table(directory / "outputs/order/order.csv"), table(directory / "outputs/order/order_frames.csv")
    names = sorted(set(frames["run_name"]))
    for name, column in (("polarization", "polarization"), ("nematic order", "nematic"), ("angular momentum", "angular_momentum")):
        of_runs = np.stack([frames[column][frames["run_name"] == run] for run in names])
        rows = series(shown, name)
        judge.close(rows["y"], of_runs.mean(0), 1e-12, f"mean {name}")
        judge.close(np.stack([rows["lo"], rows["hi"]]), np.percentile(of_runs, (10, 90), axis=0), 1e-12, f"band of {name}")
    assert f"{len(names)} runs, {names[0]} to {names[-1]}; agents at most 2 apart are in one cluster" in words(directory / "outputs/order/order.pdf")
    judge.flockcast("order", "oscar_outputs/test/test_001", cwd=directory)
    shown = series(table(directory / "outputs/order/order.csv"), "polarization")
    assert np.isnan(shown["lo"]).all() and np.isfinite(shown["y"]).all()
    assert "test_001; agents" in words(directory / "outputs/order/order.pdf")


def test_tables_and_fonts(scratch):
    if not WITH_RENDER:
        return
    directory = pathlib.Path(scratch)
    judge.flockcast("run", *SMALL, cwd=scratch)
    local = directory / "outputs/local_pipeline"
    check_by_type(local)
    check_by_lead(local)
    check_summary(local)
    check_models(directory, local)
    for folder in (local / "best_runs").iterdir():
        check_best_run(folder)
    check_pictures(local)
    check_words(local)
    check_shares(directory, local)
    check_order(directory)
    # Another choice of formats: nothing old stays beside the new; an SVG needs no font of the reader's.
    _, said = judge.flockcast("local", "--oscar_dir", "oscar_outputs", "--formats", "gif", status=2, cwd=scratch)
    assert "--formats: found 'gif'" in said and "png" in said
    judge.flockcast("local", "--oscar_dir", "oscar_outputs", "--formats", "svg", cwd=scratch)
    assert not list(local.rglob("*.png")) and not list(local.rglob("*.pdf"))
    pictures = list(local.rglob("*.svg"))
    assert len(pictures) > 10
    for picture in pictures:
        tags = {element.tag.split("}")[-1] for element in xml.etree.ElementTree.parse(picture).iter()}
        assert "text" not in tags and "use" in tags, picture


# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB; OKLab by Ottosson 2020.
VISION = {
    "all cones": np.eye(3),
    "no L": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no M": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "no S": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])
TO_OKLAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])


def linear(rgb):
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def least_distance(colours, vision):
    seen = [TO_OKLAB @ np.cbrt(TO_CONES @ np.clip(VISION[vision] @ linear(c), 0.0, 1.0)) for c in colours]
    return min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2))


def looks():
    """The table of the source: thing -> name, colour, stroke."""
    rows = re.findall(r'\[FCAST__(\w+)\] = \{"([^"]+)", \{([^}]+)\}, FCAST__(\w+)\}', (SOURCE / "src/render/colour.c").read_text())
    return {thing: (name, np.array([float(x) for x in rgb.split(",")]), stroke) for thing, name, rgb, stroke in rows}


def test_colours_can_be_told_apart(_):
    table_of_looks = looks()
    things = list(table_of_looks)
    first_type = things.index("UNIFORM")
    lines, types = things[:first_type], things[first_type:]
    assert len(lines) == 8 and len(types) == 5
    for group in (lines, types):
        for vision in VISION:
            assert least_distance([table_of_looks[t][1] for t in group], vision) > 0.1, (group, vision)
    for stroke in ("SOLID", "DASHED", "DOTTED"):  # in grey, strokes tell groups apart
        greys = sorted(np.cbrt(linear(c) @ [0.2126, 0.7152, 0.0722]) for _, c, s in (table_of_looks[t] for t in lines) if s == stroke)
        assert np.diff(greys).min() > 0.09, stroke


def test_document_has_the_colours(_):
    text = (SOURCE / "docs/figures.md").read_text()
    for name, colour, _ in looks().values():
        assert "`#%02x%02x%02x`" % tuple(np.round(255 * colour).astype(int)) in text, name


if __name__ == "__main__":
    judge.run_tests(globals())
