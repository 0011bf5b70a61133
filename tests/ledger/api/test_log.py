"""`/log/…` as a tlog client meets it."""

from __future__ import annotations

import pytest
from django.test import Client
from loopgrid_proof import merkle
from loopgrid_proof.notes import parse_checkpoint, parse_note

from tests.support.api import Api, key_for
from tests.support.cast import make_workspace


@pytest.fixture
def prefix(desk, record):
    """The log of a workspace with three sealed entries."""
    record()
    desk.look()
    return "/log/" + desk.ledger.origin.partition("/")[2]


def test_the_checkpoint_is_the_signed_note(api, desk, prefix):
    answer = api.get(f"{prefix}/checkpoint")

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content == desk.published()[-1]


def test_tiles_and_bundles_give_the_root_of_the_checkpoint(api, prefix):
    root = parse_checkpoint(parse_note(api.get(f"{prefix}/checkpoint").content)).root

    tile = api.get(f"{prefix}/tile/0/000.p/3")
    bundle = api.get(f"{prefix}/tile/entries/000.p/3")

    assert tile["Content-Type"] == bundle["Content-Type"] == "application/octet-stream"
    assert merkle.root_of(merkle.split_tile(tile.content)) == root
    assert len(merkle.decode_bundle(bundle.content)) == 3


@pytest.mark.parametrize(
    "tile",
    [
        "0/000",
        "0/000.p/4",
        "0/0",
        "0/00.p/3",
        "0/x000/000.p/3",
        "0/001.p/1",
        "1/000.p/1",
        "0/000.p/0",
        "0/000.p/03",
        "64/000.p/1",
        "-1/000",
        "entries/000",
        "0/x999/x999/x999/x999/x999/x999/x999/999",
        "%00",
    ],
)
def test_what_no_checkpoint_reaches_is_not_found(api, prefix, tile):
    answer = api.get(f"{prefix}/tile/{tile}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_before_the_first_checkpoint_there_is_none(api, ledger):
    answer = api.get(f"/log/{ledger.origin.partition('/')[2]}/checkpoint")

    assert answer.status_code == 404


def test_another_workspace_does_not_learn_that_the_log_exists(prefix):
    sam = Api(key_for(make_workspace("sam").workspace, "verify"), Client())

    theirs, nobodys = sam.get(f"{prefix}/checkpoint"), sam.get("/log/nobody/checkpoint")

    assert (theirs.status_code, theirs.json()["code"]) == (404, "not_found")
    assert nobodys.json()["detail"] == theirs.json()["detail"]


def test_a_log_is_closed_without_a_key_that_may_verify_or_read(acme, prefix):
    without = Api(None, Client()).get(f"{prefix}/checkpoint")
    recorder = Api(key_for(acme.workspace, "record"), Client()).get(f"{prefix}/checkpoint")
    verifier = Api(key_for(acme.workspace, "verify"), Client()).get(f"{prefix}/checkpoint")

    statuses = [answer.status_code for answer in (without, recorder, verifier)]
    assert statuses == [401, 403, 200]
