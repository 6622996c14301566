"""`flockcast order`: order parameters, pair correlation, number fluctuations and clusters, against NumPy and SciPy."""
import csv

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

import judge

DIVISIONS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def write(path, x, v, box, bc, radius):
    present = np.isfinite(x[:, :, 0]).sum(1)
    config = {"sim": {"Lx": box[0], "Ly": box[1], "bc": bc}, "params": {"R": radius}}
    np.savez(path, positions=x, velocities=v, times=np.arange(len(x)) * 0.5, n_present=present, config=np.array(config, dtype=object))


def order(directory, *more):
    judge.flockcast("order", f"{directory}/tracks.npz", "--output_dir", f"{directory}/out", *more)
    tables = {}
    for name in ("order_frames", "pair_correlation", "number_fluctuations", "cluster_sizes"):
        rows = list(csv.DictReader(open(f"{directory}/out/{name}.csv")))
        tables[name] = {key: np.array([float(row[key]) for row in rows]) for key in rows[0] if key != "run_name"}
    return tables


def distances(x, box, bc):
    d = x[:, None] - x[None]
    if bc == "periodic":
        d -= box * np.rint(d / box)
    return np.sqrt((d ** 2).sum(-1))


def test_against_all_pairs(directory):
    """Agents that come and go, in both kinds of box."""
    draw = np.random.default_rng(3)
    for bc, box in (("periodic", np.array([9.0, 5.0])), ("reflecting", np.array([4.0, 7.0]))):
        x, v = draw.random((12, 70, 2)) * box, draw.standard_normal((12, 70, 2))
        gone = draw.random((12, 70)) < 0.3
        x[gone] = v[gone] = np.nan
        write(f"{directory}/tracks.npz", x, v, box, bc, 0.5)
        found = order(directory, "--r_max", "2", "--bins", "8", "--link", "0.4")
        pairs, counts, sizes = np.zeros(8), {n: [] for n in DIVISIONS}, []
        for frame in range(12):
            here, speed = x[frame][~gone[frame]], v[frame][~gone[frame]]
            r = distances(here, box, bc)
            pairs += np.histogram(r[np.triu_indices(len(here), 1)], bins=8, range=(0, 2))[0]
            n_clusters, label = connected_components(coo_matrix(r <= 0.4))
            size = np.bincount(label)
            sizes.append(size)
            for n in DIVISIONS:
                counts[n].append(np.histogram2d(*here.T, bins=n, range=[[0, box[0]], [0, box[1]]])[0])
            unit = speed / np.linalg.norm(speed, axis=1, keepdims=True)
            row = {name: column[frame] for name, column in found["order_frames"].items()}
            assert row["n_present"] == len(here) and row["n_clusters"] == n_clusters and row["largest_cluster"] == size.max()
            judge.close(row["mean_cluster"], (size ** 2).sum() / len(here), 1e-12, "mean_cluster")
            judge.close(row["polarization"], np.linalg.norm(unit.mean(0)), 1e-12, "polarization")
            judge.close(row["mean_speed"], np.linalg.norm(speed, axis=1).mean(), 1e-12, "mean_speed")
            judge.close(row["nematic"], abs(((unit[:, 0] + 1j * unit[:, 1]) ** 2).mean()), 1e-12, "nematic")
        n = (~gone).sum(1)
        edges = np.linspace(0, 2, 9)
        if bc == "periodic":
            share = np.pi * edges ** 2 / box.prod()
        else:  # by quadrature of the set covariance
            s = np.linspace(0, 2, 200001)
            covariance = box.prod() - 2 * s * box.sum() / np.pi + s ** 2 / np.pi
            share = np.interp(edges, s, np.concatenate([[0], np.cumsum((2 * np.pi * s * covariance)[1:] + (2 * np.pi * s * covariance)[:-1]) * (s[1] / 2)])) / box.prod() ** 2
        expected = (n * (n - 1) / 2).sum() * np.diff(share)
        judge.close(found["pair_correlation"]["g"], pairs / expected, 1e-6, "g")
        for i, k in enumerate(DIVISIONS):
            judge.close(found["number_fluctuations"]["mean"][i], np.mean(counts[k]), 1e-12, "mean number")
            judge.close(found["number_fluctuations"]["std"][i], np.std(counts[k]), 1e-10, "std of the number")
        histogram = np.bincount(np.concatenate(sizes))
        there = np.flatnonzero(histogram)
        judge.close(found["cluster_sizes"]["size"], there, 0.0, "sizes")
        judge.close(found["cluster_sizes"]["n_clusters"], histogram[there], 0.0, "clusters")


def test_lattice(directory):
    """A square lattice: no pair nearer than its constant, four at it, and numbers that hardly fluctuate."""
    grid = np.stack(np.meshgrid(np.arange(16) + 0.5, np.arange(16) + 0.5), -1).reshape(-1, 2)
    write(f"{directory}/tracks.npz", np.stack([grid, grid]), np.ones((2, 256, 2)), (16.0, 16.0), "periodic", 1.01)
    found = order(directory, "--r_max", "1.2", "--bins", "12")
    g = found["pair_correlation"]["g"]
    assert (g[:10] == 0).all() and g[11] == 0
    judge.close(g[10], 4 / (255 / 256 * np.pi * (1.1 ** 2 - 1)), 1e-12, "g at the lattice constant")
    judge.close(found["number_fluctuations"]["std"][[0, 2, 4]], np.zeros(3), 1e-12, "fluctuations")
    assert found["cluster_sizes"]["size"].tolist() == [256]


if __name__ == "__main__":
    judge.run_tests(globals())
