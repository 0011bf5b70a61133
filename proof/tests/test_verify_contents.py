"""Attacks on what stands beside the leaves: copies, parts, tiles; and on what entries mean."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof.tests.book import ADA, CONSOLE, Book, columns_of

from loopgrid_proof import merkle, verify
from loopgrid_proof.errors import Verdict


def codes(verification):
    return {f.code for f in verification.findings}


def found(verification, code):
    return next(f for f in verification.findings if f.code == code)


@pytest.mark.parametrize(
    "columns", [{"kind": "ledger.heartbeat"}, {"seq": 7}, {"rn": 5}, {"src_n": 1}]
)
def test_a_copy_that_differs_from_its_leaf_is_named(book, columns):
    rows = list(book.rows(columns=True))
    rows[33] = rows[33]._replace(columns=columns_of(book.leaves[33], **columns))

    verification = book.check(rows=rows)

    assert (verification.first_bad, verification.damage) == (33, "projection_altered")


@pytest.mark.parametrize("field", ["salt", "content"])
def test_an_altered_part_is_named(book, field):
    part = book.parts[33][0]
    book.parts[33][0] = part._replace(**{field: bytes(32)})

    verification = book.check()

    assert found(verification, "E_PART_ALTERED").seq == 33
    assert verification.counts["parts_altered"] == 1


def test_swapped_parts_are_altered_at_both_entries(book):
    for field in ("salt", "content"):
        a, b = book.parts[33][0], book.parts[35][0]
        book.parts[33][0] = a._replace(**{field: getattr(b, field)})
        book.parts[35][0] = b._replace(**{field: getattr(a, field)})

    verification = book.check()

    assert [f.seq for f in verification.findings] == [33, 35]


@pytest.mark.parametrize("gone", ["row", "content"])
def test_a_part_that_is_gone_without_erasure_is_missing(book, gone):
    if gone == "row":
        del book.parts[33][0]
    else:
        part = book.parts[33][0]
        book.parts[33][0] = part._replace(salt=None, content=None, state="erased", erased_seq=3)

    verification = book.check()

    assert found(verification, "E_PART_MISSING").seq == 33


def test_a_changed_tile_is_named_with_its_leaf(long_book):
    tile = long_book.tiles[0, 1]
    long_book.tiles[0, 1] = tile._replace(hashes=bytes(32) + tile.hashes[32:])

    verification = long_book.check()

    assert (found(verification, "E_TILE").seq, codes(verification)) == (256, {"E_TILE"})


def test_a_changed_root_of_a_tile_is_named(long_book):
    long_book.tiles[0, 1] = long_book.tiles[0, 1]._replace(root=bytes(32))

    assert found(long_book.check(), "E_TILE").seq == 256


def test_an_upper_tile_is_compared_with_the_tile_below(long_book):
    wrong = bytes(32) * 256
    long_book.tiles[1, 0] = verify.Tile(wrong, bytes(32))

    verification = long_book.check()

    assert found(verification, "E_TILE").seq == 0


def test_a_superseding_entry_for_another_decision_is_unfitting():
    book = Book().open()
    book.decide(1)
    book.decide(2)
    flag = book.add("decision.marked_incorrect", ADA, rec=f"dec_{1:032x}")
    book.add(
        "verdict.superseded",
        ADA,
        rec=f"dec_{2:032x}",
        refs={"target": flag},
        parts={"reason": ("p", b'""')},
    )
    book.seal()

    verification = book.check()

    assert (found(verification, "E_REF").seq, verification.damage) == (5, "not_allowed")


@pytest.mark.parametrize(
    ("old", "superseding", "new"),
    [
        ("decision.marked_incorrect", "verdict.superseded", "correction.attached"),
        ("decision.marked_incorrect", "verdict.superseded", "decision.confirmed"),
        ("correction.attached", "correction.superseded", "decision.marked_incorrect"),
        ("correction.attached", "correction.superseded", "correction.attached"),
    ],
)
def test_any_verdict_or_correction_may_take_the_place_of_another(old, superseding, new):
    book = Book().open()
    book.decide(1)
    target, by = (judge(book, kind) for kind in (old, new))
    reason = {"reason": ("p", b'""')}
    refs = {"target": target, "by": by}
    book.add(superseding, ADA, rec=f"dec_{1:032x}", refs=refs, parts=reason)
    book.seal()

    assert book.check().verdict is Verdict.INTACT


def test_an_entry_that_is_no_verdict_takes_no_place():
    book = Book().open()
    recorded = book.decide(1)
    target = judge(book, "decision.marked_incorrect")
    reason = {"reason": ("p", b'""')}
    refs = {"target": target, "by": recorded}
    book.add("verdict.superseded", ADA, rec=f"dec_{1:032x}", refs=refs, parts=reason)
    book.seal()

    assert found(book.check(), "E_REF").seq == 4


def judge(book, kind):
    """Append a flag, confirmation or correction of decision 1 and return its number."""
    if kind != "correction.attached":
        return book.add(kind, ADA, rec=f"dec_{1:032x}")
    refs = {"correction": f"cor_{len(book.leaves):032x}"}
    parts = {"correction": ("p", b"{}")}
    return book.add(kind, ADA, rec=f"dec_{1:032x}", refs=refs, parts=parts)


def test_a_disowned_entry_is_printed_and_its_meaning_skipped():
    book = Book().open()
    book.add("decision.confirmed", ADA, rec=f"dec_{2:032x}")
    book.add(
        "ledger.disowned",
        CONSOLE,
        facts={"code": "N_ADMISSION"},
        refs={"entries": [2]},
        parts={"grounds": ("p", b'"no mac"')},
    )
    book.seal()

    verification = book.check()

    assert codes(verification) == {"W_DISOWNED"}
    assert verification.verdict is Verdict.INTACT


def test_a_record_with_a_hole_is_reported():
    book = Book().open()
    book.decide(1)
    book.add("decision.confirmed", ADA, rec=f"dec_{1:032x}")
    book.rewrite(3, change=lambda h: h.update(rn=2))
    book.seal()

    assert found(book.check(), "E_REC_ORDINAL").seq == 3


def test_the_hash_pass_gives_the_root_and_names_altered_parts(book):
    part = book.parts[33][0]
    book.parts[33][0] = part._replace(content=b"{}")
    rows = [(r.leaf, [(p.salt, p.content) for p in r.parts]) for r in book.rows()]
    tree = merkle.CompactRange()

    altered = verify.hash_pass(rows, tree)

    assert (altered, tree.root()) == ([33], book.check().root)


SMALL = Book().open()
for number in range(8):
    SMALL.decide(number)
    SMALL.seal()


@settings(max_examples=400)
@given(st.data())
def test_no_flipped_bit_of_a_leaf_or_note_leaves_a_ledger_intact(data):
    leaves, notes = list(SMALL.leaves), [note for _, note in SMALL.notes]
    chosen = data.draw(st.sampled_from([leaves, notes]))
    place = data.draw(st.integers(0, len(chosen) - 1))
    raw = bytearray(chosen[place])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    chosen[place] = bytes(raw)

    verification = SMALL.check(
        verify.Circumstances(offline=True),
        rows=map(verify.Row, leaves),
        checkpoints=[(size, note) for (size, _), note in zip(SMALL.notes, notes)],
    )

    assert verification.verdict is not Verdict.INTACT
