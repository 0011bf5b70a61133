"""Ranges, resumed walks and keys: the same verdict whichever way a ledger is walked."""

import json

import pytest
from proof.tests.book import CONSOLE, NOTARY, Book, Key

from loopgrid_proof import merkle, notes, verify
from loopgrid_proof.errors import UsageError, Verdict
from loopgrid_proof.meaning import Tallies


def codes(verification):
    return {f.code for f in verification.findings}


def walk(book, state, end):
    begin = state.size
    seals = [n for n in book.notes if begin < n[0] <= end]
    check = verify.LedgerCheck(state, book.sources(checkpoints=seals))
    check.feed(list(book.rows())[begin:end])
    return check.finish()


def claim(book, begin):
    tree = merkle.CompactRange()
    tree.extend(book.hashes()[:begin])
    special = [leaf for leaf in book.leaves[:begin] if b'"ledger.genesis"' in leaf]
    special += [leaf for leaf in book.leaves[:begin] if b'"key.' in leaf]
    return verify.WalkState.claim(book.origin, tree, book.leaves[begin - 1], special)


def walk_in_ranges(book, cuts):
    """Return the verdict of workers that all start at once, walking again where they must."""
    bounds = [0, *cuts, len(book.leaves)]
    states = [claim(book, cut) if cut else verify.WalkState(book.origin) for cut in bounds[:-1]]
    results = [walk(book, state, end) for state, end in zip(states, bounds[1:])]
    whole = results[0]
    for right, end in zip(results[1:], bounds[2:]):
        met = verify.meets(whole, right.start)
        whole = verify.join(whole, right if met else walk(book, whole.state.copy(), end))
    return verify.conclude(whole)


def test_ranges_give_the_verdict_of_one_walk(long_book):
    alone = long_book.check()

    joined = walk_in_ranges(long_book, [256, 512])

    assert joined == alone
    assert joined.verdict is Verdict.INTACT


@pytest.mark.parametrize("seq", [10, 255, 256, 300, 511, 599])
def test_ranges_place_a_rewritten_history_where_one_walk_does(long_book, seq):
    old = merkle.CompactRange()
    old.extend(long_book.hashes()[:256])
    long_book.rewrite(seq, env="other")
    alone = long_book.check()

    joined = walk_in_ranges(long_book, [256, 512])

    assert joined == alone
    assert (joined.verdict, joined.first_bad) == (Verdict.BROKEN, alone.first_bad)


@pytest.mark.parametrize("seq", [10, 256, 300])
def test_ranges_place_a_plain_change_where_one_walk_does(long_book, seq):
    long_book.rewrite(seq, rechain=False, env="other")

    assert walk_in_ranges(long_book, [256, 512]) == long_book.check()


def test_ranges_that_do_not_meet_are_not_joined(long_book):
    left = walk(long_book, verify.WalkState(long_book.origin), 256)
    right = walk(long_book, claim(long_book, 300), 400)

    with pytest.raises(UsageError):
        verify.join(left, right)


def test_a_walk_goes_on_from_its_saved_state(long_book):
    first = walk(long_book, verify.WalkState(long_book.origin), 333)
    saved = json.loads(json.dumps(first.state.as_json()))

    verification = verify.conclude(
        walk(long_book, verify.WalkState.from_json(saved), len(long_book.leaves))
    )

    assert verification.verdict is Verdict.INTACT
    assert verification.root == merkle.root_of(long_book.hashes())
    assert verification.counts["entries"] == len(long_book.leaves) - 333


def test_a_walk_that_goes_on_sees_an_entry_that_does_not_follow(long_book):
    state = walk(long_book, verify.WalkState(long_book.origin), 333).state
    long_book.rewrite(332, env="other")

    verification = verify.conclude(walk(long_book, state, len(long_book.leaves)))

    assert (verification.verdict, verification.first_bad) == (Verdict.BROKEN, 332)


def test_a_state_of_another_format_is_refused():
    with pytest.raises(UsageError):
        verify.WalkState.from_json({"format": "loopgrid.walk/v9"})


def rotated():
    """A ledger that went from one key to a second one, with an overlap."""
    book, second = Book().open(), Key("second")
    book.decide(1)
    book.seal()
    book.add("key.added", NOTARY, refs={"vkey": second.vkey.text})
    book.seal(keys=[book.key, second])
    book.add("key.retired", NOTARY, refs={"vkey": book.key.vkey.text})
    book.seal(keys=[second])
    return book, second


@pytest.mark.parametrize("pin", [0, 1])
def test_a_rotated_key_is_trusted_from_either_end(pin):
    book, second = rotated()

    verification = book.check(trusted=[[book.key.vkey, second.vkey][pin]])

    assert verification.verdict is Verdict.INTACT
    assert verification.sealed_size == 5


def test_a_retired_key_no_longer_counts():
    book, _ = rotated()
    book.decide(2)
    book.seal()

    assert codes(book.check()) == {"E_KEY_WINDOW"}


def test_a_pinned_key_does_not_count_before_it_was_added():
    book, second = Book().open(), Key("second")
    book.seal(keys=[second])
    book.add("key.added", NOTARY, refs={"vkey": second.vkey.text})
    book.seal(keys=[second])

    assert codes(book.check(trusted=[second.vkey])) == {"E_KEY_WINDOW"}


@pytest.mark.parametrize(
    ("size", "active"), [(1, False), (2, True), (5, True), (6, False), (9, False)]
)
def test_a_key_counts_from_the_entry_that_added_it_to_the_one_that_retired_it(size, active):
    events = [notes.KeyEvent(1, "added", "k"), notes.KeyEvent(5, "retired", "k")]

    assert notes.is_active("k", size, events) is active
    assert notes.is_active("other", size, events) is None


def test_a_revoked_key_does_not_count_above_the_last_trusted_size():
    book, second = rotated()
    refs = {"vkey": second.vkey.text, "from": 5}
    book.decide(2)
    book.seal(keys=[second])
    book.add("key.revoked", CONSOLE, refs=refs, parts={"grounds": ("p", b'"stolen"')})

    assert codes(book.check()) == {"E_KEY_WINDOW"}


def test_a_key_that_only_vouches_for_itself_is_not_trusted():
    book, foreign = Book().open(), Key("foreign")
    book.seal()
    book.add("key.added", NOTARY, refs={"vkey": foreign.vkey.text})
    book.seal(keys=[foreign])

    assert codes(book.check()) == {"E_SIG"}


def test_a_false_line_of_a_known_key_fells_the_whole_note(book):
    size, note = book.notes[2]
    good = note.decode().splitlines()[-1]
    book.notes[2] = (size, note + (good[:-8] + "AAAAAAA=").encode() + b"\n")

    verification = book.check()

    assert codes(verification) == {"E_SIG"}
    assert (verification.findings[0].frm, verification.findings[0].to) == (40, 60)


@pytest.mark.parametrize(("change", "code"), [("origin", "E_SIG"), ("root", "E_SIG")])
def test_an_edited_checkpoint_is_no_longer_signed(book, change, code):
    size, note = book.notes[2]
    lines = note.decode().split("\n")
    lines[0 if change == "origin" else 2] = "grid.example/else" if change == "origin" else "A" * 43
    if change == "root":
        lines[2] += "="
    book.notes[2] = (size, "\n".join(lines).encode())

    assert codes(book.check()) == {code}


def test_a_checkpoint_of_another_ledger_is_named(book):
    other = Book("grid.example/other").open()
    book.notes[0] = (20, other.note())

    assert codes(book.check()) == {"E_ORIGIN"}


def test_a_size_copy_that_differs_is_named(book):
    book.notes[2] = (61, book.notes[2][1])

    assert codes(book.check()) == {"E_COLUMN"}


@pytest.mark.parametrize("junk", [b"", b"x\n\n", b"\x00", b"a\n1\nb\n\n\xe2\x80\x94 a AAAA\n"])
def test_a_note_that_cannot_be_read_is_named(book, junk):
    book.notes[2] = (60, junk)

    assert codes(book.check()) == {"E_NOTE"}


def test_source_numbers_are_counted_in_memory_where_no_database_does():

    book = Book().open()
    for number, n in enumerate([1, 2, 5, 5, 3]):
        book.decide(number, src=("5" * 32, n))
    book.seal()

    verification = book.check(tallies=Tallies())

    assert codes(verification) == {"E_SRC"}
    assert verification.first_bad == 5
