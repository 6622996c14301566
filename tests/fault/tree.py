"""What the tests of faults, kills and damage share: a small workflow, and trees of files compared byte for byte."""
import hashlib, json, os, shutil, subprocess, sys, tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
from page_content import page_content

FLOCKCAST = os.environ.get("FLOCKCAST", "build/release/flockcast")
SMALL = {"sim.N": 5, "sim.T": 0.6, "density.nx": 8, "density.ny": 8, "density.bandwidth": 1, "ensemble.n_train": 4, "ensemble.m_test": 2,
         "ensemble.ic_types": "[ring, uniform]", "rom.p_lag": 1, "rom.ridge_alpha": 1, "rom.target_energy": 0.9}
SET = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]


def flockcast(*words, env=None, timeout=120, limit=None):
    """(exit status, standard output, standard error); a status below 0 is a signal."""
    command = [FLOCKCAST, *map(str, words)]
    if limit:  # bytes of address space
        command = ["prlimit", f"--as={limit}", *command]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **(env or {})}, timeout=timeout)
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def error_lines(err):
    return [line for line in err.splitlines() if line.startswith("flockcast")]


def is_temporary(name):
    return name.startswith(".")


def content(path):
    """The bytes of a file as they must come out again: of JSON and the results page, without what says when and where."""
    with open(path, "rb") as file:
        text = file.read()
    if path.endswith(".json"):
        value = json.loads(text)
        value.pop("provenance", None)
        text = json.dumps(value).encode()
    elif path.endswith("index.html"):
        text = page_content(path).encode()
    return hashlib.sha256(text).hexdigest()


def read_tree(root):
    """{relative path: hash} of every file that is not temporary, and the list of those that are."""
    files, temporary = {}, []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if is_temporary(name):
                temporary.append(os.path.relpath(path, root))
            else:
                files[os.path.relpath(path, root)] = content(path)
    return files, temporary


def forget_files(models):
    """training_metadata.json as earlier versions wrote it: it lists no files, so that they may be changed."""
    path = os.path.join(models, "training_metadata.json")
    with open(path) as file:
        report = json.load(file)
    del report["files"], report["checksum"]
    with open(path, "w") as file:
        json.dump(report, file)


class Failures:
    """Counts cases, prints the first few that fail."""

    def __init__(self):
        self.n_cases = self.n_failed = 0

    def case(self, what, problem):
        self.n_cases += 1
        if problem:
            self.n_failed += 1
            if self.n_failed <= 60:
                print(f"FAIL: {what}: {problem}", file=sys.stderr)

    def finish(self):
        print(f"{self.n_cases} cases, {self.n_failed} failed", file=sys.stderr)
        sys.exit(1 if self.n_failed or not self.n_cases else 0)


class Scratch:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="flockcast-test-")
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
