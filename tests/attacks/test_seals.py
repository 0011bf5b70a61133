"""Checkpoints, keys, parts and what stands around the entries."""

# ruff: noqa: S608  statements are put together here because attackers do

from __future__ import annotations

import pytest

from ledger import integrity
from tests.attacks.vault import VICTIM, Foreign, Vault
from tests.support.cast import clock, make_workspace
from tests.support.notary import Desk, without_guards

pytestmark = pytest.mark.django_db(transaction=True)


def change_note(vault: Vault, size: int, change) -> None:
    (note,) = vault.ask(
        "SELECT note FROM ledger_checkpoint WHERE ledger_id = %s AND size = %s", size
    )[0]
    vault.do(
        "ledger_checkpoint",
        "UPDATE ledger_checkpoint SET note = %s WHERE ledger_id = %s AND size = %s",
        change(bytes(note)),
        vault.ledger.ledger_id,
        size,
    )


def line(number: int, text: bytes):
    def change(note: bytes) -> bytes:
        lines = note.split(b"\n")
        lines[number] = text
        return b"\n".join(lines)

    return change


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("origin line", line(0, b"grid.example/else"), "E_SIG"),
        ("size line", line(1, b"7"), "E_SIG"),
        ("root line", line(2, b"A" * 43 + b"="), "E_SIG"),
        ("no blank line", lambda note: note.replace(b"\n\n", b"\n"), "E_NOTE"),
        ("a control character", lambda note: b"\x00" + note, "E_NOTE"),
        ("empty", lambda _note: b"", "E_NOTE"),
        ("65 signature lines", lambda note: note + note.split(b"\n\n")[1] * 64, "E_NOTE"),
    ],
)
def test_an_edited_checkpoint_no_longer_counts(vault, expect, name, change, code):
    change_note(vault, 8, change)

    expect(vault, f"checkpoint 8: {name}", code, at=5, kind="signature_invalid")


def test_a_genuine_checkpoint_of_another_ledger_is_named(vault, expect, tmp_path):
    other = make_workspace("other")
    desk = Desk(other.ledger, tmp_path / "other")
    desk.look()
    note = desk.published()[0]
    desk.stop()

    change_note(vault, 2, lambda _note: note)

    expect(vault, "checkpoint 2: a genuine one of another ledger", "E_ORIGIN", at=0)


def test_a_larger_checkpoint_by_a_foreign_key_is_no_signature(vault, expect):
    note = Foreign(vault.ledger.origin).note(99, bytes(32))

    vault.do(
        "ledger_checkpoint",
        "INSERT INTO ledger_checkpoint (ledger_id, size, note) VALUES (%s, 99, %s)",
        vault.ledger.ledger_id,
        note,
    )

    expect(vault, "insert a larger checkpoint, foreign key", "E_SIG", at=12)


@pytest.mark.parametrize("size", [2, 8, 12])
def test_a_deleted_checkpoint_is_missed_by_the_notarys_log(vault, expect, size):
    begin = max([0, *(one for one in vault.sizes if one < size)])
    vault.do(
        "ledger_checkpoint",
        "DELETE FROM ledger_checkpoint WHERE ledger_id = %s AND size = %s",
        vault.ledger.ledger_id,
        size,
    )

    expect(vault, f"delete checkpoint {size}", "E_NO_CHECKPOINT", at=begin)


def test_all_checkpoints_deleted_are_missed_without_the_notarys_log_too(vault, expect, settings):
    settings.NOTARY_DIR = None
    vault.do(
        "ledger_checkpoint",
        "DELETE FROM ledger_checkpoint WHERE ledger_id = %s",
        vault.ledger.ledger_id,
    )

    expect(vault, "delete all checkpoints, notary elsewhere", "E_NO_CHECKPOINT", at=0)


def test_swapped_parts_are_altered_at_both_entries(vault, expect):
    with without_guards("ledger_part") as cursor:
        cursor.execute(
            "UPDATE ledger_part p SET salt = o.salt, content = o.content FROM ledger_part o"
            " WHERE p.ledger_id = %s AND o.ledger_id = p.ledger_id AND p.name = 'input'"
            " AND o.name = 'output' AND p.seq = o.seq AND p.seq IN (2, 4)",
            [vault.ledger.ledger_id],
        )

    result = expect(vault, "swap parts of #2 and #4", "E_PART_ALTERED", at=2)
    assert {f.seq for f in result.verification.findings} == {2, 4}


def test_a_part_removed_without_an_erasure_is_missing(vault, expect):
    vault.do(
        "ledger_part",
        "DELETE FROM ledger_part WHERE ledger_id = %s AND seq = %s AND name = 'input'",
        vault.ledger.ledger_id,
        VICTIM,
    )

    expect(vault, "delete a part", "E_PART_MISSING", at=VICTIM, kind="part_missing")


def test_a_part_that_claims_to_be_erased_is_missing(vault, expect):
    vault.do(
        "ledger_part",
        "UPDATE ledger_part SET state = 'erased', salt = NULL, content = NULL, erased_seq = 5"
        " WHERE ledger_id = %s AND seq = %s AND name = 'input'",
        vault.ledger.ledger_id,
        VICTIM,
    )

    expect(vault, "mark a part erased", "E_PART_MISSING", at=VICTIM)


def test_a_surplus_part_is_named(vault, expect):
    vault.do(
        "ledger_part",
        "INSERT INTO ledger_part (ledger_id, seq, name, digest, class, media, salt, content)"
        " VALUES (%s, %s, 'zzz', sha256('x'), 'p', 'text/plain', sha256('y'), 'z')",
        vault.ledger.ledger_id,
        VICTIM,
    )

    expect(vault, "insert a part", "E_COLUMN", at=VICTIM)


@pytest.mark.parametrize("table", ["ledger_decision", "ledger_correction"])
def test_a_row_that_no_entry_made_is_named(vault, expect, table):
    columns = [name for (name,) in columns_of(vault, table)]
    unique = {"seq": "6", "decision_id": "'dec_x'", "correction_id": "'cor_x'"}
    shown = ", ".join(unique.get(name, name) for name in columns)

    vault.do(
        table,
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {shown} FROM {table}"
        " WHERE ledger_id = %s LIMIT 1",
        vault.ledger.ledger_id,
    )

    expect(vault, f"insert a row of {table}", "E_PROJECTION", at=6)


def columns_of(vault: Vault, table: str) -> list[tuple[str]]:
    return vault.ask(
        "SELECT column_name FROM information_schema.columns"
        " WHERE %s::uuid IS NOT NULL AND table_name = %s AND table_schema = 'public'",
        table,
    )


@pytest.mark.parametrize(("table", "at"), [("ledger_decision", 2), ("ledger_correction", 7)])
def test_deleted_rows_of_a_read_model_are_missed(vault, expect, table, at):
    vault.do(table, f"DELETE FROM {table} WHERE ledger_id = %s", vault.ledger.ledger_id)

    expect(vault, f"delete all rows of {table}", "E_PROJECTION", at=at)


def test_an_open_alarm_of_the_notary_makes_the_verdict_unproven(vault, expect):
    vault.do(
        "ledger_notary",
        "UPDATE ledger_notary SET alarm = 'N_SPLIT' WHERE ledger_id = %s",
        vault.ledger.ledger_id,
    )

    expect(vault, "an open alarm of the notary", "U_ALARM", at=None)


def test_a_ledger_row_deleted_is_missed_by_whoever_asks_for_the_workspace(vault):
    with without_guards("ledger_ledger") as cursor:
        cursor.execute("DELETE FROM ledger_ledger WHERE ledger_id = %s", [vault.ledger.ledger_id])

    result = integrity.verify_slug(vault.workspace.slug, clock=clock)

    assert result.finding is not None
    assert (result.verdict.value, result.finding.code) == ("broken", "E_EMPTY")


@pytest.mark.parametrize(
    ("name", "leaf"),
    [
        ("white space", b'{"a" : 1}'),
        ("not JSON", b"{{{"),
        ("not UTF-8", b"\xff\xfe\xfd"),
        ("60,000 brackets", b"[" * 60_000),
        ("a float", b'{"seq":1.0}'),
        ("an exponent", b'{"seq":1e2}'),
        ("NaN", b'{"seq":NaN}'),
        ("a number too large", b'{"seq":9007199254740993}'),
        ("a lone surrogate", b'{"seq":"\\ud800"}'),
        ("null", b'{"seq":null}'),
        ("no object", b"[]"),
        ("a duplicate key", b'{"a":1,"a":2}'),
    ],
)
def test_a_leaf_that_cannot_be_read_is_a_finding_at_its_number(vault, expect, name, leaf):
    vault.store({5: leaf}, columns=False)

    code = {"white space": "E_CANON", "null": "E_PROFILE", "a duplicate key": "E_CANON"}
    wanted = code.get(name, "E_PROFILE" if name == "no object" else "E_PARSE")
    expect(vault, f"leaf of #5: {name}", wanted, at=5)


@pytest.mark.parametrize(
    "content", ["repeat('[', 60000)::bytea", "'\\xff'::bytea", "'nope'::bytea", "''::bytea", "NULL"]
)
def test_a_content_that_cannot_be_read_is_altered_and_no_crash(vault, expect, content):
    vault.set_column("ledger_part", "content", content, f"seq = {VICTIM} AND name = 'input'")

    code = "E_PART_MISSING" if content == "NULL" else "E_PART_ALTERED"
    expect(vault, f"set content to {content}", code, at=VICTIM)


@pytest.mark.parametrize("value", ["'infinity'", "'-infinity'", "'4000-01-01 BC'"])
def test_a_time_that_no_calendar_has_is_a_copy_that_differs(vault, expect, value):
    vault.set_column("ledger_entry", "t", value, "seq = 5")

    expect(vault, f"set t of #5 to {value}", "E_COLUMN", at=5)


@pytest.mark.parametrize("seq", ["-5", "9223372036854775806"])
def test_a_number_beyond_all_ranges_is_found(vault, expect, seq):
    vault.set_column("ledger_entry", "seq", seq, "seq = 5")

    expect(vault, f"set seq of #5 to {seq}", "E_COLUMN", at=5 if seq[0] != "-" else 0)
