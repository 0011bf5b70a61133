"""Receipts, entries, checkpoints and proofs as a program asks for them."""

from __future__ import annotations

import pytest
from loopgrid_proof import merkle
from loopgrid_proof.digests import leaf_hash
from loopgrid_proof.notes import check_checkpoint, parse_checkpoint, parse_note, parse_vkey
from loopgrid_proof.receipts import check_receipt


def nodes(path):
    return [bytes.fromhex(node) for node in path]


@pytest.fixture
def decision(api, desk):
    """A sealed decision."""
    decision = api.record()
    desk.look()
    return decision


def test_a_sealed_receipt_leads_to_the_checkpoint(api, decision):
    receipt = api.get(f"/v1/decisions/{decision['decision_id']}/receipt").json()

    checkpoint = parse_checkpoint(parse_note(receipt["checkpoint"].encode()))
    assert (receipt["state"], receipt["seq"]) == ("sealed", decision["seq"])
    assert leaf_hash(receipt["leaf"].encode()).hex() == receipt["leaf_hash"]
    merkle.check_inclusion(
        bytes.fromhex(receipt["leaf_hash"]),
        index=receipt["seq"],
        size=checkpoint.size,
        path=nodes(receipt["inclusion"]),
        root=checkpoint.root,
    )


def test_a_receipt_as_text_is_complete_in_itself(api, decision):
    key = parse_vkey(api.get("/v1/ledger").json()["keys"][0]["vkey"])

    answer = api.get(f"/v1/entries/{decision['seq']}/receipt", Accept="text/plain")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert check_receipt(answer.content, trusted=[key]).header.rec == decision["decision_id"]


def test_before_the_seal_a_receipt_has_no_proof_and_no_text(api):
    decision = api.record()

    receipt = api.get(f"/v1/decisions/{decision['decision_id']}/receipt").json()
    text = api.get(f"/v1/entries/{decision['seq']}/receipt", Accept="text/plain")

    assert (receipt["state"], receipt["checkpoint"], receipt["inclusion"]) == (
        "recorded",
        None,
        None,
    )
    assert (text.status_code, text.json()["code"]) == (409, "not_sealed")


def test_entries_come_in_order_and_in_pages(api, decision):
    first = api.get("/v1/entries?limit=2").json()
    rest = api.get(f"/v1/entries?after={first['next_after']}").json()

    assert [entry["seq"] for entry in first["data"]] == [0, 1]
    assert (first["has_more"], rest["has_more"], rest["next_after"]) == (True, False, None)
    assert [entry["kind"] for entry in rest["data"]] == ["key.added"]
    assert api.get("/v1/entries/1").json() == first["data"][1]


def test_proofs_lead_to_the_checkpoint_they_name(api, desk, decision):
    old = parse_checkpoint(parse_note(desk.published()[-1]))
    api.record()
    desk.look()

    inclusion = api.get(f"/v1/proofs/inclusion?seq=0&size={old.size}").json()
    consistency = api.get(f"/v1/proofs/consistency?from={old.size}").json()

    new = parse_checkpoint(parse_note(consistency["checkpoint"].encode()))
    assert parse_checkpoint(parse_note(inclusion["checkpoint"].encode())) == old
    merkle.check_inclusion(
        bytes.fromhex(inclusion["leaf_hash"]),
        index=0,
        size=old.size,
        path=nodes(inclusion["inclusion"]),
        root=old.root,
    )
    merkle.check_consistency(
        old_size=old.size,
        old_root=old.root,
        size=new.size,
        root=new.root,
        path=nodes(consistency["consistency"]),
    )


def test_the_ledger_says_how_far_it_is_sealed_and_by_which_keys(api, decision, ledger):
    api.record()

    found = api.get("/v1/ledger").json()

    key = parse_vkey(found["keys"][0]["vkey"])
    checked = check_checkpoint(found["checkpoint"].encode(), origin=ledger.origin, trusted=[key])
    assert (found["origin"], found["size"], found["sealed_size"]) == (ledger.origin, 4, 3)
    assert (checked.size, found["alarm"]) == (3, None)


def test_checkpoints_are_listed_newest_first(api, desk, decision):
    api.record()
    desk.look()

    listed = api.get("/v1/checkpoints?limit=1").json()
    older = api.get(f"/v1/checkpoints?before={listed['next_before']}").json()

    assert [one["size"] for one in listed["data"] + older["data"]] == [4, 3]
    assert api.get("/v1/checkpoints/3").json() == older["data"][0]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/entries/99", 404, "not_found"),
        ("/v1/entries/99/receipt", 404, "not_found"),
        ("/v1/entries/-1", 404, "not_found"),
        ("/v1/entries/01", 404, "not_found"),
        ("/v1/entries/99999999999999999999", 404, "not_found"),
        ("/v1/checkpoints/2", 404, "not_found"),
        ("/v1/decisions/dec_00000000000000000000000000000000/receipt", 404, "not_found"),
        ("/v1/entries?after=x", 422, "invalid_parameter"),
        ("/v1/entries?limit=201", 422, "invalid_parameter"),
        ("/v1/entries?before=1", 422, "invalid_parameter"),
        ("/v1/proofs/inclusion", 422, "invalid_parameter"),
        ("/v1/proofs/inclusion?seq=3", 422, "invalid_parameter"),
        ("/v1/proofs/inclusion?seq=0&size=2", 422, "invalid_parameter"),
        ("/v1/proofs/consistency?from=4", 422, "invalid_parameter"),
        ("/v1/proofs/consistency?from=3&to=2", 422, "invalid_parameter"),
    ],
)
def test_what_lies_outside_the_tree_is_refused(api, decision, path, status, code):
    answer = api.get(path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
