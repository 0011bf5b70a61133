"""A backup comes back as it was, and what comes back alone does not pass for the whole."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.ledger.notary.test_ceremonies import hold
from tests.ledger.notary.test_crashes import database_url, ended, launch, sizes_of

ENTRIES = "SELECT seq, leaf, mac FROM ledger_entry WHERE ledger_id = %s ORDER BY seq"
PARTS = "SELECT seq, name, salt, content FROM ledger_part WHERE ledger_id = %s ORDER BY seq, name"


@pytest.fixture
def signed(desk, record, settings):
    record()
    assert desk.look() is None
    settings.NOTARY_DIR = str(desk.folder)
    return desk


@pytest.fixture
def empty(settings, monkeypatch) -> Iterator[str]:
    """The name of an empty database on the same server."""
    name = connection.settings_dict["NAME"] + "_empty"
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        # As in production: the role that migrates and restores owns the database.
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0 OWNER loopgrid_owner')
    yield name
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def url_of(name: str, user: str | None = None) -> str:
    ours = connection.settings_dict
    own = database_url().replace("loopgrid_notary", user or ours["USER"], 1)
    return own.replace(f"/{ours['NAME']}", f"/{name}", 1)


def restored_into(name: str, folder: Path, **options) -> None:
    """Restore as the owner of another database would."""
    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        call_command("restore", str(folder), **options)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here


def rows_of(name: str, statement: str, *values):
    with psycopg.connect(url_of(name)) as other:
        return other.execute(statement, values).fetchall()


def test_a_restored_database_is_the_same_to_the_byte(signed, empty, tmp_path, capsys):
    here, ledger = connection.settings_dict["NAME"], signed.ledger.ledger_id
    call_command("backup", str(tmp_path / "b"))

    restored_into(empty, tmp_path / "b", only="database")

    for statement in (ENTRIES, PARTS):
        assert rows_of(empty, statement, ledger) == rows_of(here, statement, ledger)
    sealed = "SELECT note FROM ledger_checkpoint WHERE ledger_id = %s"
    assert rows_of(empty, sealed, ledger) == [(note,) for note in signed.published()]


def test_the_guards_stand_in_a_restored_database(signed, empty, tmp_path):
    call_command("backup", str(tmp_path / "b"), only="database")
    restored_into(empty, tmp_path / "b")

    with (
        psycopg.connect(url_of(empty)) as other,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        other.execute("DELETE FROM ledger_entry")


def test_a_backup_holds_logs_but_no_state_and_keys_only_if_asked_for(signed, tmp_path, capsys):
    call_command("backup", str(tmp_path / "a"), only="notary")
    call_command("backup", str(tmp_path / "b"), only="notary", with_keys=True)

    assert names_in(tmp_path / "a") == {"backup.json", "checkpoints.log"}
    assert names_in(tmp_path / "b") == {"backup.json", "checkpoints.log", "key"}
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "b").rglob("*.log")}
    assert modes == {0o600}


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_an_older_database_beside_the_newer_folder_is_refused(signed, record, empty, tmp_path):
    call_command("backup", str(tmp_path / "b"), only="database")
    record()
    assert signed.look() is None
    signed.stop()
    restored_into(empty, tmp_path / "b")

    child = launch(signed, "publish", "say", url=url_of(empty, "loopgrid_notary"))
    complaint = child.stderr.readline()
    child.send_signal(signal.SIGTERM)
    ended(child)

    assert "N_ROLLBACK" in complaint
    assert rows_of(
        empty, "SELECT alarm FROM ledger_notary WHERE ledger_id = %s", signed.ledger.ledger_id
    ) == [("N_ROLLBACK",)]


def test_a_restored_folder_signs_nothing_before_it_was_rebuilt(signed, record, tmp_path, settings):
    call_command("backup", str(tmp_path / "b"), only="notary", with_keys=True)
    held = next((tmp_path / "b").rglob("checkpoints.log"))
    record()
    assert signed.look() is None
    signed.stop()
    signed.folder = tmp_path / "again"
    settings.NOTARY_DIR = str(signed.folder)
    call_command("restore", str(tmp_path / "b"), only="notary")

    refused = signed.look()
    hold(signed, "rebuild", held=str(held))

    assert (refused, signed.look()) == ("N_STATE", None)
    assert sizes_of(signed.published()) == [3, 4, 5]


def test_nothing_is_restored_over_a_ledger(signed, tmp_path):
    call_command("backup", str(tmp_path / "b"))

    with pytest.raises(CommandError, match="holds a ledger already"):
        call_command("restore", str(tmp_path / "b"), only="database")
    with pytest.raises(CommandError, match="remembers ledgers already"):
        call_command("restore", str(tmp_path / "b"), only="notary")


def test_a_changed_backup_is_not_restored(signed, tmp_path):
    call_command("backup", str(tmp_path / "b"), only="notary")
    log = next((tmp_path / "b").rglob("checkpoints.log"))
    log.write_bytes(log.read_bytes() + b"\n")

    with pytest.raises(CommandError, match="not the file that was backed up"):
        call_command("restore", str(tmp_path / "b"))


def test_a_backup_puts_nothing_beside_the_notarys_folder(signed, tmp_path):
    call_command("backup", str(tmp_path / "b"), only="notary")
    manifest = tmp_path / "b" / "backup.json"
    kept = json.loads(manifest.read_bytes())
    log = next(name for name in kept["files"] if name.endswith("checkpoints.log"))
    (tmp_path / "b" / "escaped").write_bytes((tmp_path / "b" / log).read_bytes())
    kept["files"] = {"notary/../escaped": kept["files"][log]}
    manifest.write_text(json.dumps(kept))

    with pytest.raises(CommandError, match="not the file that was backed up"):
        call_command("restore", str(tmp_path / "b"), only="notary")


def test_a_backup_needs_a_folder_of_its_own(signed, tmp_path):
    with pytest.raises(CommandError, match="not empty"):
        call_command("backup", str(signed.folder))
