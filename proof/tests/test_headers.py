"""Making a header, and reading it back."""

import json

import pytest
from proof.tests.book import ADA, ORIGIN, SERVICE, Book
from proof.tests.published import WORKED

from loopgrid_proof import headers
from loopgrid_proof.errors import Fault


@pytest.mark.parametrize("seq", [0, 1, 2])
def test_what_was_read_is_made_again_to_the_byte(seq):
    leaves = [leaf.encode() for leaf in WORKED["leaves"]]
    header = headers.read_header(leaves[seq])
    previous = headers.read_header(leaves[seq - 1]).as_previous if seq else None
    h = header
    new = headers.NewEntry(h.kind, h.actor, h.rec, h.ct, h.src, h.facts, h.refs, h.parts[::-1])

    made = headers.make_header(new, log=h.log, previous=previous, t=h.t, rn=h.rn, rp=h.rp)

    assert made == leaves[seq]


def test_a_header_that_follows_is_what_the_next_one_follows():
    book = Book().open()
    first = headers.check_follows(book.leaves[0], log=ORIGIN, previous=None)

    second = headers.check_follows(book.leaves[1], log=ORIGIN, previous=first.as_previous)

    assert (second.seq, second.prev) == (1, first.leaf_hash)


@pytest.mark.parametrize("size", [0, 1, headers.MAX_LEAF + 1])
def test_a_leaf_of_another_length_is_not_parsed(size):
    with pytest.raises(Fault) as caught:
        headers.read_header(b" " * size)

    assert caught.value.code == "E_PARSE"


@pytest.mark.parametrize(
    "act",
    [
        {"ty": "person", "id": "usr_" + "a" * 32, "au": "api_key", "ro": "admin"},
        {**ADA, "al": "sso"},
        {"ty": "service", "id": "local", "au": "loopback"},
        SERVICE,
    ],
)
def test_every_actor_of_the_table_may_act(act):
    person = act["ty"] == "person"
    book = Book().open()
    book.decide(1)
    book.add("decision.confirmed", ADA if person else SERVICE, rec=f"dec_{1:032x}")
    book.rewrite(3, change=lambda h: h.update(act=act))

    assert headers.read_header(book.leaves[3]).actor == act


@pytest.mark.parametrize(
    "act",
    [
        {**ADA, "au": "api_key"},
        {**ADA, "ro": "owner"},
        {**ADA, "id": "key_" + "a" * 32},
        {**ADA, "al": "magic"},
        {**SERVICE, "ro": "admin"},
        {**SERVICE, "id": "local"},
        {"ty": "system", "id": "console", "au": "process"},
        {"ty": [], "id": {}, "au": 1},
        [],
    ],
)
def test_an_actor_outside_the_table_is_refused(act):
    header = {**json.loads(WORKED["leaves"][2]), "act": act}
    leaf = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()

    with pytest.raises(Fault) as caught:
        headers.read_header(leaf)

    assert caught.value.code == "E_PROFILE"


@pytest.mark.parametrize("leaf", [b"", b"[]", b'{"seq":"x","prev":1}', b"\xff"])
def test_a_damaged_leaf_claims_no_place(leaf):
    assert headers.claimed_place(leaf) == headers.Place(None, None, None, None)
