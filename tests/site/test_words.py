"""Words that claim more than was checked, in everything a person can read.

Each row carries texts it must accept and texts it must refuse. Route names and JSON keys that the
API of version 0.1 fixed are looked over, since they claim nothing to a reader of pages.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
CODE = ("accounts", "ledger", "replays", "reviews", "compliance", "loopgrid_site", "proof/src")


@dataclass(frozen=True)
class Word:
    """What is never said, and what is said instead."""

    refused: str
    instead: str
    accepts: tuple[str, ...]
    refuses: tuple[str, ...]

    def found_in(self, text: str) -> list[str]:
        return [match[0] for match in re.finditer(self.refused, text, re.IGNORECASE)]


WORDS = (
    Word(
        r"\b(non-?)?compliant\b|\bconformity achieved\b|\bmeets Article\b|\bready for the AI Act\b"
        r"|\bcertified\b|\bapproved\b|\bpass(es|ed) the audit\b",
        "evidenced, partially evidenced, not evidenced, not assessable",
        accepts=("a compliance officer", "two certificates", "approve"),
        refuses=("It is compliant.", "certified by us", "meets Article 12", "approved"),
    ),
    Word(
        r"\bcompliance (report|score)\b",
        "AI decision evidence report; counts by status",
        accepts=("compliance officer",),
        refuses=("Compliance report", "a compliance score"),
    ),
    Word(
        r"\btamper-?proof\b|\bimmutab\w+|\bunforgeable\b|\bcourt-proof\b|\blegally binding\b"
        r"|\bnotari[sz]ed\b",
        "tamper-evident; append-only; recomputed; signed checkpoint",
        accepts=("tamper-evident", "the notary signs"),
        refuses=("tamper-proof", "immutable", "unforgeable", "notarised"),
    ),
    Word(
        r"\ball decisions (are|were) logged\b|\bcomplete record\b",
        "N recorded; gaps known; reconciled or not",
        accepts=("everything was recorded", "12 decisions recorded"),
        refuses=("All decisions are logged.", "a complete record"),
    ),
    Word(
        r"\bintelligent simulation\b|\bAI-powered\b",
        "simulated: no model was called",
        accepts=("AI decisions",),
        refuses=("AI-powered", "an intelligent simulation"),
    ),
    Word(
        r"\bhuman in the loop guaranteed\b|\bbias-free\b|\bfair\b",
        "N of M reviewed by named people",
        accepts=("fairly", "unfair"),
        refuses=("bias-free", "it is fair"),
    ),
    Word(
        r"\bexplains why the model decided\b",
        "shows the record: what went in, what came out, what people did",
        accepts=("it says why the request was refused",),
        refuses=("explains why the model decided",),
    ),
    Word(
        r"\bGDPR-safe\b|\banonymi[sz]ed\b",
        "pseudonymised; erased on …, entry #…",
        accepts=("pseudonymised", "pseudonymous"),
        refuses=("GDPR-safe", "anonymised"),
    ),
    Word(
        r"\bofficial form\b|\bregulator-approved\b",
        "not the authority's official template",
        accepts=("a form",),
        refuses=("the official form", "regulator-approved format"),
    ),
)
# Where a word is another system's own, with the reason.
OTHERS_OWN = {
    ("ledger/api/log.py", "immutable"): "a directive of HTTP's Cache-Control",
}


def documents() -> list[Path]:
    own = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("docs/*.yaml")]
    pages = [*PROJECT.glob("templates/**/*.html"), PROJECT / "static/js/app.js"]
    return sorted([*own, *pages, PROJECT / "proof/README.md", *PROJECT.glob("examples/*.*")])


def code() -> list[Path]:
    found = [path for root in CODE for path in (PROJECT / root).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def texts(path: Path) -> list[str]:
    """The lines of a document; of code what stands in strings, docstrings included."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return text.splitlines()
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
    return [value for value in strings if isinstance(value, str)]


def claims(word: Word, path: Path) -> list[str]:
    name = path.relative_to(PROJECT).as_posix()
    found = [each for text in texts(path) for each in word.found_in(text)]
    return [f"{name}: {each}" for each in found if (name, each.lower()) not in OTHERS_OWN]


@pytest.mark.parametrize("word", WORDS, ids=[word.instead for word in WORDS])
def test_a_word_is_told_from_what_may_be_said(word):
    said = [text for text in word.accepts if word.found_in(text)]
    missed = [text for text in word.refuses if not word.found_in(text)]

    assert (said, missed) == ([], [])


@pytest.mark.parametrize("word", WORDS, ids=[word.instead for word in WORDS])
def test_nothing_that_people_read_claims_more_than_was_checked(word):
    found = [claim for path in [*documents(), *code()] for claim in claims(word, path)]

    assert not found, "\n".join(found)


def test_every_exception_is_needed():
    needed = {
        (name, word)
        for name, word in OTHERS_OWN
        if any(word in text for text in texts(PROJECT / name))
    }

    assert needed == set(OTHERS_OWN)
