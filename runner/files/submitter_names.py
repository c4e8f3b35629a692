"""A submitter's name as one identity, however it is typed: two that look alike are one.

A quota is counted per name, so a second spelling would be a second quota. Case, width, spaces and
hyphens are folded, and so are ASCII's own lookalikes. Names that mix scripts, or are made of
another script's lookalikes alone, are refused.

Sources: Unicode TR39 (skeletons, and single-script names), TR15 (NFKC).
"""

import unicodedata

from runner.untrusted import BLANKS, quote

LONGEST = 80

LOOKALIKES = str.maketrans({"1": "l", "i": "l", "|": "l", "\u0131": "l", "0": "o"})
"""Applied after case folding, as a capital i is a small l too."""

LIKE_LATIN = frozenset("асеорхуѕіјԁһӏԛԝґьвнкмтгαορνικυτχρεηβγσօսոհցյզ")
"""Letters of Cyrillic, Greek and Armenian that can be taken for Latin ones."""

LAST_OF_LATIN = "\u024f"
"""Beyond it are phonetic and decorative letters, most of which look like a plain one."""

SEPARATORS = "-_.\u00b7\u2010\u2011\u2013\u2014"


def identity(name: str) -> str:
    """Return what is equal for names that are one submitter.

    Raises:
        ValueError: the name is empty or too long, or could be taken for another; says what to do.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    for separator in SEPARATORS:
        folded = folded.replace(separator, " ")
    folded = " ".join(folded.split())
    if not folded or len(name) > LONGEST:
        raise ValueError(f"{quote(name)} should be a name of 1 to {LONGEST} characters")
    for character in folded:
        is_seen = character.isprintable() and character not in BLANKS
        if not is_seen or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
            raise ValueError(
                f"{quote(name)} has a character that can't be seen, or stands on another "
                f"({quote(character)}): leave it out"
            )
    scripts = {_script(character) for character in folded if character.isalpha()}
    if len(scripts) > 1:
        raise ValueError(
            f"{quote(name)} mixes scripts ({', '.join(sorted(scripts))}), so that it could be "
            "taken for another name: use one"
        )
    letters = [character for character in folded if character.isalpha()]
    is_latin = scripts == {"LATIN"}
    if letters and (
        all(letter in LIKE_LATIN for letter in letters)
        if not is_latin
        else any(letter > LAST_OF_LATIN for letter in letters)
    ):
        raise ValueError(
            f"{quote(name)} looks like a name of plain Latin letters: use those, or others"
        )
    return folded.translate(LOOKALIKES).replace("rn", "m").replace("vv", "w")


def checked_name(name: str) -> str:
    """Return the name.

    Raises:
        ValueError: as ``identity``.
    """
    identity(name)
    return name


def _script(letter: str) -> str:
    """Return the first word of a letter's name, which is its script; Han, Kana as one."""
    script = unicodedata.name(letter, "UNKNOWN").split()[0]
    return (
        "CJK" if script in {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"} else script
    )
