"""Spacing of pandoc's MathML: brackets grow around what is tall alone, function names stand as in print."""
import re
import xml.etree.ElementTree as tree

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
TALL = {f"{{{NAMESPACE}}}{name}" for name in ("mfrac", "munder", "mover", "munderover", "mtable")}
MO = f"{{{NAMESPACE}}}mo"
MROW = f"{{{NAMESPACE}}}mrow"
tree.register_namespace("", NAMESPACE)


def is_fence(element):
    return element.tag == MO and element.get("stretchy") == "true"


def is_bracketed(element):
    return (
        element is not None
        and element.tag == MROW
        and len(element) > 1
        and is_fence(element[0])
        and is_fence(element[-1])
    )


def is_accent(element):
    """A bar or hat over one letter is not tall."""
    return element.tag.endswith("mover") and len(element) == 2 and element[1].tag == MO


def space(math):
    for parent in math.iter():
        children = list(parent)
        for i, child in enumerate(children):
            if is_bracketed(child) and not any(part.tag in TALL and not is_accent(part) for part in child.iter()):
                child[0].set("stretchy", "false")
                child[-1].set("stretchy", "false")
            if child.tag == MO and re.fullmatch("[a-z]{2,}", child.text or ""):
                after = children[i + 1] if i + 1 < len(children) else None
                opens = after is not None and (
                    after.tag == MROW
                    and len(after)
                    and after[0].get("form") == "prefix"
                    or after.get("form") == "prefix"
                )
                before = i > 0 and children[i - 1].tag != MO
                child.set("lspace", "0.17em" if before else "0")
                child.set("rspace", "0" if opens else "0.17em")


def spaced(body):
    def each(match):
        math = tree.fromstring(match[0])
        space(math)
        return tree.tostring(math, encoding="unicode")

    return re.sub(r"<math\b.*?</math>", each, body, flags=re.S)
