"""What a web process refuses to start on, and what it only says."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from loopgrid_site import starting
from loopgrid_site.embedded import checks

GOOD = {
    "server_version_num": "150000",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "remote_apply",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length_on_error": "0",
}


def test_a_durable_and_quiet_server_is_taken_as_it_is() -> None:
    assert starting.faults_of(GOOD) == []
    assert starting.warnings_of(GOOD) == []


def test_an_old_server_is_refused_by_its_version() -> None:
    [fault] = starting.faults_of(GOOD | {"server_version_num": "140013"})

    assert fault == "This is PostgreSQL 14; LoopGrid needs 15 or later."


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_may_forget_is_refused(name: str) -> None:
    [fault] = starting.faults_of(GOOD | {name: "off"})

    assert f"{name} = off" in fault


@pytest.mark.parametrize(
    ("name", "loud"),
    [
        ("log_error_verbosity", "default"),
        ("log_min_error_statement", "error"),
        ("log_statement", "all"),
        ("log_min_duration_statement", "0"),
        ("log_parameter_max_length_on_error", "-1"),
    ],
)
def test_a_server_that_writes_content_into_its_log_is_named(name: str, loud: str) -> None:
    [warning] = starting.warnings_of(GOOD | {name: loud})

    assert f"{name} = {loud}" in warning


@pytest.mark.django_db
def test_the_server_tells_everything_that_is_asked_for() -> None:
    assert starting.server_settings().keys() == GOOD.keys()


def test_a_process_stays_down_on_a_server_that_may_forget(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODE = "production"
    monkeypatch.setattr(starting, "server_settings", lambda: GOOD | {"fsync": "off"})

    with pytest.raises(starting.UnfitDatabase, match="fsync = off"):
        starting.check()

    assert connection.connection is None


def test_a_process_comes_up_while_the_database_is_away(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    connection.close()
    port, connection.settings_dict["PORT"] = connection.settings_dict["PORT"], "1"

    with caplog.at_level(logging.WARNING, logger="loopgrid_site.starting"):
        try:
            starting.check()
        finally:
            connection.settings_dict["PORT"] = port

    assert "the database does not answer at start: OperationalError" in caplog.text


@pytest.mark.parametrize("entry", ["loopgrid_site.wsgi", "loopgrid_site.celery"])
def test_a_process_comes_up_with_the_documented_settings_alone(entry: str) -> None:
    settings = {**checks.PRODUCTION, "PATH": os.environ["PATH"]}

    done = subprocess.run(
        [sys.executable, "-c", f"import {entry}"],
        env=settings,
        cwd=checks.PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
