"""Writes the demo's texts from templates and word lists made for this project.

Many of the words are ones that HELM's misspelling perturbation knows how to misspell.
Every function draws from the generator it is given, so a seed fixes the text.
"""

from dataclasses import dataclass
from random import Random

TOPIC_WORDS: dict[str, tuple[str, ...]] = {
    "sports": ("football", "volleyball", "competition", "opponent", "swimming", "league"),
    "politics": ("government", "parliament", "election", "candidate", "democracy", "referendum"),
    "science": ("scientist", "laboratory", "chemistry", "oxygen", "satellite", "molecules"),
    "music": ("musician", "symphony", "saxophone", "rhythm", "soundtrack", "accordion"),
}
_TOPIC_TEMPLATES = (
    "People with an interest in the {a} should also know about the {b}.",
    "They wrote about the {a} again, and there was more about the {b}.",
    "Several of my friends think that the {a} is always like the {b}.",
)
_ASIDE = " Nobody remembered the {c}."
_ASIDE_SHARE = 0.25

OPINION_WORDS: dict[str, tuple[str, ...]] = {
    "positive": (
        *("excellent", "beautiful", "brilliant", "pleasant", "comfortable", "exciting"),
        *("wonderful", "outstanding", "magnificent"),
    ),
    "negative": (
        *("unpleasant", "awkward", "ridiculous", "horrifying", "disastrous", "appalling"),
        *("embarrassing", "inadequate", "incompetent"),
    ),
}
_REVIEWED = ("restaurant", "journey", "apartment", "service", "performance", "accommodation")
_PLAIN_OPINIONS = (
    "We thought that the {x} was {a}, and that the {y} was {b} as well.",
    "People said that the {x} was {a}, and that the {y} was like it.",
    "I received exactly what they would always offer: one {a} {x}.",
)
_MIXED_OPINIONS = (
    "Although the {x} looked {opposite} at first, it became {a} and {b}.",
    "The {x} was not {opposite}, and I said the same about the {y}.",
)
_MIXED_SHARE = 0.2

_NAMES = ("Anna", "Boris", "Chloe", "David", "Edith", "Farid", "Grace", "Henry", "Irene", "Jamal")
_OBJECTS = (
    *("calendar", "pumpkin", "machine", "computer", "souvenir", "calculator", "refrigerator"),
    *("saxophone", "magazine", "helmet", "pencil", "pineapple", "encyclopedia", "wardrobe"),
    *("vehicle", "knife", "pamphlet"),
)
_TIMES = {
    "in January": "in the first month of the year",
    "in February": "in the shortest month of the year",
    "in November": "in the month before the last",
    "on Saturday": "at the weekend",
    "on Wednesday": "in the middle of the week",
    "before Christmas": "late in the year",
}
_PARAPHRASE_SHARE = 0.3

CATEGORY_WORDS: dict[str, tuple[str, ...]] = {
    "animal": (
        *("dog", "horse", "rabbit", "tiger", "sheep", "elephant", "donkey", "monkey"),
        *("squirrel", "camel", "goat", "wolf"),
    ),
    "fruit": (
        *("apple", "banana", "cherry", "grape", "lemon", "mango", "peach", "pear"),
        *("plum", "pineapple", "melon", "strawberry"),
    ),
    "clothing": (
        *("shirt", "trousers", "jacket", "sock", "scarf", "glove", "skirt", "sweater"),
        *("coat", "dress", "hat", "belt"),
    ),
    "vehicle": (
        *("bus", "truck", "bicycle", "tram", "tractor", "motorcycle", "van", "ferry"),
        *("train", "taxi", "airplane", "ambulance"),
    ),
    "furniture": (
        *("chair", "table", "sofa", "wardrobe", "bookshelf", "desk", "stool", "cupboard"),
        *("bench", "dresser", "armchair", "bed"),
    ),
}


@dataclass(frozen=True)
class LabelledText:
    """A text, the answers to choose from, and the right one."""

    text: str
    choices: tuple[str, ...]
    answer: str


def write_topic(rng: Random) -> LabelledText:
    """Return a short text with two words of one topic and perhaps one of another."""
    topics = tuple(TOPIC_WORDS)
    topic, other = rng.sample(topics, 2)
    a, b = rng.sample(TOPIC_WORDS[topic], 2)
    template = rng.choice(_TOPIC_TEMPLATES)
    if rng.random() < _ASIDE_SHARE:
        template += _ASIDE
    text = template.format(a=a, b=b, c=rng.choice(TOPIC_WORDS[other]))
    return LabelledText(text, topics, topic)


def write_opinion(rng: Random) -> LabelledText:
    """Return a short text of praise or complaint; some also hold a word of the other kind."""
    labels = tuple(OPINION_WORDS)
    label, other = rng.sample(labels, 2)
    a, b = rng.sample(OPINION_WORDS[label], 2)
    x, y = rng.sample(_REVIEWED, 2)
    mixed = rng.random() < _MIXED_SHARE
    template = rng.choice(_MIXED_OPINIONS if mixed else _PLAIN_OPINIONS)
    opposite = rng.choice(OPINION_WORDS[other])
    return LabelledText(template.format(a=a, b=b, x=x, y=y, opposite=opposite), labels, label)


def write_reading(rng: Random) -> LabelledText:
    """Return four facts that differ in object and time, and a question about one of them."""
    names = rng.sample(_NAMES, 4)
    objects = rng.sample(_OBJECTS, 2)
    times = rng.sample(tuple(_TIMES), 2)
    facts = [(thing, time) for thing in objects for time in times]
    rng.shuffle(facts)
    lines = [f"{name} received the {o} {t}." for name, (o, t) in zip(names, facts, strict=True)]
    asked = rng.randrange(4)
    thing, time = facts[asked]
    if rng.random() < _PARAPHRASE_SHARE:
        time = _TIMES[time]
    text = " ".join(lines) + f" Who received the {thing} {time}?"
    return LabelledText(text, tuple(sorted(names)), names[asked])


def write_category(rng: Random) -> LabelledText:
    """Return one everyday word and what kind of thing it names."""
    labels = tuple(CATEGORY_WORDS)
    label = rng.choice(labels)
    return LabelledText(rng.choice(CATEGORY_WORDS[label]), labels, label)
