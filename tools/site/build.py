#!/usr/bin/python3
"""Build the documentation site from the Markdown, the public headers, the examples and the program itself.

Usage: build.py SITE      into the directory SITE, which is made anew
$FLOCKCAST is the program (default: build/release/flockcast).

Equations become MathML by pandoc. Cells of the pages in EXECUTED are run, and what they say and draw is put behind
them. The links are checked at the end: a site with a dead one is an error.
"""
import concurrent.futures
import html
import itertools
import json
import os
import pathlib
import posixpath
import re
import shutil
import string
import subprocess
import sys
import tempfile

import api
import blocks
import check
import mathml
import run_page

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent

# A section and its pages: source (Markdown, or a word for what is generated), file name, title. Pages that are not there
# yet are left out; Markdown under docs/ that is not named here comes last.
NAVIGATION = """
Start
  README.md             index            Overview
  docs/getting-started.md getting-started Getting started
  docs/cookbook.md      cookbook         Cookbook
  docs/gallery.md       gallery          Gallery
Use
  commands              commands         Commands
  configuration         configuration    Configuration
  docs/own-data.md      own-data         Own data
  docs/numpy.md         numpy            In NumPy and Matplotlib
  docs/figures.md       figures          Figures
  docs/formats.md       formats          File formats
  docs/json.md          json             JSON output
  docs/cluster.md       cluster          Cluster
  docs/packaging.md     packaging        Installing
Understand
  docs/method.md        method           The method
  docs/forecasting.md   forecasting      Forecasting
  docs/field-model.md   field-model      Field model
  docs/phase-diagram.md phase-diagram    Phase diagrams
Library
  docs/library.md       library          Using the library
  examples              examples         Example programs
  api                   api              All functions
Project
  docs/performance.md   performance      Performance
  docs/reliability.md   reliability      Reliability
  ARCHITECTURE.md       architecture     Architecture
  CONTRIBUTING.md       contributing     Contributing
  SECURITY.md           security         Security
  CHANGELOG.md          changelog        Changelog
"""
MATH_FONT = "/usr/share/texmf/fonts/opentype/public/lm-math/latinmodern-math.otf"  # Debian's fonts-lmodern
MATH_CHARACTERS = """20-7E A0-FF 2C6-2DD 300-338 391-3F6 2010-2057 20D0-20E1 2102-213C 2190-21FF 2200-22FF 2308-230B
239B-23B9 27E8-27E9 2A7D-2A7E 1D400-1D467 1D49C-1D4B5 1D6A4-1D755"""
EXECUTED = {"docs/numpy.md"}


class Site:
    def __init__(self, out):
        self.out = out
        self.program = run_page.program_of()
        self.sections = self.sections_of(NAVIGATION)
        self.pages = [page for _, pages in self.sections for page in pages]
        self.slug_of = {source: slug for source, slug, _ in self.pages}
        self.version = self.said("--version").split("(")[0].replace("flockcast", "").strip()

    def sections_of(self, navigation):
        """[(title, [(source, slug, name)])] of the pages that are there."""
        sections, listed = [], set()
        for line in navigation.strip().splitlines():
            if not line.startswith(" "):
                sections.append((line, []))
                continue
            source, slug, name = line.split(maxsplit=2)
            listed.add(source)
            if self.exists(source):
                sections[-1][1].append((source, slug, name))
        more = [path for path in sorted((ROOT / "docs").glob("*.md")) if f"docs/{path.name}" not in listed]
        sections.append(("More", [(f"docs/{path.name}", path.stem, self.title_of(path)) for path in more]))
        return [section for section in sections if section[1]]

    def exists(self, source):
        if source == "examples":
            return bool(examples())
        return not source.endswith(".md") or (ROOT / source).exists()

    def title_of(self, path):
        return re.search(r"^# (.+)", path.read_text(), flags=re.M)[1]

    def said(self, *arguments):
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, check=True).stdout

    def html_of(self, source):
        """(HTML, {name of the library: its anchor} for the search) of a page."""
        if source == "api":
            return api.page(ROOT / "include/flockcast")
        if source in ("commands", "configuration", "examples"):
            return {"commands": commands_page, "configuration": configuration_page, "examples": examples_page}[source](
                self
            ), {}
        return self.markdown(source), {}

    def markdown(self, source):
        parts = blocks.split((ROOT / source).read_text())
        shown = self.executed(parts, self.slug_of[source]) if source in EXECUTED else {}
        text, code = [], []
        for part in parts:
            if isinstance(part, blocks.Block):
                text.append(f"\nCODEBLOCK{len(code)}END\n")
                code.append(block_html(part) + shown.get(part.line, ""))
            else:
                text.append(part)
        body = self.relinked(pandoc("\n".join(text)), source)
        return re.sub(r"<p>CODEBLOCK(\d+)END</p>", lambda match: code[int(match[1])], body)

    def relinked(self, body, source):
        """Links between files of the repository become links between pages; pictures come along."""

        def new(match):
            attribute, address = match[1], html.unescape(match[2])
            if re.match(r"[a-z]+:|#", address):
                return match[0]
            path, mark, anchor = address.partition("#")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
            if path in self.slug_of:
                return f'{attribute}="{self.slug_of[path]}.html{mark}{anchor}"'
            if path.partition("/")[0] == "examples" and "examples" in self.slug_of:
                return f'{attribute}="examples.html"'
            if path.startswith("docs/images/") and (ROOT / path).exists():
                return f'{attribute}="images/{pathlib.Path(path).name}"'
            raise SystemExit(f"{source}: a link to {address}, which is no page of the site")

        body = re.sub(r'\b(href|src)="([^"]*)"', new, body)
        name_of = {f"{slug}.html": name for _, slug, name in self.pages}
        return re.sub(
            r'(<a href="([\w-]+\.html)[^>]*>)[\w/-]+\.md</a>', lambda match: f"{match[1]}{name_of[match[2]]}</a>", body
        )

    def executed(self, parts, slug):
        """Run a page; {line of a block: what it said and drew, as HTML}."""
        import matplotlib.pyplot as plt

        shown = {}
        with tempfile.TemporaryDirectory() as directory:
            page = run_page.Page(directory, self.program.parent)
            for block in parts:
                if not isinstance(block, blocks.Block) or block.reason():
                    continue
                page.run(block)
                if block.language != "python":
                    continue
                out = f'<pre class="output"><samp>{html.escape(page.output)}</samp></pre>' if page.output else ""
                for number in plt.get_fignums():
                    name = f"images/{slug}_{block.line}_{number}.png"
                    plt.figure(number).savefig(self.out / name, dpi=110, bbox_inches="tight")
                    caption = html.escape(block.caption)
                    out += f'<figure><img src="{name}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
                if plt.get_fignums() and not block.caption:
                    raise SystemExit(
                        f"line {block.line}: a cell that draws needs 'figure: what is on it' behind python"
                    )
                plt.close("all")
                shown[block.line] = out
        return shown

    def navigation(self, current, body):
        out = []
        for title, pages in self.sections:
            out.append(f"<h2>{title}</h2><ul>")
            for _, slug, name in pages:
                inner = ""
                if slug == current:
                    heads = re.findall(r'<h2 id="([^"]+)">(.*?)</h2>', body)
                    inner = "".join(f'<li><a href="#{anchor}">{plain(text)}</a></li>' for anchor, text in heads)
                    inner = f"<ul>{inner}</ul>" if inner else ""
                mark = ' aria-current="page"' if slug == current else ""
                out.append(f'<li><a href="{slug}.html"{mark}>{name}</a>{inner}</li>')
            out.append("</ul>")
        return "\n".join(out)

    def neighbours(self, slug):
        order = [(slug, name) for _, slug, name in self.pages]
        here = [name for name, _ in order].index(slug)
        before = (
            f'<a rel="prev" href="{order[here - 1][0]}.html">← {order[here - 1][1]}</a>' if here else "<span></span>"
        )
        after = (
            f'<a rel="next" href="{order[here + 1][0]}.html">{order[here + 1][1]} →</a>'
            if here + 1 < len(order)
            else ""
        )
        return before + after

    def build(self):
        shutil.rmtree(self.out, ignore_errors=True)
        (self.out / "images").mkdir(parents=True)
        for picture in (ROOT / "docs/images").iterdir():
            shutil.copy(picture, self.out / "images")
        for name in ("site.css", "search.js"):
            shutil.copy(HERE / name, self.out)
        make_math_font(self.out / "math.woff")
        template = string.Template((HERE / "page.html").read_text())
        index = []
        # Pages that are run change the directory of this process: they come last, alone.
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            made = dict(zip(self.slug_of, pool.map(lambda s: None if s in EXECUTED else self.html_of(s), self.slug_of)))
        for source, slug, name in self.pages:
            body, names = made[source] or self.html_of(source)
            body = finished(body)
            index += search_entries(body, name, slug, names)
            page = template.substitute(
                title=name,
                version=self.version,
                content=body,
                navigation=self.navigation(slug, body),
                neighbours=self.neighbours(slug),
            )
            (self.out / f"{slug}.html").write_text(page)
        (self.out / "search-index.js").write_text(f"const SEARCH_INDEX = {json.dumps(index, ensure_ascii=False)};\n")


def make_math_font(path):
    """Latin Modern Math, cut down to letters, operators, arrows and brackets: not every system has such a font."""
    from fontTools import subset

    options = subset.Options(flavor="woff", layout_features=["ssty"], drop_tables=["FFTM", "GPOS"])
    font = subset.load_font(MATH_FONT, options)
    cut = subset.Subsetter(options)
    ranges = [[int(code, 16) for code in part.split("-")] for part in MATH_CHARACTERS.split()]
    cut.populate(unicodes=[code for first, last in ranges for code in range(first, last + 1)])
    cut.subset(font)
    subset.save_font(font, path, options)


def pandoc(text):
    done = subprocess.run(
        ["pandoc", "-f", "gfm+tex_math_dollars", "-t", "html5", "--mathml", "--wrap=none"],
        input=text,
        capture_output=True,
        text=True,
    )
    if done.returncode or done.stderr.strip():
        raise SystemExit(f"pandoc: {done.stderr.strip()}")
    return mathml.spaced(done.stdout)


def block_html(block):
    """A code block: prompts cannot be selected, comments and output are dimmer."""
    if block.language == "console":
        lines = []
        for command, said in blocks.commands(block):
            first, *others = command.split("\n")
            lines.append(f'<span class="prompt">$ </span><kbd>{html.escape(first)}</kbd>')
            lines += [f'<span class="prompt">&gt; </span><kbd>{html.escape(other)}</kbd>' for other in others]
            lines += [f'<span class="said">{html.escape(line)}</span>' for line in said]
        code = "\n".join(lines)
    else:
        code = html.escape(block.text)
        if block.language in ("sh", "yaml", "python"):
            code = re.sub(r"(?m)(^| )(# .*)$", r'\1<span class="comment">\2</span>', code)
    head = f'<p class="file"><code>{block.file}</code></p>' if block.file else ""
    note = f'<p class="note">Not run by the tests: {html.escape(block.not_run)}.</p>' if block.not_run else ""
    return f'{head}<pre class="{block.language}" tabindex="0"><code>{code}</code></pre>{note}'


def plain(text):
    return re.sub(r'<a class="anchor".*?</a>|<(?!/?code)[^>]+>', "", text)


def finished(body):
    """Anchors at headings, tables that scroll by themselves."""
    body = re.sub(
        r'<(h[23]) id="([^"]+)">(.*?)</\1>',
        r'<\1 id="\2">\3<a class="anchor" href="#\2" aria-label="Link to this section">#</a></\1>',
        body,
        flags=re.S,
    )
    count = itertools.count(1)
    scroll = '<div class="scroll" role="region" aria-label="Table {}" tabindex="0"><table>'
    body = re.sub("<table>", lambda match: scroll.format(next(count)), body)
    return body.replace("</table>", "</table></div>")


def search_entries(body, name, slug, names):
    entries = [[name, "page", f"{slug}.html"]]
    for anchor, text in re.findall(r'<h[23] id="([^"]+)">(.*?)</h[23]>', body, flags=re.S):
        entries.append([html.unescape(re.sub("<[^>]+>", "", plain(text))), name, f"{slug}.html#{anchor}"])
    return entries + [[symbol, name, f"{slug}.html#{anchor}"] for symbol, anchor in names.items()]


def commands_page(site):
    """The help of every command, as the program says it."""
    overview = site.said("--help")
    listed = re.findall(r"^  ([a-z]+)  +\S", overview.partition("Commands:")[2].partition("\n\n")[0], flags=re.M)
    out = [
        "<h1>Commands</h1>",
        "<p>What the program itself says: <code>flockcast --help</code>, and <code>--help</code> behind "
        "each command.</p>",
        f'<pre tabindex="0"><samp>{html.escape(overview)}</samp></pre>',
    ]
    for command in listed:
        out.append(
            f'<h2 id="{command}">{command}</h2>'
            f'<pre tabindex="0"><samp>{html.escape(site.said(command, "--help"))}</samp></pre>'
        )
    return "\n".join(out)


def configuration_page(site):
    """The reference configuration, a section of it under a heading each."""
    out = [
        "<h1>Configuration</h1>",
        "<p>Every key with its default, meaning and range, as <code>flockcast config --defaults</code> "
        "prints them. A file needs only what differs: <code>--config FILE</code>; a single key is changed by "
        "<code>--set section.key=value</code>. An unknown key is an error that names the nearest known one.</p>",
    ]
    for part in re.split(r"\n\n", site.said("config", "--defaults").strip()):
        if match := re.match(r"(\w+):\n", part):
            text = re.sub(r"(?m)(^| )(# .*)$", r'\1<span class="comment">\2</span>', html.escape(part))
            out.append(f'<h2 id="{match[1]}">{match[1]}</h2><pre class="yaml" tabindex="0"><code>{text}</code></pre>')
    return "\n".join(out)


def examples():
    return sorted((ROOT / "examples").glob("*/main.c"))


def examples_page(site):
    """Each example: its opening comment is the text, and the rest of the file stands below it."""
    out = [
        "<h1>Example programs</h1>",
        "<p>Complete programs in C that use the library, from the folder <code>examples/</code>.</p>",
    ]
    for path in examples():
        source = path.read_text()
        opening = re.match(r"\s*/\*.*?\*/", source, flags=re.S)
        about = [line for line in api.comment_text(opening[0]) if "SPDX" not in line] if opening else []
        rest = source[opening.end() :] if opening else source
        out.append(f'<h2 id="{path.parent.name}">{path.parent.name}</h2>' + pandoc("\n".join(about).strip()))
        out.append(
            f'<p class="file"><code>{path.relative_to(ROOT)}</code></p>'
            f'<pre class="c" tabindex="0"><code>{html.escape(rest.strip())}</code></pre>'
        )
    return "\n".join(out)


def main(arguments):
    if len(arguments) != 1:
        raise SystemExit(__doc__)
    os.environ.setdefault("MPLBACKEND", "Agg")
    out = pathlib.Path(arguments[0]).resolve()
    Site(out).build()
    problems = check.problems_of(out)
    for problem in problems:
        print(problem)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}/index.html: {len(list(out.glob('*.html')))} pages, {size / 1e6:.1f} MB, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
