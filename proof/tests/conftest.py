"""The ledgers that the tests damage."""

import pytest
from proof.tests.book import ADA, Book


@pytest.fixture
def book():
    """A ledger of two hundred decisions with verdicts, sealed every twenty entries."""
    book = Book().open()
    for number in range(90):
        book.decide(number)
        if number % 10 == 0:
            flag = book.add(
                "decision.marked_incorrect",
                ADA,
                rec=f"dec_{number:032x}",
                facts={"sev": "high"},
                refs={"seen": len(book.leaves) - 1},
            )
            book.add(
                "verdict.superseded",
                ADA,
                rec=f"dec_{number:032x}",
                refs={"target": flag},
                parts={"reason": ("p", b'"a mistake"')},
            )
    for size in range(20, len(book.leaves) + 1, 20):
        book.seal(size)
    book.seal()
    return book


@pytest.fixture
def long_book():
    """Six hundred decisions, sealed every hundred entries, with tiles."""
    book = Book().open()
    for number in range(600):
        book.decide(number, src=("5" * 32, number + 1))
    for size in range(100, len(book.leaves) + 1, 100):
        book.seal(size)
    book.seal()
    book.store_tiles()
    return book
