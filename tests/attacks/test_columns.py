"""Every column of every evidence table and read model, changed one at a time by a superuser."""

# ruff: noqa: S608  statements are put together here because attackers do

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import connection

from tests.attacks.vault import VICTIM, Vault

pytestmark = pytest.mark.django_db(transaction=True)

STRANGER = "gen_random_uuid()"
UNSEALED = 12


@dataclass(frozen=True)
class Change:
    """One column set to an SQL expression in one row, and what has to be found and where."""

    table: str
    column: str
    value: str
    where: str
    code: str
    at: int

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


def in_rows(table: str, where: str, at: int, **columns: tuple[str, str]) -> list[Change]:
    return [Change(table, name, value, where, code, at) for name, (value, code) in columns.items()]


ENTRY = in_rows(
    "ledger_entry",
    f"seq = {VICTIM}",
    VICTIM,
    ledger_id=(STRANGER, "E_SEQ"),
    seq=("1000000", "E_SEQ"),
    leaf=(
        "convert_to(replace(convert_from(leaf, 'UTF8'), 'production', 'staging'), 'UTF8')",
        "E_COLUMN",
    ),
    leaf_hash=("sha256(leaf_hash)", "E_COLUMN"),
    prev_hash=("sha256(prev_hash)", "E_COLUMN"),
    kind=("'decision.confirmed'", "E_COLUMN"),
    t=("t + interval '1 microsecond'", "E_COLUMN"),
    rec=("'dec_' || repeat('0', 32)", "E_COLUMN"),
    rn=("rn + 7", "E_COLUMN"),
    src_id=("repeat('0', 32)", "E_COLUMN"),
    src_n=("src_n + 1", "E_COLUMN"),
) + in_rows("ledger_entry", f"seq = {UNSEALED}", UNSEALED, mac=("sha256(mac)", "E_COLUMN"))
PART = in_rows(
    "ledger_part",
    f"seq = {VICTIM} AND name = 'prompt'",
    VICTIM,
    ledger_id=(STRANGER, "E_PART_MISSING"),
    seq=("4", "E_PART_MISSING"),
    name=("'prompt_'", "E_PART_MISSING"),
    digest=("sha256(digest)", "E_COLUMN"),
    **{"class": ("'s'", "E_COLUMN")},
    media=("'text/plain'", "E_COLUMN"),
    state=("'erased'", "E_COLUMN"),
    salt=("sha256(salt)", "E_PART_ALTERED"),
    content=("convert_to('{}', 'UTF8')", "E_PART_ALTERED"),
    erased_seq=("5", "E_COLUMN"),
)
CHECKPOINT = in_rows(
    "ledger_checkpoint",
    "size = 8",
    5,
    ledger_id=(STRANGER, "E_NO_CHECKPOINT"),
    size=("9", "E_COLUMN"),
    note=("overlay(note placing '\\x41'::bytea from octet_length(note) - 9)", "E_SIG"),
)
LEDGER = in_rows(
    "ledger_ledger",
    "true",
    0,
    ledger_id=(STRANGER, "E_EMPTY"),
    workspace_id=(STRANGER, "E_COLUMN"),
    ordinal=("2", "E_COLUMN"),
    origin=("origin || 'x'", "E_LEDGER"),
    state=("'closed'", "E_COLUMN"),
)
TILE = in_rows(
    "ledger_tile",
    "level = 0 AND n = 1",
    256,
    hashes=("overlay(hashes placing '\\xff00ff'::bytea from 1)", "E_TILE"),
    root=("sha256(root)", "E_TILE"),
)
TILE += in_rows("ledger_tile", "level = 0 AND n = 1", 602, level=("1", "E_TILE"), n=("7", "E_TILE"))

# What a change of these columns would not show, and why nothing is lost by it.
NOT_EVIDENCE = {
    "ledger_entry.mac_key": "says which admission key made `mac`; an unknown one stops the notary",
    "ledger_tile.ledger_id": "an absent tile is no damage: tiles are a cache of the leaf hashes",
}
SEALED_MAC = "the notary looks at it before it signs; a sealed entry stands on the signature"
WORKING_STATE = {
    "ledger_notary": "the notary's word to the pages; its memory is its own folder",
    "ledger_idempotency": "keys of requests, kept for days",
    "ledger_job": "progress of long work; a run's result carries the application's mark",
    "ledger_heartbeat": "when a process last lived",
    "ledger_cursor": "how far a follower has read",
    "ledger_search": "copies of words for searching, made again from the entries",
    "ledger_acted": "an index of who acted, made again from the entries",
    "ledger_count": "counters for lists, made again from the entries",
    "ledger_counted": "how far each decision was counted, made again from the entries",
}


@pytest.mark.parametrize(
    "change", [*ENTRY, *PART, *CHECKPOINT, *LEDGER], ids=lambda change: change.name
)
def test_a_changed_column_of_the_evidence_is_found(vault: Vault, expect, change: Change) -> None:
    vault.set_column(change.table, change.column, change.value, change.where)

    expect(vault, f"set {change.name}", change.code, at=change.at)


@pytest.mark.parametrize("change", TILE, ids=lambda change: change.name)
def test_a_changed_column_of_a_tile_is_found(long_vault: Vault, expect, change: Change) -> None:
    long_vault.set_column(change.table, change.column, change.value, change.where)

    expect(long_vault, f"set {change.name}", change.code, at=change.at)


def columns_of(table: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_name = %s AND table_schema = 'public' ORDER BY ordinal_position",
            [table],
        )
        return cursor.fetchall()


OTHER = {
    "uuid": STRANGER,
    "bigint": "coalesce({0}, 0) + 1000",
    "integer": "coalesce({0}, 0) + 1000",
    "text": "coalesce({0}, '') || 'x'",
    "bytea": "sha256(coalesce({0}, '\\x'))",
    "timestamp with time zone": "coalesce({0}, clock_timestamp()) + interval '1 day'",
}
DECISION = [
    *("ledger_id", "seq", "decision_id", "created_at", "service", "decision_type", "status"),
    *("provider", "model", "environment", "risk_tier", "origin", "result", "content_mode"),
    *("parent_id", "recorded_type", "recorded_id", "chain_hash", "content_hash", "verdict"),
    *("verdict_seq", "verdict_at", "verdict_type", "verdict_by", "reason_code", "severity"),
    *("flag_seq", "flagged_at", "reason_seq", "correction_seq", "correction_id", "corrections"),
    "newest_seq",
]
CORRECTION = [
    *("ledger_id", "seq", "correction_id", "decision_id", "decision_seq", "created_at"),
    *("service", "decision_type", "made_type", "made_by", "reason_code", "superseded_seq"),
    "superseded_by",
]


@pytest.mark.parametrize("column", DECISION)
@pytest.mark.parametrize("row", [VICTIM, 4], ids=["judged", "fresh"])
def test_a_changed_column_of_a_decision_is_found(
    vault: Vault, expect, column: str, row: int
) -> None:
    value = OTHER[dict(columns_of("ledger_decision"))[column]].format(column)

    vault.set_column("ledger_decision", column, value, f"seq = {row}")

    name = f"set ledger_decision.{column} ({'judged' if row == VICTIM else 'fresh'})"
    expect(vault, name, "E_PROJECTION", at=row)


@pytest.mark.parametrize("column", CORRECTION)
def test_a_changed_column_of_a_correction_is_found(vault: Vault, expect, column: str) -> None:
    value = OTHER[dict(columns_of("ledger_correction"))[column]].format(column)

    vault.set_column("ledger_correction", column, value, "seq = 7")

    expect(vault, f"set ledger_correction.{column}", "E_PROJECTION", at=7)


@pytest.mark.parametrize("column", ["ledger_id", "digest", "seq"])
def test_any_row_of_an_erasure_that_no_entry_states_is_found(
    vault: Vault, expect, column: str
) -> None:
    row = {"ledger_id": "%s", "digest": "sha256('a')", "seq": str(VICTIM)}
    changed = {"ledger_id": "%s", "digest": "sha256('b')", "seq": "5"}
    row[column] = changed[column]
    columns = ", ".join(row)

    vault.do(
        "ledger_erasure",
        f"INSERT INTO ledger_erasure ({columns}) VALUES ({', '.join(row.values())})",
        vault.ledger.ledger_id,
    )

    expect(vault, f"insert ledger_erasure ({column})", "E_COLUMN", at=int(row["seq"]))


def test_a_sealed_mac_is_no_evidence(vault: Vault, expect) -> None:
    vault.set_column("ledger_entry", "mac", "sha256(mac)", f"seq = {VICTIM}")

    assert still_intact(vault), SEALED_MAC


@pytest.mark.parametrize("name", NOT_EVIDENCE)
def test_a_column_that_is_no_evidence_is_listed_with_its_reason(
    long_vault: Vault, name: str
) -> None:
    table, _, column = name.partition(".")
    value = {"mac_key": "7", "ledger_id": STRANGER}[column]

    long_vault.set_column(table, column, value, "true" if table == "ledger_entry" else "n = 1")

    assert still_intact(long_vault), NOT_EVIDENCE[name]


def still_intact(vault: Vault) -> bool:
    from ledger import integrity

    return integrity.verify_integrity(vault.ledger).verdict.value == "intact"


def test_no_table_and_no_column_was_left_out(vault: Vault) -> None:
    tried = {change.name for change in (*ENTRY, *PART, *CHECKPOINT, *LEDGER, *TILE)}
    tried |= {f"ledger_decision.{name}" for name in DECISION}
    tried |= {f"ledger_correction.{name}" for name in CORRECTION}
    tried |= {f"ledger_erasure.{name}" for name in ("ledger_id", "digest", "seq")}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND table_name LIKE 'ledger\\_%%'"
        )
        there = {f"{table}.{column}" for table, column in cursor.fetchall()}

    evidence = {name for name in there if name.partition(".")[0] not in WORKING_STATE}

    assert evidence == tried | set(NOT_EVIDENCE)
