"""The public headers as HTML: every declaration under its comment, names linked to where they are declared."""
import html
import pathlib
import re

NAME = re.compile(r"\b(fcast_\w+|FCAST_\w+)\b")


def comment_text(comment):
    """The lines of a comment without its stars."""
    lines = [re.sub(r"^ ?\* ?", "", line) for line in comment.strip()[2:-2].splitlines()]
    return [line.rstrip() for line in lines]


def chunks(source):
    """(comment or '', declarations) of a header, in order; what C++ and include guards need is left out."""
    source = re.sub(r"#ifdef __cplusplus\n.*?#endif\n", "", source, flags=re.S)
    source = re.sub(r"#ifdef __clang_analyzer__\n.*?#endif\n", "", source, flags=re.S)
    source = re.sub(r"#if defined\(__GNUC__\).*?#endif\n", "", source, flags=re.S)
    source = re.sub(r"^#(ifndef|endif|include|undef).*\n|^#define FLOCKCAST_\w+_H\n", "", source, flags=re.M)
    comment, code, depth = "", [], 0
    lines = iter(source.splitlines())
    for line in lines:
        if depth == 0 and line.startswith("/*"):
            if code:
                yield comment, "\n".join(code)
            text = [line]
            while "*/" not in text[-1]:
                text.append(next(lines))
            comment, code = "\n".join(text), []
        elif depth == 0 and not line.strip():
            if code:
                yield comment, "\n".join(code)
                comment, code = "", []
        else:
            code.append(line)
            depth += line.count("{") - line.count("}")
    if code:
        yield comment, "\n".join(code)


def declarations(code):
    """Split a chunk where a declaration ends, so that each can have a name and a line of its own."""
    found, current, depth = [], [], 0
    for line in code.splitlines():
        current.append(line)
        depth += line.count("{") - line.count("}")
        bare = re.sub(r"/\*.*?\*/", "", line).rstrip()
        is_macro = current[0].startswith("#define")
        if depth == 0 and (bare.endswith((";", "}")) and not is_macro or is_macro and not bare.endswith("\\")):
            found.append("\n".join(current))
            current = []
    return found + (["\n".join(current)] if current else [])


def name_of(declaration):
    bare = re.sub(r"/\*.*?\*/", "", declaration, flags=re.S)
    for pattern in (r"^#define (\w+)", r"^typedef .*?(\w+);\s*$", r"^enum \{ (\w+)", r"(fcast_\w+)\("):
        if match := re.search(pattern, bare, flags=re.S):
            return match[1]
    return None


def shaped(declaration):
    """A function in one line, or a line for each parameter where that is too long."""
    text = declaration.replace("FCAST_API ", "").replace("FCAST_MUST_CHECK ", "")
    if declaration.startswith(("typedef", "#", "enum")) or "{" in text:
        return text
    text = re.sub(r"\s+", " ", text)
    if len(text) <= 100 or "(" not in text:
        return text
    head, _, rest = text.partition("(")
    return head + "(\n    " + ",\n    ".join(part.strip() for part in rest.split(", "))


def linked(text, known):
    return NAME.sub(
        lambda match: f'<a href="#{known[match[0]]}">{match[0]}</a>' if match[0] in known else match[0],
        html.escape(text),
    )


def prose(lines, known):
    out, paragraph, quoted = [], [], []

    def flush():
        if paragraph:
            out.append(f"<p>{linked(' '.join(paragraph), known)}</p>")
        if quoted:
            out.append('<pre tabindex="0">' + linked("\n".join(quoted), known) + "</pre>")
        paragraph.clear()
        quoted.clear()

    for line in lines:
        if line.startswith("  ") and line.strip():
            if paragraph:
                flush()
            quoted.append(line[2:])
        elif not line.strip():
            flush()
        else:
            if quoted:
                flush()
            paragraph.append(line.strip())
    flush()
    return re.sub(r"`([^`<]+)`", r"<code>\1</code>", "\n".join(out))


def declared(header):
    for comment, code in chunks(header.read_text()):
        for declaration in declarations(code):
            if name := name_of(declaration):
                yield name


def enumerators(header):
    """(value, enum) of every value of an enum with a name of its own."""
    for comment, code in chunks(header.read_text()):
        for declaration in declarations(code):
            if declaration.startswith("typedef enum"):
                bare = re.sub(r"/\*.*?\*/", "", declaration, flags=re.S)
                for value in re.findall(r"\b(FCAST_[A-Z0-9_]+)\b", bare):
                    yield value, name_of(declaration)


def section(header, known):
    """One header: its opening comment, then everything it declares."""
    source = header.read_text()
    opening = re.match(r"/\*.*?\*/", source, flags=re.S)[0]
    about = [line for line in comment_text(opening) if "SPDX" not in line]
    while about and not about[0].strip():
        about.pop(0)
    out = [f'<section><h2 id="{header.stem}">{header.name}</h2>', prose(about, known)]
    for comment, code in chunks(source[len(opening) :]):
        texts, body = declarations(code), []
        if not comment and not any(name_of(text) for text in texts):
            continue
        for text in texts:
            name = name_of(text)
            anchor = f' id="{name}"' if name else ""
            body.append(f"<pre class='c' tabindex='0'{anchor}><code>{linked(shaped(text), known)}</code></pre>")
        names = [name for name in map(name_of, texts) if name]
        title = f"<h3>{', '.join(names)}</h3>" if names else ""
        text = prose(comment_text(comment), known) if comment else ""
        out.append(f'<div class="declaration">{title}{"".join(body)}{text}</div>')
    return "\n".join(out) + "</section>"


def page(include):
    """(HTML, names declared) of the headers in the order in which flockcast.h lists them; the rest follows."""
    umbrella = include / "flockcast.h"
    order = re.findall(r"^ \*   (\w+\.h) ", umbrella.read_text(), flags=re.M)
    headers = [include / name for name in order]
    headers += sorted(header for header in include.glob("*.h") if header not in headers and header != umbrella)
    by_header = {header: list(dict.fromkeys(declared(header))) for header in headers}
    known = {name: name for names in by_header.values() for name in names}
    for header in headers:
        for value, owner in enumerators(header):
            known.setdefault(value, owner)
    about = [
        line for line in comment_text(re.match(r"/\*.*?\*/", umbrella.read_text(), flags=re.S)[0]) if "SPDX" not in line
    ]
    out = [
        "<h1>The library</h1>",
        prose(about, known),
        "<p>Every function below that returns an <code>fcast_status</code> has to be checked: the compiler warns where "
        "it is not.</p>",
        '<nav aria-label="Everything declared"><dl class="index">',
    ]
    for header, names in by_header.items():
        links = ", ".join(f'<a href="#{name}">{name}</a>' for name in names)
        out.append(f'<dt><a href="#{header.stem}">{header.name}</a></dt><dd>{links}</dd>')
    out.append("</dl></nav>")
    out += [section(header, known) for header in headers]
    return "\n".join(out), known


if __name__ == "__main__":
    print(page(pathlib.Path(__file__).resolve().parents[2] / "include/flockcast")[0])
