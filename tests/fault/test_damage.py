#!/usr/bin/env python3
"""Every kind of file, damaged in every way we can think of, and what the program makes of it.

Truncated, bits flipped, blocks lost or doubled; members missing, swapped, of other shapes, types and values; the tricks of ZIP and of
pickle. A case is right if the program ends with the documented status and one line that names the file, or if it accepts the file and the
damage does not matter: what it reads is what was written. Nothing may crash, hang, take more than LIMIT bytes of memory, or run what a
file names.

test_damage.py [--all]: a sample, or all; prints the table of docs/reliability.md."""
import io, json, os, pickle, random, re, shutil, struct, subprocess, sys, zipfile, zlib
import numpy as np
from tree import SET, Failures, Scratch, error_lines, flockcast, forget_files

IS_ALL = "--all" in sys.argv
SEED = 1729
LIMIT = None if os.environ.get("FAULT_PRELOAD_FIRST") else 1500 << 20  # a sanitizer reserves more than there is
MAX_FLIPS = 240  # bytes of a file of which a bit is flipped
SAMPLE = 2  # cases of a sweep in the ordinary test
NPZ = ["test/test_000/traj.npz", "test/test_000/density.npz", "test/test_000/order_params.npz", "models/pod_model.npz", "models/mvar_model.npz", "models/field_model.npz"]
REPORT = "models/training_metadata.json"
TEXT = ["test/test_000/metadata.json", REPORT, "models/index_mapping.csv", "config.yml"]
CANARY = "canary"


def some(cases):
    cases = list(cases)
    return cases if IS_ALL or len(cases) <= SAMPLE else [cases[i * (len(cases) - 1) // (SAMPLE - 1)] for i in range(SAMPLE)]


# --- what the program says of a file ---

def ask(tree, name):
    """The command that reads a file as the workflow does, and everything it said: (status, stdout, stderr)."""
    if name == "config.yml":
        return flockcast("config", "--config", f"{tree}/config.yml", limit=LIMIT, timeout=60)
    if name.startswith("test/"):
        return flockcast("check", os.path.dirname(f"{tree}/{name}"), limit=LIMIT, timeout=60)
    return flockcast("check", tree, *SET, limit=LIMIT, timeout=60)


def numbers(path):
    """The content of a file as the program reads it: all members of an archive with types, shapes and ranges."""
    if path.endswith(".npz"):
        status, out, _ = flockcast("info", path, limit=LIMIT)
        return [line.split() for line in out.splitlines()] if status == 0 else None
    if path.endswith(".json"):
        with open(path, "rb") as file:
            content = json.loads(file.read().decode(errors="surrogateescape"))
        return {key: value for key, value in content.items() if key not in ("provenance", "checksum")}
    if path.endswith("config.yml"):
        return flockcast("config", "--config", path)[1]
    with open(path, "rb") as file:
        return file.read()


# --- damage to bytes ---

def byte_damage(data, choose):
    yield "truncated", "cut", [(f"at {n}", data[:n]) for n in some(range(0, len(data), 64))]
    # The directory of an archive is at its end.
    anywhere = sorted(choose.sample(range(max(len(data) - MAX_FLIPS, 1)), min(MAX_FLIPS // 2, max(len(data) - MAX_FLIPS, 1))))
    positions = some(anywhere + list(range(max(len(data) - MAX_FLIPS, 0), len(data), 1 if len(data) < MAX_FLIPS else 2)))
    flips = []
    for at in positions:
        bit = choose.randrange(8)
        flips.append((f"bit {bit} of byte {at}", data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1:]))
    yield "bit flipped", "flip", flips
    blocks = range(0, max(len(data) - 64, 1), max(len(data) // 40, 1))
    yield "64 bytes zeroed", "flip", [(f"at {at}", data[:at] + bytes(min(64, len(data) - at)) + data[at + 64:]) for at in some(blocks)]
    yield "64 bytes lost", "flip", [(f"at {at}", data[:at] + data[at + 64:]) for at in some(blocks)]
    yield "64 bytes doubled", "flip", [(f"at {at}", data[:at + 64] + data[at:]) for at in some(blocks)]
    yield "garbage behind", "flip", [(f"{n} bytes", data + bytes(choose.randrange(256) for _ in range(n))) for n in some((1, 21, 22, 23, 1000))]


# --- damage to members: what numpy would write, with other content ---

def save(members):
    to = io.BytesIO()
    np.savez(to, **members)
    return to.getvalue()


def load(data):
    with np.load(io.BytesIO(data), allow_pickle=True) as file:
        return {name: file[name] for name in file.files}


# What files of older scripts may lack, and what is read by nobody: without it the rest is as it was.
OPTIONAL = {"config", "velocities", "extent", "polarization", "phi", "mean_speed", "nematic", "speed_std", "angular_momentum", "energy", "target_energy", "R_POD", "alpha",
            "p", "r", "train_r2", "train_rmse", "n_windows", "condition", "spectral_radius"}
UNREAD = {"config", "extent", "phi"}
# Of the field model what is not known is nan: intervals from one run, bandwidths that were unphysical.
MAY_BE_NAN = {"alignment_lo", "alignment_hi", "tried_bandwidth", "tried_r2", "tried_standard_error", "expected_r2"}


def member_damage(data):
    members = load(data)

    def but(name, value):
        return save({**members, name: value})

    def each(change, names, what, expected="refused"):
        return what, expected, [(name, but(name, change(members[name]))) for name in some(names)]

    arrays = [name for name in members if name not in UNREAD]
    shaped = [name for name in arrays if members[name].ndim > 0]
    yield "member missing", "refused", [(n, save({m: v for m, v in members.items() if m != n})) for n in some(members) if n not in OPTIONAL]
    yield each(lambda a: a.astype(complex), arrays, "complex type")
    yield each(lambda a: a.astype("U8"), arrays, "text type")
    yield each(lambda a: np.array([("x", 1)], dtype="U1,i4"), arrays, "structured type")
    yield each(lambda a: np.array(["x"], dtype=object), arrays, "object type")
    yield each(lambda a: a[None], shaped, "one dimension more")
    yield each(lambda a: a.ravel()[:0], shaped, "no values")
    yield each(lambda a: a[:-1], shaped, "one row less")
    yield each(lambda a: np.concatenate([a, a[-1:]]), shaped, "one row more")
    finite = [name for name in shaped if name not in MAY_BE_NAN]
    yield each(lambda a: np.full_like(a, np.nan, dtype=float), finite, "nan")
    yield each(lambda a: np.full_like(a, np.inf, dtype=float), finite, "infinite")
    counts = [n for n in ("R_POD", "p", "r") if n in members]
    yield "wrong count", "refused", [(f"{n} = {v}", but(n, v)) for n in counts for v in (members[n] + 1, np.int64(-1), np.int64(2**62), np.float64(0.5), np.float64("nan"))]
    times = [n for n in ("times", "x_edges", "y_edges") if n in members and "polarization" not in members]
    yield "not increasing", "refused", [(n, but(n, members[n][::-1])) for n in times]
    # Swapped, where shapes or values tell.
    pairs = [(a, b) for a in shaped for b in shaped if a < b and members[a].shape != members[b].shape]
    yield "members swapped", "refused", [(f"{a}, {b}", save({**members, a: members[b], b: members[a]})) for a, b in some(pairs)]
    # The same numbers in another form.
    yield each(lambda a: a.astype(a.dtype.newbyteorder(">")), arrays, "big-endian", "same")
    yield each(lambda a: np.asfortranarray(a), shaped, "Fortran order", "same")
    packed = io.BytesIO()
    np.savez_compressed(packed, **members)
    yield "deflated", "same", [("all", packed.getvalue())]
    yield "members in another order", "same", [("reversed", save(dict(reversed(members.items()))))]
    yield "one member more", "more", [("text", but("note", np.array("x"))), ("numbers", but("other", np.zeros(3)))]


def name_damage(data):
    """metadata.json of another program, without a checksum: names that would leave their folder or break a table."""
    metadata = json.loads(data)
    metadata.pop("checksum")

    def but(**changes):
        return json.dumps({**metadata, **changes}).encode()

    yield "names in paths and tables", "refused", [(f"{key} {value!r}", but(**{key: value})) for key in ("run_name", "ic_type")
                                                   for value in ("..", ".", "../..", "a/b", "a,b", 'a"b', "a\nb", "\x1b[2J", "x" * 64, 3, ["ring"])]
    yield "settings of no known kind", "refused", [("bc", but(config={**metadata["config"], "sim": {"bc": "open"}})), ("bc a number", but(config={"sim": {"bc": 1}})), ("config a list", but(config=[1]))]
    yield "laid out anew", "same", [("indented", json.dumps(json.loads(data), indent=7).encode()), ("sorted", json.dumps(json.loads(data), sort_keys=True).encode())]
    yield "checksum", "refused", [(repr(value), json.dumps({**json.loads(data), "checksum": value}).encode()) for value in ("", "fnv1a:0000000000000000", 7, None)]


# --- the tricks of ZIP ---

class Zip:
    """An archive written field by field, so that every field can lie."""

    def __init__(self):
        self.data, self.central, self.n = b"", b"", 0

    def add(self, name, content, method=0, packed=None, local={}, central={}, offset=None):
        if packed is None:
            packed = content
            if method == 8:
                packer = zlib.compressobj(9, zlib.DEFLATED, -15)
                packed = packer.compress(content) + packer.flush()
        true = {"flags": 0, "method": method, "crc": zlib.crc32(content), "packed": len(packed), "size": len(content), "name": name.encode("latin1"), "extra": b""}

        def header(f):
            return struct.pack("<HHIIIIHH", f["flags"], f["method"], 0x210000, f["crc"], f["packed"] & 0xffffffff, f["size"] & 0xffffffff, len(f["name"]), len(f["extra"]))
        l, c = {**true, **local}, {**true, **central}
        at = len(self.data) if offset is None else offset
        self.data += b"PK\3\4\x14\0" + header(l) + l["name"] + l["extra"] + packed
        self.central += b"PK\1\2\x14\0\x14\0" + header(c) + struct.pack("<HHHII", 0, 0, 0, 0, at) + c["name"] + c["extra"]
        self.n += 1
        return at

    def end(self, **lies):
        f = {"disk": 0, "n": self.n, "size": len(self.central), "at": len(self.data), "comment": b"", **lies}
        return self.data + self.central + b"PK\5\6" + struct.pack("<HHHHIIH", f["disk"], 0, f["n"] & 0xffff, f["n"] & 0xffff, f["size"], f["at"], len(f["comment"])) + f["comment"]


def npy(array):
    to = io.BytesIO()
    np.save(to, array, allow_pickle=True)
    return to.getvalue()


def rebuilt(data, change):
    """The archive with each member added by change(zip, name, content), or as it is where that returns False."""
    archive = Zip()
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for info in file.infolist():
            if not change(archive, info.filename, file.read(info)):
                archive.add(info.filename, file.read(info))
    return archive


def zip_tricks(data):
    first = zipfile.ZipFile(io.BytesIO(data)).namelist()[0]

    def lie(local={}, central={}, **more):
        return rebuilt(data, lambda z, n, c: n == first and (z.add(n, c, local=local, central=central, **more), True)[1]).end()

    def extra(name, content=b"x", **how):
        archive = rebuilt(data, lambda *_: False)
        archive.add(name, content, **how)
        return archive.end()

    honest = rebuilt(data, lambda *_: False)
    size = len(zipfile.ZipFile(io.BytesIO(data)).read(first))
    yield "honest archive, written by hand", "same", [("stored", honest.end())]
    yield "dangerous names", "more", [(n, extra(n, npy(np.zeros(2)))) for n in ("/tmp/flockcast-owned.npy", "../../owned.npy", "C:\\owned.npy", "a/../../b.npy", "x" * 3000 + ".npy", " .npy")]
    yield "control characters in a name", "refused", [(repr(n), extra(n, npy(np.zeros(2)))) for n in ("a\n.npy", "\x1b[2J.npy", "\x7f.npy")]
    yield "member twice", "refused", [("the same name", extra(first, npy(np.zeros(2)))), ("with and without .npy", extra(first[:-4], npy(np.zeros(2))))]
    yield "size lies", "refused", [(f"{n} in {where}", lie(**{w: {"size": n, "packed": n} for w in where.split()})) for n in (0, 1, size - 1, size + 1, 2**31 - 1, 2**32 - 2)
                                   for where in ("local", "central", "local central")]
    yield "checksum lies", "refused", [(where, lie(**{w: {"crc": 12345} for w in where.split()})) for where in ("local", "central", "local central")]
    yield "method lies", "refused", [(f"{m} in {where}", lie(**{w: {"method": m} for w in where.split()})) for m in (1, 8, 12, 14, 99) for where in ("central", "local central")]
    yield "encrypted", "refused", [(where, lie(**{w: {"flags": 1} for w in where.split()})) for where in ("central", "local central")]
    yield "names differ", "refused", [(where, lie(**{where: {"name": b"other.npy"}})) for where in ("local", "central")]
    overlapping = rebuilt(data, lambda *_: False)
    overlapping.add("again.npy", npy(np.zeros(2)), offset=0)
    yield "overlapping entries", "refused", [("two entries of one place", overlapping.end())]
    yield "directory lies", "refused", [("entries fewer", honest.end(n=honest.n - 1)), ("entries more", honest.end(n=honest.n + 1)), ("no entries", honest.end(n=0)), ("place", honest.end(at=0)),
                                        ("place beyond", honest.end(at=2**31)), ("size", honest.end(size=7)), ("disk", honest.end(disk=3)), ("zip64 without", honest.end(n=0xffff, at=0xffffffff))]
    bombs = []
    for n in (1 << 28, 1 << 30, 10 << 30):
        packer, zeros, packed, crc, left = zlib.compressobj(9, zlib.DEFLATED, -15), bytes(1 << 22), b"", 0, n
        head = npy_header(n // 8)
        packed += packer.compress(head)
        crc = zlib.crc32(head)
        while left and n <= 1 << 28:
            packed, crc, left = packed + packer.compress(zeros), zlib.crc32(zeros, crc), left - len(zeros)
        packed += packer.flush() + bytes(n // 1050 if n > 1 << 28 else 0)
        total = n + len(head)
        fields = {"size": total, "crc": crc}
        if total > 0xffffffff:
            fields = {"size": 0xffffffff, "crc": crc, "extra": struct.pack("<HHQ", 1, 8, total)}
        bombs.append((f"{n} bytes from {len(packed)}", rebuilt(data, lambda z, m, c: m == first and (z.add(m, b"", 8, packed, fields, fields), True)[1]).end()))
    yield "bomb", "refused", bombs


def npy_header(n_values):
    to = io.BytesIO()
    np.lib.format.write_array_header_1_0(to, {"descr": "<f8", "fortran_order": False, "shape": (n_values,)})
    return to.getvalue()


# --- the tricks of pickle ---

def object_member(payload):
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "|O", "fortran_order": False, "shape": ()})
    archive = Zip()
    archive.add("config.npy", head.getvalue() + payload)
    return archive.end()


class Calls:
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


def pickle_tricks(canary):
    touch = f"touch {canary}"
    python = f"open({canary!r}, 'w')"
    calls = [Calls(os.system, touch), Calls(eval, python), Calls(exec, python), Calls(subprocess.Popen, ["touch", canary]), Calls(open, canary, "w"), Calls(os.mkdir, canary),
             Calls(np.load, canary), Calls(np.save, canary, np.zeros(1)), Calls(np.core.multiarray.fromstring, "1")]
    cases = []
    for call in calls:
        for protocol in range(6):
            for what, value in (("bare", call), ("in a dict", {"sim": call}), ("as a key", {(call,): 1}), ("in an array", np.array({"a": call}, dtype=object))):
                cases.append((f"{call.reduced[0].__name__}, protocol {protocol}, {what}", object_member(pickle.dumps(value, protocol))))
    cases += [(f"opcodes {code!r}", object_member(code)) for code in
              (b"cos\nsystem\n(S'" + touch.encode() + b"'\ntR.", b"\x80\x02cposix\nsystem\nX" + struct.pack("<I", len(touch)) + touch.encode() + b"\x85R.", b"\x80\x02(X\x01\0\0\0aios\nsystem\n.",
               b"\x80\x04\x8c\x05posix\x8c\x06system\x93.", b"\x80\x02c__builtin__\nobject\n)\x81.", b"\x80\x02Pid.", b"\x80\x02\x82\x01.", b"\x80\x05\x97.")]
    yield "pickle that calls something", "refused", some(cases)
    deep = b"\x80\x02" + b"]" * 100000 + b"a" * 99999 + b"."
    laughs = b"\x80\x02]q\0" + b"".join(b"](" + b"h" + bytes([i]) + (b"h" + bytes([i])) * 9 + b"eq" + bytes([i + 1]) for i in range(30)) + b"."
    itself = b"\x80\x02]q\0h\0a."
    yield "pickle bomb", "refused", [("nested 100000 deep", object_member(deep)), ("ten references, thirty times", object_member(laughs)), ("contains itself", object_member(itself)),
                                     ("long string that is not there", object_member(b"\x80\x02X\xff\xff\xff\x7fab.")), ("2^63 bytes", object_member(b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b"a.")),
                                     ("memo of 2^32", object_member(b"\x80\x02Nr\xff\xff\xff\xff.")), ("2^31 bytes of an integer", object_member(b"\x80\x02\x8b\xff\xff\xff\x7fab."))]


# --- judging ---

def judge(tree, name, expected, original, canary):
    """(outcome, problem)."""
    path = f"{tree}/{name}"
    is_bare = not os.path.dirname(name)  # an archive on its own
    try:
        status, out, err = flockcast("info", path, limit=LIMIT, timeout=60) if is_bare and name.endswith(".npz") else ask(tree, name)
    except subprocess.TimeoutExpired:
        return "hangs", "more than a minute"
    lines = error_lines(err)
    if os.path.exists(canary) or os.path.exists("/tmp/flockcast-owned.npy"):
        return "ran", "a file named in the data was made"
    if status == 0:
        if expected == "refused":
            return "accepted", "expected a refusal"
        found = numbers(path)
        if expected == "more":
            found = [line for line in found if line[0] in [l[0] for l in original]] if found else found
        same = same_numbers(found, original)
        if name == "config.yml" and not same:
            return "another configuration", None  # a text that users edit: nothing says that it is not what they meant
        return ("same", None) if same else ("wrong answer", "accepted, and what is read is not what was written")
    want = 2 if name == "config.yml" else 3
    if status != want:
        return "status", f"status {status}, expected {want}: {err.strip()[-300:]}"
    if len(lines) != 1:
        return "lines", f"{len(lines)} lines on standard error"
    if expected in ("same", "more"):
        return "refused", f"expected it to be read: {lines[0]} {out[-200:]}"
    if os.path.basename(name) not in lines[0] + out:
        return "unnamed", f"the file is not named: {lines[0]}"
    return "refused", None


def same_numbers(found, original):
    """Archives by member, apart from byte order and order of members; of JSON what was there, since more does no harm; everything else as it is."""
    if isinstance(original, dict):
        return all(found.get(key) == value for key, value in original.items())
    if found is None or not isinstance(original, list):
        return found == original
    strip = [[line[0]] + line[2:] for line in found], [[line[0]] + line[2:] for line in original]
    return sorted(map(str, strip[0])) == sorted(map(str, strip[1]))


def main():
    failures, rows = Failures(), {}
    choose = random.Random(SEED)
    with Scratch() as root:
        status, _, err = flockcast("run", "--oscar_dir", f"{root}/ref", "--output_dir", f"{root}/local", *SET)
        assert status == 0, err
        tree, canary = f"{root}/ref", f"{root}/{CANARY}"
        # With the list of files any change is refused, and it is their readers that are tried here; the list itself has its checksum.
        with open(f"{tree}/{REPORT}", "rb") as file:
            listing = file.read()
        forget_files(f"{tree}/models")

        def run_cases(name, original, groups):
            for what, expected, cases in groups:
                row = rows.setdefault((os.path.basename(name), what), {})
                for case, data in some(cases):
                    with open(f"{tree}/{name}", "wb") as file:
                        file.write(data)
                    outcome, problem = judge(tree, name, expected, original, canary)
                    row[outcome] = row.get(outcome, 0) + 1
                    failures.case(f"{name}: {what}: {case}", problem)

        for name in NPZ + TEXT:
            with open(f"{tree}/{name}", "rb") as file:
                unchanged = file.read()
            data = listing if name == REPORT else unchanged
            original = numbers(f"{tree}/{name}")
            run_cases(name, original, byte_damage(data, choose))
            if name in NPZ:
                run_cases(name, original, member_damage(data))
                run_cases(name, original, zip_tricks(data) if IS_ALL or name == NPZ[1] else [])
            if name.endswith("test_000/metadata.json"):
                run_cases(name, original, name_damage(data))
            with open(f"{tree}/{name}", "wb") as file:
                file.write(unchanged)
        run_cases("alone.npz", None, pickle_tricks(canary))
    print("| file | damage | cases | refused, one line | read as written | another configuration | wrong |\n|---|---|---|---|---|---|---|")
    for (name, what), row in rows.items():
        wrong = sum(n for outcome, n in row.items() if outcome not in ("refused", "same", "another configuration"))
        print(f"| {name} | {what} | {sum(row.values())} | {row.get('refused', 0)} | {row.get('same', 0)} | {row.get('another configuration', 0)} | {wrong} |")
    failures.finish()


main()
