"""The embedded database: started, stopped, killed, and what it keeps to itself."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest

from loopgrid_site.embedded import postgres


@pytest.fixture
def folder():
    """A folder that the user `nobody` can walk to, which pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="loopgrid-pg-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(folder):
    made = server_in(folder)
    made.start()
    yield made
    made.stop()


def server_in(folder, **options):
    return postgres.PostgresServer(
        folder / "postgres",
        sockets=folder / "sockets",
        log=folder / "postgres.log",
        environment=dict(os.environ),
        **options,
    )


def setting(server, name):
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]


def test_a_started_database_is_durable_and_listens_on_no_network(server):
    found = [setting(server, name) for name in ("fsync", "full_page_writes", "listen_addresses")]

    assert found == ["on", "on", ""]


def test_only_a_test_database_gives_up_durability(folder):
    server = server_in(folder, durable=False)

    server.start()

    assert setting(server, "fsync") == "off"
    server.stop()


def test_the_log_holds_no_value_of_a_failed_statement(server):
    with psycopg.connect(server.url()) as connection, pytest.raises(psycopg.Error):
        connection.execute(
            "CREATE TEMP TABLE t (a text CHECK (a = '')); INSERT INTO t VALUES ('s3cret')"
        )

    assert "s3cret" not in server.log.read_text()


def test_nobody_else_can_enter_the_folder_of_the_socket(server):
    assert server.sockets.stat().st_mode & 0o077 == 0


def test_rows_outlive_a_killed_server(server):
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    server.child.kill()
    server.child.wait()

    server.start()

    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)


def test_a_pid_file_that_names_a_stranger_does_not_hinder_the_start(server):
    server.stop()
    (server.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{server.folder}\n")

    server.start()

    assert server.is_running()


def test_a_start_waits_for_the_server_that_is_still_stopping(server, folder):
    server.child.send_signal(signal.SIGINT)
    second = server_in(folder)

    second.start()

    assert second.is_running()
    second.stop()


def test_half_a_cluster_is_not_taken_for_one(folder):
    (folder / "postgres.making").mkdir()
    (folder / "postgres.making" / "PG_VERSION").write_text("18\n")
    server = server_in(folder)

    server.start()

    assert server.is_running()
    server.stop()


def test_data_of_another_version_is_refused_with_both_versions(server):
    server.stop()
    (server.folder / "PG_VERSION").write_text("17\n")

    with pytest.raises(postgres.DatabaseFault, match=r"PostgreSQL 17.*PostgreSQL 18"):
        server.start()


def test_a_session_of_the_owner_takes_its_role_at_once(server):
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE loopgrid_owner NOLOGIN")

    with psycopg.connect(server.owner_url()) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("loopgrid_owner",)


def test_programs_are_copied_where_every_user_can_run_them(tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "COPIES", tmp_path)

    copied = postgres.copy_binaries(postgres.wheel_binaries())

    assert os.access(copied / "postgres", os.X_OK)
    assert postgres.copy_binaries(postgres.wheel_binaries()) == copied
