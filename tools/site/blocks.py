"""The code blocks of our Markdown. CONTRIBUTING.md says what the words behind the language mean."""
import dataclasses
import re

RUN = {"sh", "console", "python", "output"}
SHOWN = {"text", "yaml", "c", "cmake", "json"}
NEEDS = {  # what a block may need beside the program and an empty directory, and who runs it then
    "slurm": "tests/slurm/test_docs.sh",
    "source": "tests/docs/test_source.sh",
    "modules": "tests/docs/test_source.sh",
    "root": "tests/docs/test_source.sh",
    "sources": "tests/docs/test_source.sh",
    "recordings": "",  # the page itself, with recordings that are made for it
}


@dataclasses.dataclass
class Block:
    language: str
    line: int  # of the opening fence, from 1
    text: str
    not_run: str = ""  # the reason
    needs: str = ""  # one of NEEDS
    exit: int = 0  # status of the last command
    vary: bool = False  # every number in the output may differ
    file: str = ""  # yaml, text: written under this name
    caption: str = ""  # python: what the picture that the cell leaves shows

    def reason(self):
        """Why the page test leaves it out, or ''."""
        by = NEEDS.get(self.needs)
        return self.not_run or (f"needs {self.needs}: run by {by}" if by else "")


def read_word(block, word):
    if (match := re.fullmatch(r"needs (\w+)", word)) and match[1] in NEEDS:
        block.needs = match[1]
    elif word == "vary":
        block.vary = True
    elif match := re.fullmatch(r"exit (\d+)", word):
        block.exit = int(match[1])
    elif block.language in SHOWN and re.fullmatch(r"[\w.-]+", word):
        block.file = word
    else:
        raise ValueError(f"line {block.line}: '{word}' behind {block.language} means nothing")


def parse_info(info, line):
    language, _, rest = info.partition(" ")
    block = Block(language, line, "")
    rest = rest.strip()
    if language not in RUN | SHOWN:
        raise ValueError(
            f"line {line}: a code block of type '{info}'; expected one of {', '.join(sorted(RUN | SHOWN))}"
        )
    if match := re.fullmatch(r"not run: (.+)", rest):
        block.not_run = match[1]
    elif match := re.fullmatch(r"figure: (.+)", rest):
        block.caption = match[1]
    else:
        for word in filter(None, rest.split(", ")):
            read_word(block, word)
    return block


def split(markdown):
    """The text as a list of str (Markdown, lines) and Block, in order."""
    parts, prose, block = [], [], None
    after_blank = True
    for number, line in enumerate(markdown.splitlines(), 1):
        if block is None and line.startswith("```"):
            parts.append("\n".join(prose))
            prose, block, text = [], parse_info(line[3:].strip(), number), []
        elif block is not None and line == "```":
            block.text = "\n".join(text) + "\n"
            parts.append(block)
            block = None
        elif block is not None:
            text.append(line)
        else:
            if after_blank and line.startswith("    ") and line.strip():
                raise ValueError(f"line {number}: an indented code block; fence it, and say what it is")
            prose.append(line)
        after_blank = not line.strip()
    if block is not None:
        raise ValueError(f"line {block.line}: the code block has no end")
    return [part for part in parts + ["\n".join(prose)] if not isinstance(part, str) or part.strip()]


def commands(block):
    """Of a console block: [(command, [lines of output])]."""
    found = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1] and found[-1][0].endswith("\\"):
            found[-1] = (found[-1][0] + "\n" + line[2:], [])
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"line {block.line}: output before the first '$ '")
    return found
