"""Attacks on a stored ledger, and what each is called."""

import json

import pytest
from proof.tests.book import ORIGIN, Book, Key

from loopgrid_proof import canonical, verify
from loopgrid_proof.errors import Verdict


def codes(verification):
    return {f.code for f in verification.findings}


def found(verification, code):
    return next(f for f in verification.findings if f.code == code)


def test_an_honest_ledger_is_intact(book):
    verification = book.check()

    assert verification.findings == ()
    assert verification.verdict is Verdict.INTACT
    assert verification.sealed_size == verification.size == len(book.leaves)


def test_a_changed_entry_is_named_by_the_link_behind_it(book):
    book.rewrite(33, rechain=False, env="other")

    verification = book.check()

    assert found(verification, "E_PREV").seq == 34
    assert verification.first_bad == 33


def test_a_rechained_history_is_placed_between_two_checkpoints(book):
    book.rewrite(33, env="other")

    verification = book.check()

    wrong = found(verification, "E_ROOT_RANGE")
    assert (wrong.frm, wrong.to, verification.first_bad) == (20, 40, 20)
    assert verification.damage == "rewritten"


def test_a_tile_that_remembers_the_old_leaf_names_the_entry(long_book):
    long_book.rewrite(333, env="other")

    verification = long_book.check()

    assert found(verification, "E_ROOT_RANGE").suspect == 333
    assert "E_TILE" not in codes(verification)
    assert verification.first_bad == 333


def test_a_receipt_that_remembers_the_old_leaf_names_the_entry(book):
    old = book.hashes()[33]
    book.rewrite(33, env="other")

    verification = book.check(receipts={33: (old, "2026-11-24T09:00:34.000000Z")})

    assert found(verification, "E_RECEIPT").seq == 33
    assert verification.first_bad == 33


def test_a_foreign_key_cannot_sign_a_rewritten_history(book):
    book.rewrite(33, env="other")
    foreign = Key("foreign")
    book.notes = [(s, n if s <= 20 else book.note(s, [foreign])) for s, n in book.notes]

    verification = book.check()

    wrong = found(verification, "E_SIG")
    assert (wrong.frm, wrong.to) == (20, 40)


@pytest.mark.parametrize("seq", [0, 1, 50, 107])
def test_a_deleted_entry_is_a_gap_at_its_number(book, seq):
    rows = [row for n, row in enumerate(book.rows()) if n != seq]

    verification = book.check(rows=rows)

    wrong = found(verification, "E_SEQ")
    assert (wrong.seq, wrong.damage, verification.first_bad) == (seq, "deleted", seq)


def test_a_missing_older_half_is_a_gap_from_the_beginning(book):
    verification = book.check(rows=list(book.rows())[50:])

    assert (verification.first_bad, verification.damage) == (0, "deleted")


@pytest.mark.parametrize("change", ["delete", "insert"])
def test_a_renumbered_ledger_is_placed_between_two_checkpoints(book, change):
    if change == "delete":
        del book.leaves[50], book.parts[50]
    else:
        book.leaves.insert(50, book.leaves[50])
        book.parts.insert(50, book.parts[50])
    book.rechain(50)

    verification = book.check()

    wrong = found(verification, "E_ROOT_RANGE")
    assert (wrong.frm, wrong.to) == (40, 60)


def test_two_swapped_neighbours_are_one_finding(book):
    rows = list(book.rows())
    rows[50], rows[51] = rows[51], rows[50]

    verification = book.check(rows=rows)

    assert (verification.first_bad, verification.damage) == (50, "reordered")
    assert [f.code for f in verification.findings] == ["E_SEQ"]


def test_a_time_that_goes_back_is_misdated(book):
    book.rewrite(33, change=lambda h: h.update(t="2021-01-01T00:00:00.000000Z"))

    verification = book.check()

    assert found(verification, "E_TIME").seq == 33
    assert verification.first_bad == 33


def test_a_deleted_tail_is_shorter_than_its_checkpoint(book):
    verification = book.check(rows=list(book.rows())[:95])

    assert found(verification, "E_TRUNCATED").seq == 95


def test_a_tail_cut_at_a_signed_boundary_is_intact_to_the_key_alone(book):
    rows, kept = list(book.rows())[:60], [n for n in book.notes if n[0] <= 60]

    verification = book.check(rows=rows, checkpoints=kept)

    assert verification.verdict is Verdict.INTACT


def test_a_held_checkpoint_shows_a_tail_cut_at_a_boundary(book):
    held = [verify.checkpoint_of(book.note())]
    rows, kept = list(book.rows())[:60], [n for n in book.notes if n[0] <= 60]

    verification = book.check(rows=rows, checkpoints=kept, held=held)

    assert found(verification, "E_TRUNCATED_VS_HELD").seq == 60


def test_a_held_checkpoint_shows_a_history_signed_again(book):
    held = [verify.checkpoint_of(book.note(60))]
    book.rewrite(33, env="other")
    book.notes = [(s, book.note(s)) for s, _ in book.notes]

    verification = book.check(held=held)

    assert found(verification, "E_FORK_VS_HELD").to == 60


def test_entries_behind_the_last_checkpoint_do_not_count_offline(book):
    book.decide(500)

    verification = book.check(verify.Circumstances(offline=True))

    assert found(verification, "E_UNSIGNED_TAIL").seq == len(book.leaves) - 1


def test_entries_behind_the_last_checkpoint_are_normal_in_a_running_ledger(book):
    book.decide(500)

    assert book.check().verdict is Verdict.INTACT


@pytest.mark.parametrize(
    ("rows", "notes", "code"), [([], [], "E_EMPTY"), (None, [], "E_NO_CHECKPOINT")]
)
def test_nothing_to_check_is_never_intact_offline(book, rows, notes, code):
    verification = book.check(verify.Circumstances(offline=True), rows=rows, checkpoints=notes)

    assert code in codes(verification)


def test_without_a_trusted_key_nothing_is_proven(book):
    verification = book.check(trusted=[])

    assert verification.verdict is Verdict.UNPROVEN
    assert codes(verification) == {"U_NO_TRUSTED_KEY"}


def test_an_entry_of_another_ledger_is_named(book):
    other = Book("grid.example/other").open()
    book.leaves[33] = other.leaves[1]

    verification = book.check()

    assert found(verification, "E_LEDGER").seq == 33
    assert verification.first_bad == 33


@pytest.mark.parametrize("junk", [b"{", b"", b"\xff" * 20, b"[" * 60_000, b'{"seq":7}', b"[]"])
def test_one_undecodable_row_is_a_finding_at_its_number(book, junk):
    book.leaves[33] = junk

    verification = book.check()

    assert verification.verdict is Verdict.BROKEN
    assert verification.first_bad == 33


def test_an_unknown_kind_leaves_the_chain_checked_and_the_verdict_open(book):
    book = Book().open()
    book.decide(1)
    book.rewrite(2, change=lambda h: h.update(k="meal.served"))
    book.seal()

    verification = book.check()

    assert verification.verdict is Verdict.UNPROVEN
    assert (found(verification, "U_REGISTRY").seq, verification.first_bad) == (2, 2)


def test_a_later_header_version_still_enters_chain_and_tree():
    book = Book().open()
    book.decide(1)
    book.decide(2)
    book.rewrite(2, change=lambda h: h.update(v=2))
    book.seal()

    verification = book.check()

    assert codes(verification) == {"U_VERSION"}
    assert verification.sealed_size == 4


def test_an_open_alarm_and_a_silent_notary_leave_the_verdict_open(book):
    book.decide(500)
    now = verify.instant("2026-11-24T10:00:00.000000Z")

    verification = book.check(verify.Circumstances(as_of=now, alarm="N_ENTRY"))

    assert codes(verification) == {"U_ALARM", "U_UNSEALED", "U_STALE"}
    assert verification.verdict is Verdict.UNPROVEN


def test_the_verdict_can_be_written_as_json(book):
    text = json.dumps(book.check().as_json())

    assert json.loads(text)["origin"] == ORIGIN
    assert canonical.canonical_bytes(json.loads(text))
