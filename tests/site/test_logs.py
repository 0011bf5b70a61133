"""A log line that a machine reads."""

from __future__ import annotations

import json
import logging

from loopgrid_site import apps, env
from loopgrid_site.logs import JsonLines


def record(message, *values, error=None):
    return logging.LogRecord("ledger.notary", logging.WARNING, "here", 1, message, values, error)


def test_a_line_is_one_json_object():
    line = JsonLines().format(record("lag of %d s\non two lines", 3))

    found = json.loads(line)
    assert "\n" not in line
    assert (found["level"], found["logger"]) == ("warning", "ledger.notary")
    assert found["message"] == "lag of 3 s\non two lines"
    assert found["at"].endswith("+00:00")


def test_an_exception_brings_its_trace():
    fault = LookupError("gone")

    line = JsonLines().format(record("failed", error=(LookupError, fault, None)))

    assert "LookupError: gone" in json.loads(line)["trace"]


def test_a_setting_that_nobody_reads_is_named_at_start(monkeypatch, caplog):
    monkeypatch.setattr(env, "unknown_names", lambda: ["LOOPGRID_PROT"])

    apps.warn_of_unread_settings()

    assert "LOOPGRID_PROT" in caplog.text
