"""What `manage.py test` runs, and when it fails although pytest did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopgrid_site.embedded import browser, suite

NONE = browser.Chromium(None)
SOME = browser.Chromium(Path("/usr/bin/chromium"))


def test_a_whole_run_is_spread_over_the_cores(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 4)

    assert suite.defaults([]) == ["-n", "4", "--dist", "loadgroup", "tests", "proof/tests"]


def test_no_more_than_eight_workers_are_started(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 64)

    assert suite.defaults(["-q"])[1] == "8"


@pytest.mark.parametrize("argument", ["tests/site", "tests/site/test_suite.py::test_x"])
def test_chosen_tests_run_without_workers(argument):
    assert suite.defaults([argument]) == []


@pytest.mark.parametrize("argument", ["-n0", "--pdb", "--numprocesses=3"])
def test_a_debugger_or_an_own_number_of_workers_is_respected(argument):
    assert suite.defaults([argument]) == ["tests", "proof/tests"]


def test_no_test_at_all_is_a_failure():
    assert suite.verdict(suite.NO_TESTS, SOME, {}, wanted=True) == 1


def test_a_missing_browser_is_no_failure_by_itself():
    assert suite.verdict(0, NONE, {}, wanted=True) == 0


def test_a_missing_browser_that_was_required_is_a_failure():
    assert suite.verdict(0, NONE, {"LOOPGRID_REQUIRE": "node, browser"}, wanted=True) == 1


def test_a_browser_is_not_required_of_tests_that_need_none():
    assert suite.verdict(0, NONE, {"LOOPGRID_REQUIRE": "browser"}, wanted=False) == 0


def test_a_run_of_other_tests_looks_for_no_browser():
    assert not suite.wants_browser(["tests/site/test_suite.py"])
