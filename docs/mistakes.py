"""Makes the mistakes of mistakes.yaml, and writes what the commands print: `make check-messages`.

Needs an engine with runner-base and runner-shell-base; takes about ten seconds a mistake. Words as
arguments choose the mistakes with these words in their titles; the other sections stay.
"""

import os
import re
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from made_mistakes import Mistake, Said, build_suites, make

DOCS = Path(__file__).parent
PAGE = DOCS / "faq.md"
WIDTH = 100

INTRODUCTION = """# What went wrong

<!-- Written by docs/mistakes.py: make check-messages. -->

Typical mistakes, and what `runner try`, `build`, `check` and `evaluate` print about each. Every
message is real: a sound predictor was given the mistake, and the commands were run. If you have a
message and no idea, search this page for its words.

- A command that is not named printed no fault. Where `build` failed, there was no image to check.
- Left out are times, places of files, checks that passed, and the words before a message, such as
  `FAIL output:` and `case-1:`.
- In a competition `runner evaluate` says none of this; `runner log` shows a participant a part.
- Lines of `predict` are at the beginning of the method; the rest of it predicts 0.5 everywhere.
"""


def read_groups() -> dict[str, list[Mistake]]:
    """Return the mistakes by the headings of their groups."""
    groups = yaml.safe_load((DOCS / "mistakes.yaml").read_bytes())
    return {one["group"]: [Mistake(**each) for each in one["mistakes"]] for one in groups}


def sections(page: str) -> dict[str, str]:
    """Return each mistake's section of a page by its title."""
    parts = re.split(r"^### (.+)\n\n", page, flags=re.MULTILINE)[1:]
    ends = (re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0] for text in parts[1::2])
    return {title: text.rstrip("\n") for title, text in zip(parts[::2], ends, strict=True)}


def page(groups: Mapping[str, Sequence[Mistake]], made: Mapping[str, str]) -> str:
    """Return the page of the sections that are made: an index, and the groups."""
    parts = [INTRODUCTION]
    for heading, mistakes in groups.items():
        links = [f"[{each.title}](#{_anchor(each.title)})" for each in mistakes]
        parts.append(f"**{heading}:** {' · '.join(links)}\n")
    for heading, mistakes in groups.items():
        parts.append(f"## {heading}\n")
        parts += [
            f"### {one.title}\n\n{made[one.title]}\n" for one in mistakes if one.title in made
        ]
    return "\n".join(parts)


def _anchor(title: str) -> str:
    """Return what the sites make of a heading, for a link to it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def section(mistake: Mistake, said: Mapping[str, Said]) -> str:
    """Return the section of a mistake: what it is, and each thing that is said of it once."""
    parts = [textwrap.fill(mistake.says, WIDTH)] if mistake.says else []
    parts += shown_code(mistake)
    commands = mistake.all_commands()
    by_message: dict[Said, list[str]] = {}
    for name, one in said.items():
        shown = commands[name] if name in mistake.commands else f"runner {name}"
        by_message.setdefault(one, []).append(f"`{shown}`")
    for one, names in by_message.items():
        if one.lines:
            parts.append(f"{_listed(names)}, exit code {one.exit_code}:")
            parts.append(_block("text", "\n".join(map(wrapped, one.lines))))
    return "\n\n".join(parts)


def shown_code(mistake: Mistake) -> Iterator[str]:
    """Yield what a reader sees of the mistake: a paragraph or block for each part."""
    if mistake.top:
        yield f"Above the class:\n\n{_block('python', mistake.top)}"
    if mistake.predict:
        yield f"In `predict`:\n\n{_block('python', mistake.predict)}"
    for name, content in mistake.files.items():
        mode = f" (mode {mistake.modes[name]:o})" if name in mistake.modes else ""
        if content is None:
            yield f"There is no `{name}`."
        elif not content:
            yield f"`{name}`{mode} is empty."
        elif content.isascii():
            language = "dockerfile" if name == "Dockerfile" else "text"
            yield f"`{name}`{mode}:\n\n{_block(language, content)}"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def wrapped(line: str) -> str:
    """Return a line of output as the page shows it."""
    return textwrap.fill(
        line, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def main(words: Sequence[str]) -> None:
    """Make mistakes and write the page, after each, so that an interrupted run is not lost."""
    groups = read_groups()
    made = sections(PAGE.read_text(encoding="utf-8"))
    mistakes = [one for group in groups.values() for one in group]
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_CACHE_HOME"] = f"{name}/cache"  # another runner may use the user's
        build_suites(Path(name))
        for number, mistake in enumerate(mistakes):
            if words and not any(word.lower() in mistake.title.lower() for word in words):
                continue
            directory = Path(name) / str(number)
            directory.mkdir()
            (directory / "suites").symlink_to(Path(name))
            before = made.get(mistake.title)
            made[mistake.title] = section(mistake, make(mistake, directory))
            state = "as before" if made[mistake.title] == before else "changed"
            print(f"{mistake.title}: {state}", flush=True)  # noqa: T201  (a script)
            PAGE.write_text(page(groups, made), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
