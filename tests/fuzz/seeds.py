#!/usr/bin/env python3
"""The first inputs of the fuzz harnesses, made by NumPy and Python themselves: seeds.py DIRECTORY.

Writes DIRECTORY/READER/NAME. What tests/fuzz/corpus holds grew from these (tests/fuzz/run.sh minimise)."""
import io, json, os, pickle, struct, sys, zipfile
import numpy as np


def npy(array):
    to = io.BytesIO()
    np.save(to, array, allow_pickle=True)
    return to.getvalue()


def archive(members, compress=False):
    to = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(to, **members)
    return to.getvalue()


def behind_checksums(members, deflated=False):
    """An archive by its members: see fuzz_archive_of_members."""
    out = b""
    for member in members:
        content = npy(member) if member is not None else b""
        out += struct.pack("<BH", (member is not None) + 2 * deflated, len(content)) + content
    return out


config = {"sim": {"N": 40, "Lx": 15.0, "bc": "periodic", "T": 2.0}, "ensemble": {"ic_types": ["ring", "uniform"]},
          "noise": {"match_variance": True, "seed": None, "big": -2**40, "pi": 3.25}}
frames, ny, nx = 3, 2, 3
rho = np.arange(18.0).reshape(frames, ny, nx)
times = np.arange(3.0)
arrays = {
    "f8": rho, "f4": rho.astype("f4"), "big": rho.astype(">f8"), "fortran": np.asfortranarray(rho), "i8": np.arange(4), "u1": np.arange(4, dtype="u1"),
    "bool": np.array([True, False]), "scalar": np.float64(0.5), "empty": np.zeros((0, 2)), "text": np.array(["ab"]), "structured": np.zeros(2, "f8,i4"),
    "complex": np.zeros(1, complex), "object": np.array(config, dtype=object), "i2": np.arange(3, dtype=">i2"), "u8": np.array([2**63], "u8"),
}
seeds = {reader: {} for reader in ("npy", "pickle", "json", "config", "set", "npz", "members", "moments", "slurm", "sightings")}
for name, array in arrays.items():
    seeds["npy"][name] = npy(array)
    for version in ((2, 0), (3, 0)):
        to = io.BytesIO()
        np.lib.format.write_array(to, np.asarray(array), version=version)
        seeds["npy"][f"{name}_{version[0]}"] = to.getvalue()


class Calls:
    def __reduce__(self):
        return (os.system, ("true",))


values = {"config": config, "list": [1, [2.5, "x"], (), {}, None, True], "string": "text é", "integers": [0, 255, 65535, -1, 2**31, -2**63],
          "numpy": [np.float64(1.5), np.int32(7), np.bool_(True), np.float32(2), np.str_("ring")], "array": np.array(config, dtype=object),
          "one": np.array([config], dtype=object), "two": np.array([1, 2], dtype=object), "calls": Calls(), "set": {1}, "bytes": b"ab", "complex": 1j,
          "shared": [[1]] * 4, "infinite": [float("inf"), float("nan")], "keys": {1: 2}}
for name, value in values.items():
    for protocol in range(2, 6):
        seeds["pickle"][f"{name}_{protocol}"] = pickle.dumps(value, protocol)
metadata = {"run_name": "test_003", "sim_id": 3, "ic_type": "two_clusters", "seed": 2003, "mode": "test", "config_hash": "0123456789abcdef", "config": config,
            "provenance": {"program": "flockcast", "wall_seconds": 1.5}}
for name, value in {"metadata": metadata, "empty": {}, "list": [1], "names": dict(metadata, ic_type="..", run_name="a,b\n"), "types": dict(metadata, ic_type=3, config=4)}.items():
    seeds["json"][name] = json.dumps(value, indent=2).encode()
seeds["json"]["twice"] = b'{"ic_type": "ring", "ic_type": "uniform"}'
with open(sys.argv[2]) as reference:  # `flockcast config --defaults`
    seeds["config"]["defaults"] = reference.read().encode()
seeds["config"]["short"] = b"sim: {N: 7, T: 1e1}\nensemble:\n  ic_types: [ring, uniform]\n  n_train: 3\nforces: {params: {Cr: .5}}\n"
seeds["config"]["alias"] = b"sim: &a {N: 7}\nmodel: *a\n"
seeds["config"]["tags"] = b"%YAML 1.1\n---\nsim:\n  N: !!int '7'\n  bc: !!python/object:os.system x\n...\n---\na: b\n"
seeds["config"]["cluster"] = b"cluster:\n  extra: '--qos=long'\n  time: \"01:00:00\"\n  cpus: 0x10\nnoise:\n  match_variance: yes\n"
seeds["set"]["some"] = b"sim.N=7\nsim.bc=reflecting\nensemble.ic_types=[ring, uniform]\nnoise.match_variance=off\ncluster.extra=--qos=long\nrom.ridge_alpha=1e-3"
seeds["set"]["wrong"] = b"sim.N\nsim=3\nsimm.N=2\nforces.params.Cr=nan\nensemble.ic_types=\ncluster.time=\"x\""
members = {"rho": rho, "times": times, "config": np.array(config, dtype=object), "p": np.int64(4)}
seeds["npz"]["stored"] = archive(members)
seeds["npz"]["deflated"] = archive(members, compress=True)
seeds["npz"]["one"] = archive({"a": np.float32(1)})
to = io.BytesIO()
with zipfile.ZipFile(to, "w", zipfile.ZIP_BZIP2) as f:
    f.writestr("a.npy", npy(times))
    f.writestr("meta.json", "{}")
    f.writestr("../b.npy", npy(times))
    f.comment = b"comment"
seeds["npz"]["odd"] = to.getvalue()
polarization = np.full(3, 0.5)
lists = [[rho, times, np.arange(4.0), np.arange(3.0)], [np.ones((3, 2, 2)), times, None], [times, polarization, None, polarization, polarization],
         [np.eye(6)[:, :2], np.ones(2), np.zeros(6), np.float64(0.9), np.int64(2), np.float64(0.9)],
         [np.zeros((4, 2, 2)), np.int64(4), np.int64(2), np.float64(1e-6), np.float64(0.5), np.float64(0.1), np.int64(17), np.float64(0.98)], [np.array(config, dtype=object)],
         [np.array("0123456789abcdef", dtype=object), np.int64(100), np.int64(1), rho[1:], times[1:]]]
one, three = np.ones(2), np.array([0.9, 0.8, 1.0])
field = [one, one, one, np.float64(0.5), three, three, three, np.int64(0), None, None, None, None, None, np.float64(0.1), np.array([0, 3.0, 0, 2.0]), np.int64(1),
         np.array([2.0, 3.0]), np.float64(1.0), np.array([4.0, 6.0]), np.float64(0.5), np.int64(7), np.int64(100), one, one, one, None, None, None, None]
pushed = field[:7] + [np.int64(1), one, one, one, np.float64(0.25), three] + field[13:25] + [times[1:], times[1:], np.zeros((2, 3)), np.float64(0.1)]
lists += [field, pushed]
for number, content in enumerate(lists):
    kind = min(number, 7)  # two seeds of the field model
    seeds["members"][f"stored_{number}"] = bytes([kind]) + behind_checksums(content)
    seeds["members"][f"deflated_{number}"] = bytes([kind]) + behind_checksums(content, deflated=True)
moments = [np.int64(0), np.int64(7), np.int64(24), np.array("0123456789abcdef", dtype=object), np.arange(3.0), np.arange(6.0)]
seeds["moments"]["stored"] = behind_checksums(moments)
seeds["moments"]["deflated"] = behind_checksums(moments, deflated=True)
seeds["moments"]["no_cells"] = behind_checksums(moments[:4] + [np.zeros(0), np.zeros(0)])
seeds["moments"]["long_hash"] = behind_checksums(moments[:3] + [np.array("0123456789abcdef0", dtype=object)] + moments[4:])
seeds["slurm"]["queue"] = b"\0" + b"17|3|RUNNING|fc-train-25-0|None|\n17|4|PENDING|fc-train-25-1000|Priority|\n18|N/A|PENDING|fc-model|Dependency|\n19|N/A|PENDING|other|x|\n"
seeds["slurm"]["failures"] = b"\1" + b"17_3|fc-test-1-0|TIMEOUT\n17_[4-7]|fc-test-1-0|CANCELLED by 0\n18|fc-model|FAILED\n"
seeds["slurm"]["negative"] = b"\0" + b"17|-3|RUNNING|fc-train--25-9223372036854775807|None|\n"
seeds["slurm"]["scontrol"] = b"\2" + b"MaxArraySize            = 1001\nMaxBatchRequeue         = 5\n"
seeds["slurm"]["sbatch"] = b"\3" + b"123;cluster\n"
seeds["sightings"] = {
    "table": b"\0" + b"7,12,1.5,-2\n7,10,1,0\n3,12,.25,1e1\n", "blanks": b"\3" + b"# id frame x y\r\n 7  12   1.5 -2 170 \r\n7\t10\t1\t0\t170\r\n",
    "velocities": b"\1" + b"0;1;2;3;4;5\n1;1;2;3;4;5\n", "skipped": b"\x82" + b"head\nword,1,2,3,4\n", "twice": b"\0" + b"1 2 3 4\n1 2 3 4\n",
    "far": b"\0" + b"1 0 0 0\n1 9007199254740992 0 0\n1 7 0 0", "zero": b"\0" + b"1 2 3\0 4\n", "mark": b"\0" + b"\xef\xbb\xbf1 2 3 4"}
for reader, files in seeds.items():
    os.makedirs(f"{sys.argv[1]}/{reader}", exist_ok=True)
    for name, content in files.items():
        with open(f"{sys.argv[1]}/{reader}/{name}", "wb") as to:
            to.write(content)
