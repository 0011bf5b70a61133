"""The checks of `manage.py lint` that are ours."""

from __future__ import annotations

import hashlib

import pytest

from loopgrid_site.embedded import checks


@pytest.fixture
def vendored(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "VENDORED", tmp_path)
    (tmp_path / "htmx.min.js").write_bytes(b"htmx")
    digest = hashlib.sha256(b"htmx").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"# htmx.org 2.0.11\n{digest}  htmx.min.js\n")
    return tmp_path


def test_third_party_files_as_they_were_brought_are_fine(vendored):
    assert checks.changed_vendor_files() == ""


def test_a_changed_third_party_file_is_named(vendored):
    (vendored / "htmx.min.js").write_bytes(b"htmx!")

    assert checks.changed_vendor_files() == "htmx.min.js is not the file that was brought"


def test_a_third_party_file_that_nobody_listed_is_named(vendored):
    (vendored / "more.js").write_bytes(b"?")

    assert checks.changed_vendor_files() == "more.js is not listed"


def test_every_requirement_is_pinned_within_its_range_and_installed_so():
    assert checks.unpinned_requirements() == ""


def test_a_requirement_without_a_pin_is_named(monkeypatch):
    texts = {"constraints.txt": "rich==15.0.0\n", "requirements.txt": "rich>=16\n"}
    monkeypatch.setattr(checks, "read", lambda name: texts.get(name, "-r x\nnone>=1\n"))

    assert checks.unpinned_requirements().splitlines() == [
        "constraints.txt has 15.0.0 for rich>=16",
        "constraints.txt has nothing for none>=1",
    ]


def test_a_check_that_found_something_prints_it_and_does_not_pass(capsys):
    assert not checks.passes("style", lambda: "line 7 is odd\n")
    assert "line 7 is odd" in capsys.readouterr().out
