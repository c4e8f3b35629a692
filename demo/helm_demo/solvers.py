"""The small baselines of the demo suite. Each answers from the words of the prompt alone.

No solver sees a gold answer, a run spec or a probability: what misspelling does to a score
comes from the words that a solver no longer recognises.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher

from helm_demo.prompts import Prompt, Question, parse_prompt

WordsMatch = Callable[[str, str], bool]
"""Says whether two words count as the same word."""

KEYWORDS: dict[str, tuple[str, ...]] = {
    "sports": ("football", "volleyball", "competition", "opponent", "swimming"),
    "politics": ("government", "parliament", "election", "candidate", "democracy"),
    "science": ("scientist", "laboratory", "chemistry", "oxygen", "satellite"),
    "music": ("musician", "symphony", "saxophone", "rhythm", "soundtrack"),
    "positive": (
        *("excellent", "beautiful", "brilliant", "pleasant"),
        *("comfortable", "exciting", "wonderful"),
    ),
    "negative": (
        *("unpleasant", "awkward", "ridiculous", "horrifying"),
        *("disastrous", "appalling", "embarrassing"),
    ),
    "animal": ("dog", "horse", "rabbit", "tiger", "sheep"),
    "fruit": ("apple", "banana", "cherry", "grape", "lemon"),
    "clothing": ("shirt", "trousers", "jacket", "dress", "coat"),
    "vehicle": ("bus", "truck", "bicycle", "train", "taxi"),
    "furniture": ("chair", "table", "sofa", "desk", "bed"),
}
"""Written from general knowledge; it covers only a part of the words that the texts use."""

_SHORTEST_FUZZY_WORD = 5
_FUZZY_RATIO = 0.8


def answer_majority_label(prompt_text: str) -> str:
    """Return the most frequent answer of the examples, whatever the question."""
    return parse_prompt(prompt_text).majority_answer()


def answer_word_votes(prompt_text: str) -> str:
    """Return the answer whose examples have the most telling words of the question."""
    return _answer_by_votes(parse_prompt(prompt_text), split_words)


def answer_trigram_votes(prompt_text: str) -> str:
    """Return the answer whose examples have the most telling letter trigrams of the question.

    A misspelled word keeps most of its trigrams, so this bears misspelling better.
    """
    return _answer_by_votes(parse_prompt(prompt_text), split_trigrams)


def answer_keyword_rules(prompt_text: str) -> str:
    """Return what the keyword list, or plain word overlap, says; whole words must agree."""
    return _answer_by_rules(parse_prompt(prompt_text), str.__eq__)


def answer_fuzzy_rules(prompt_text: str) -> str:
    """Return what the same rules say when similar spelling counts as the same word."""
    return _answer_by_rules(parse_prompt(prompt_text), is_similar_word)


def split_words(text: str) -> list[str]:
    """Return the lower-case words of a text."""
    return re.findall(r"[a-z']+", text.lower())


def split_trigrams(text: str) -> list[str]:
    """Return all runs of three letters inside the words of a text."""
    return [word[i : i + 3] for word in split_words(text) for i in range(len(word) - 2)]


def is_similar_word(first: str, second: str) -> bool:
    """Return whether two words are equal, or long and spelled nearly alike."""
    if first == second:
        return True
    if min(len(first), len(second)) < _SHORTEST_FUZZY_WORD:
        return False
    return SequenceMatcher(None, first, second).ratio() >= _FUZZY_RATIO


def _answer_by_votes(prompt: Prompt, split: Callable[[str], list[str]]) -> str:
    """Return the answer with the most votes of the question's telling pieces.

    A piece is telling if it occurs with one answer only; it has a vote for each such example.
    """
    answers_with: dict[str, list[str]] = defaultdict(list)
    for example in prompt.examples:
        for piece in set(split(example.question.text)):
            answers_with[piece].append(example.answer)
    votes: Counter[str] = Counter()
    for piece in set(split(prompt.question.text)):
        answers = answers_with.get(piece, [])
        if len(set(answers)) == 1:
            votes[answers[0]] += len(answers)
    return _pick_winner(votes, prompt)


def _answer_by_rules(prompt: Prompt, match: WordsMatch) -> str:
    if prompt.question.options:
        return _choose_option(prompt.question, match)
    words = split_words(prompt.question.text)
    labels = {example.answer for example in prompt.examples}
    votes = {label: _count_matches(words, KEYWORDS.get(label, ()), match) for label in labels}
    return _pick_winner(votes, prompt)


def _pick_winner(votes: Mapping[str, int], prompt: Prompt) -> str:
    """Return the answer with the most votes; with none, or a tie, the majority answer."""
    best = [answer for answer in votes if votes[answer] == max(votes.values())]
    return best[0] if len(best) == 1 else prompt.majority_answer()


def _choose_option(question: Question, match: WordsMatch) -> str:
    """Return the letter of the option named in the sentence most like the question."""
    *passage, asked = [split_words(part) for part in re.split(r"[.?]\s*|\n", question.text) if part]

    def likeness(letter: str) -> int:
        option_words = split_words(question.options[letter])
        sentences = [words for words in passage if _count_matches(words, option_words, match)]
        return max((_count_matches(asked, words, match) for words in sentences), default=0)

    return max(question.options, key=likeness)


def _count_matches(words: Iterable[str], known: Iterable[str], match: WordsMatch) -> int:
    known_words = tuple(known)
    return sum(any(match(word, other) for other in known_words) for word in words)
