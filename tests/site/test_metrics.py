"""Who may read the figures, and that they are those of the database."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.api import Api, api, key_for
from tests.support.cast import Acme

__all__ = ["api"]

pytestmark = pytest.mark.django_db(transaction=True)


def figures(text: str) -> dict[str, float]:
    """Return the samples without labels."""
    lines = [line for line in text.splitlines() if line[:1] not in {"#", ""} and "{" not in line]
    return {name: float(value) for name, value in (line.split(" ") for line in lines)}


def test_recording_shows_in_the_figures(api: Api) -> None:
    before = figures(api.get("/metrics").content.decode())

    api.record()

    after = figures(api.get("/metrics").content.decode())
    assert after["loopgrid_entries"] == before["loopgrid_entries"] + 1
    assert after["loopgrid_record_seconds_count"] == before["loopgrid_record_seconds_count"] + 1
    assert after["loopgrid_unsealed_entries"] > 0


def test_this_machine_needs_no_key(acme: Acme) -> None:
    answer = Client(headers={"Host": "localhost"}).get("/metrics")

    assert answer.status_code == 200


def test_another_machine_needs_a_key_for_operations(acme: Acme) -> None:
    elsewhere = Client(headers={"Host": "localhost"}, REMOTE_ADDR="10.0.0.9")
    reader = Api(key_for(acme.workspace, "read"), elsewhere)

    assert elsewhere.get("/metrics").status_code == 401
    assert reader.get("/metrics").status_code == 403


def test_no_figure_names_a_workspace(api: Api, acme: Acme) -> None:
    api.record()

    assert acme.workspace.slug not in api.get("/metrics").content.decode()
