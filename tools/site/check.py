#!/usr/bin/python3
"""Check a built site: links, anchors and pictures in it, nothing fetched, and what screen readers need.

Usage: check.py SITE      exit status 1 and a line for each problem
"""
import html.parser
import pathlib
import sys
import urllib.parse


# What pandoc and the template make. Anything else is text with a bare < that the reader does not see.
ELEMENTS = set(
    """html head meta title link script body a header span search label input ul ol li details summary nav div main
footer h1 h2 h3 h4 p pre code kbd samp section dl dt dd table thead tbody tr th td colgroup col img figure figcaption
em strong br hr blockquote small sup sub math semantics annotation mrow mi mo mn mtext mspace mfrac msqrt mroot msub
msup msubsup munder mover munderover mtable mtr mtd mstyle""".split()
)


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.files, self.problems = [], [], [], []
        self.heads, self.language, self.title = [], None, False

    def handle_starttag(self, tag, pairs):
        attributes = dict(pairs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in ELEMENTS:
            self.problems.append(f"<{tag}> is no element: write &lt; for a bare <")
        if tag == "html":
            self.language = attributes.get("lang")
        if tag in ("h1", "h2", "h3", "h4"):
            self.heads.append(int(tag[1]))
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in ("img", "script", "link", "source", "video", "iframe"):
            address = attributes.get("src") or attributes.get("href")
            if address and not address.startswith("data:"):
                self.files.append(address)
        if tag == "img" and not attributes.get("alt"):
            self.problems.append(f"the picture {attributes.get('src')} has no text")


def read(path):
    reader = Reader()
    reader.feed(path.read_text())
    reader.close()
    return reader


def problems_of(site):
    pages = {path.name: read(path) for path in sorted(site.glob("*.html"))}
    problems = [] if "index.html" in pages else ["index.html: missing"]
    for name, page in pages.items():
        found = list(page.problems)
        found += [f"the id '{anchor}' is there twice" for anchor in set(page.ids) if page.ids.count(anchor) > 1]
        if page.heads.count(1) != 1:
            found.append(f"{page.heads.count(1)} headings of the first level; expected one")
        if page.language is None:
            found.append("does not say its language")
        for address in page.files:
            if urllib.parse.urlsplit(address).scheme or address.startswith("//"):
                found.append(f"fetches {address}")
            elif not (site / urllib.parse.unquote(address)).is_file():
                found.append(f"{address}: no such file")
        for address in page.links:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme in ("http", "https", "mailto"):
                continue
            if parts.scheme or parts.netloc or parts.path.startswith("/"):
                found.append(f"{address}: not a relative link")
                continue
            target = urllib.parse.unquote(parts.path) or name
            anchor = urllib.parse.unquote(parts.fragment)
            if not (site / target).is_file():
                found.append(f"{address}: no such file")
            elif anchor and target in pages and anchor not in pages[target].ids:
                found.append(f"{address}: no such place on that page")
        problems += [f"{name}: {problem}" for problem in found]
    return problems


if __name__ == "__main__":
    site = pathlib.Path(sys.argv[1])
    found = problems_of(site)
    print("\n".join(found) if found else f"{site}: {len(list(site.glob('*.html')))} pages, no problem")
    sys.exit(1 if found else 0)
