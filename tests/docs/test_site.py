"""The site is built from what is there, says what the pages say, and its checks find what is wrong."""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/site"))
import api
import blocks
import check
import run_page

failed = 0


def expect(what, holds):
    global failed
    if not holds:
        failed += 1
        print("FAIL:", what)


with tempfile.TemporaryDirectory() as directory:
    site = pathlib.Path(directory) / "site"
    done = subprocess.run([sys.executable, ROOT / "tools/site/build.py", site], capture_output=True, text=True)
    expect(f"the site is built:\n{done.stdout}{done.stderr}", done.returncode == 0)
    if done.returncode == 0:
        pages = {path.stem: path.read_text() for path in site.glob("*.html")}
        # pages of all Markdown, equations of all formulas, every function of the headers
        expect("a page for each file under docs/", all(path.stem in pages for path in (ROOT / "docs").glob("*.md")))
        formulas = len(re.findall(r"\$\$", (ROOT / "docs/method.md").read_text())) // 2
        expect("every formula is MathML", formulas > 20 and pages["method"].count('display="block"') == formulas)
        functions = {
            name
            for header in (ROOT / "include/flockcast").glob("*.h")
            for name in re.findall(r"FCAST_API [^;]*?\b(fcast_\w+)\(", header.read_text())
        }
        missing = [name for name in sorted(functions) if f'id="{name}"' not in pages["api"]]
        expect(f"every function is on its page, missing: {missing}", len(functions) > 50 and not missing)
        expect("cells were run", pages["numpy"].count("<figure>") >= 5)
        scores = re.search(r"<samp>here (\S+), in the table (\S+);", pages["numpy"])
        expect("a forecast by hand has the score of the table", scores is not None and scores[1] == scores[2])
        # the checker finds what is wrong
        index = site / "index.html"
        for what, broken in (
            ("a dead link", '<a href="nowhere.html">x</a>'),
            ("a dead anchor", '<a href="method.html#nowhere">x</a>'),
            ("a picture that is not there", '<img src="images/none.png" alt="x">'),
            ("a picture without text", '<img src="images/forecast.png">'),
            ("something fetched", '<script src="https://example.org/x.js"></script>'),
            ("an absolute link", '<a href="/etc">x</a>'),
            ("an id twice", '<p id="content"></p>'),
            ("a second title", "<h1>x</h1>"),
            ("text taken for an element", "<p>mean <m></p>"),
        ):
            index.write_text(pages["index"].replace("<footer>", broken + "<footer>"))
            expect(f"the checker finds {what}", len(check.problems_of(site)) == 1)
        index.write_text(pages["index"])
        expect("and nothing else", check.problems_of(site) == [])

# what agrees with the output of a page, and what does not
for shown, found, agrees in (
    (["r2 0.80 in 1.5 s"], ["r2 0.801 in 9.1 s"], True),
    (["r2 0.80"], ["r2 0.85"], False),
    (["20 runs"], ["21 runs"], False),
    (["a", "...", "c"], ["a", "b", "b", "c"], True),
    (["a", "c"], ["a", "b", "c"], False),
    (["at ... now"], ["at 3 o'clock now"], True),
    (["a"], [], False),
    (["..."], [], True),
    (["a"], ["a", "b"], False),
    (["1.20e-05 m"], ["1.21e-05 m"], True),
):
    expect(
        f"{shown} {'agrees' if agrees else 'does not agree'} with {found}",
        run_page.output_agrees(shown, found, False) == agrees,
    )
run_page.compare(["a"], "draw: 1 of 9 after 2 s\na\n\n", False)  # a slow machine
for bad in (
    "```rust\nx\n```\n",
    "\n    indented\n",
    "```sh\nno end\n",
    "```sh maybe\nx\n```\n",
    "```sh needs luck\nx\n```\n",
):
    try:
        blocks.split(bad)
        expect(f"{bad!r} is refused", False)
    except ValueError:
        pass
help_of = {"run": "--config FILE  --set KEY"}.get
expect(
    "an option that is not there is found",
    len(
        list(run_page.undocumented(["flockcast run --confg x", "a; flockcast ran", "flockcast run --set a=b"], help_of))
    )
    == 2,
)
expect(
    "a parameter a line",
    api.shaped("FCAST_API int f(" + ", ".join(f"int parameter_{i}" for i in range(9)) + ");").count("\n") == 9,
)
print("failed:", failed)
sys.exit(1 if failed else 0)
