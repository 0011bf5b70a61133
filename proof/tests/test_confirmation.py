"""The same answers from independent implementations, and properties that no example picks."""

import json
import math

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from proof.tests.book import ADA, Book, vectors
from proof.tests.published import WORKED

from loopgrid_proof import canonical, digests, headers, merkle, notes, receipts, signatures
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers.usual import read_usual

LIMIT = 2**53 - 1
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-LIMIT, LIMIT),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8
)
hash_lists = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70)


def fault_of(read, raw):
    """Return the code a reader raises, None if it accepts."""
    try:
        read(raw)
    except Fault as fault:
        return fault.code
    return None


@given(values)
def test_canonical_bytes_are_those_of_the_independent_writer(value):
    assert canonical.canonical_bytes(value) == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_as_the_same_double(number):
    assert float(json.loads(canonical.canonical_bytes(number))) == number


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, "\ud800", {1: 2}, object()])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(Fault):
        canonical.canonical_bytes(value)


@given(st.binary(max_size=60))
def test_reading_never_crashes_and_accepts_only_canonical_bytes(raw):
    try:
        value = canonical.read_canonical(raw)
    except Fault:
        return
    assert canonical.canonical_bytes(value) == raw


@given(st.binary(max_size=200))
def test_a_signature_by_the_independent_signer_counts(message):
    secret = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = secret.public_key().public_bytes_raw()
    signature = secret.sign(message)

    assert signatures.verify(public, message, signature)
    assert signatures.verify_plain(public, message, signature)
    assert not signatures.verify_plain(public, message + b"x", signature)


@pytest.mark.parametrize("case", vectors("ed25519"), ids=lambda c: c["name"])
def test_plain_and_fast_agree_for_every_accepted_key(case):
    key, message, signature = (bytes.fromhex(v[4:]) for v in case["in"].values())
    plain = signatures.accept_key(key) and signatures.verify_plain(key, message, signature)

    assert plain == signatures.verify(key, message, signature) == case["out"]["valid"]


def naive_root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else digests.EMPTY_ROOT
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return digests.node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


@given(hash_lists, st.data())
def test_ranges_join_to_the_root_of_the_naive_tree(leaves, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(leaves)), max_size=4)))
    whole = merkle.CompactRange()
    for begin, end in zip([0, *cuts], [*cuts, len(leaves)], strict=True):
        part = merkle.CompactRange(begin)
        for leaf in leaves[begin:end]:
            part.append(leaf)
        whole.join(part)

    assert whole.root() == naive_root(leaves)
    assert whole.hashes == merkle.CompactRange.from_hashes(len(leaves), whole.hashes).hashes


@given(hash_lists, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_no_other(leaves, data):
    index, other = (data.draw(st.integers(0, len(leaves) - 1)) for _ in range(2))
    path = merkle.inclusion_path(merkle.fetch_from(leaves), index, len(leaves))
    root, size = naive_root(leaves), len(leaves)

    merkle.check_inclusion(leaves[index], index=index, size=size, path=path, root=root)
    assume(leaves[other] != leaves[index])
    with pytest.raises(Fault):
        merkle.check_inclusion(leaves[other], index=index, size=size, path=path, root=root)


@given(hash_lists, st.data())
def test_a_consistency_proof_holds_for_its_roots_and_no_others(leaves, data):
    size = len(leaves)
    old = data.draw(st.integers(0, size))
    path = merkle.consistency_path(merkle.fetch_from(leaves), old, size)
    roots = {"old_root": naive_root(leaves[:old]), "root": naive_root(leaves)}

    merkle.check_consistency(old_size=old, size=size, path=path, **roots)
    wrong = {**roots, "old_root": bytes(32)}
    with pytest.raises(Fault):
        merkle.check_consistency(old_size=old, size=size, path=path, **wrong)


def test_subtrees_come_out_of_tiles_as_out_of_leaves():
    leaves = [digests.leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
    tops = [merkle.root_of(leaves[n : n + 256]) for n in range(0, 69_888, 256)]
    levels = {0: leaves, 1: tops, 2: [merkle.root_of(tops[:256])]}

    def read_tile(level, index):
        return b"".join(levels[level][index * 256 : (index + 1) * 256])

    fetch = merkle.fetch_from_tiles(read_tile)
    path = merkle.inclusion_path(fetch, 66_000, 70_000)

    root = merkle.root_of(leaves)
    merkle.check_inclusion(leaves[66_000], index=66_000, size=70_000, path=path, root=root)


def usual_leaves():
    book = Book().open()
    book.decide(1, src=("5" * 32, 7), refs={"parent": "dec_" + "0" * 32})
    flag = book.add("decision.marked_incorrect", ADA, rec=f"dec_{1:032x}", facts={"sev": "low"})
    book.add(
        "verdict.superseded",
        ADA,
        rec=f"dec_{1:032x}",
        refs={"target": flag, "by": flag},
        parts={"reason": ("p", b'""')},
    )
    return [*book.leaves, *(leaf.encode() for leaf in WORKED["leaves"])]


USUAL = usual_leaves()


@pytest.mark.parametrize("leaf", USUAL, ids=range(len(USUAL)))
def test_the_short_way_reads_what_the_long_way_reads(leaf):
    assert read_usual(leaf) == headers.read_step_by_step(leaf)


@settings(max_examples=500)
@given(st.data())
def test_the_short_way_accepts_nothing_that_the_long_way_refuses(data):
    leaf = bytearray(data.draw(st.sampled_from(USUAL)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(leaf) - 1))
        length = data.draw(st.integers(0, 2))
        alphabet = st.sampled_from(list(b'{}[],:"\\ 019afzA-\x00\xc3\xa9'))
        leaf[place : place + length] = bytes(data.draw(st.lists(alphabet, max_size=2)))
        assume(leaf)

    found = read_usual(bytes(leaf))

    if found is not None:
        assert found == headers.read_step_by_step(bytes(leaf))


@given(st.binary(max_size=120) | st.text(max_size=80).map(str.encode))
def test_readers_of_foreign_bytes_raise_faults_and_nothing_else(raw):
    readers = (
        headers.read_header,
        headers.claimed_place,
        notes.parse_note,
        receipts.parse_receipt,
        lambda raw: notes.parse_vkey(raw.decode("latin-1")),
    )
    codes = {fault_of(read, raw) for read in readers}

    assert all(code is None or code.startswith("E_") for code in codes)


json_headers = st.dictionaries(
    st.sampled_from(["v", "log", "seq", "prev", "t", "k", "act", "rec", "rn", "src", "f", "parts"]),
    st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(0, 9), st.sampled_from(["", "a", "system"])
        ),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["ty", "id", "au", "ro", "n", "c", "d"]), inner)
        ),
        max_leaves=6,
    ),
)


@given(json_headers)
def test_a_header_of_strange_values_is_refused_without_a_crash(header):
    raw = {**json.loads(WORKED["leaves"][2]), **header}

    code = fault_of(headers.read_header, canonical.canonical_bytes(raw))

    assert code in {None, "E_PROFILE", "U_REGISTRY", "U_VERSION", "E_WRITER", "E_PARSE"}
