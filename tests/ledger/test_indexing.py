"""Search copies: what can be found, how soon, and what a token selects."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import Membership, User
from ledger import indexing, search
from ledger.models import Entry
from ledger.queries import lists
from ledger.queries.filters import Filters
from tests.support.cast import clock, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def find(ledger):
    def found(text, *, actor_id="", catch_up=True, **more):
        if catch_up:
            while indexing.follow_search(ledger, clock=clock):
                pass
        query = search.parse_query(text, strict=True)
        filters = search.filters_of(ledger, query, at=clock(), actor_id=actor_id, **more)
        listed = lists.after(ledger, filters, order=query.order or "new", count=True)
        assert listed.total == len(listed.states)
        return [state.seq for state in listed.states]

    return found


def seq_of(recorded):
    return recorded.appended.header.seq


@pytest.fixture
def two(record):
    """A decision about a refund and one about a card, which differ in everything."""
    refund = record(
        input={"message": "I was charged twice, please refund 49.90"},
        model={"provider": "openai", "name": "gpt-4o"},
        prompt={"template": "support_v1", "text": "Be kind."},
        service_name="support-agent",
        decision_type="reply",
        environment="production",
        risk_tier="high",
        release="2026.11",
        session_id="conv-1",
        subject_ref="cust_81",
    )
    card = record(
        input={"message": "Card declined: Ärger"},
        model={"provider": "anthropic", "name": "claude-4"},
        service_name="card-agent",
        decision_type="card_reply",
        environment="staging",
        risk_tier="minimal",
    )
    return seq_of(refund), seq_of(card)


@pytest.mark.parametrize(
    "text",
    [
        "service:support-agent",
        "service:support*",
        "service:support-agent,other",
        "type:reply",
        "env:production",
        "model:gpt-4*",
        "model:gpt-4o,none",
        "provider:openai",
        "risk:high",
        "release:2026.11",
        "release:2026*",
        "session:conv-1",
        "prompt:support_v1",
        "prompt:support*",
        "subject:cust_81",
        "refund",
        "REFUND",
        "refu*",
        '"charged twice"',
        "49.90",
        "kind",
        "refund,nothing",
        "-card",
        "-service:card-agent",
        "-release:1",
        "is:open service:support-agent charged model:gpt-4o",
    ],
)
def test_a_token_selects_the_decision_it_describes(two, find, text):
    found = find(text)

    assert two[0] in found
    assert two[1] not in found or text == "-release:1"


@pytest.mark.parametrize(
    "text",
    ['"twice charged"', "service:support", "model:gpt-4", "refun", "message", "service:nobody*"],
)
def test_what_only_looks_alike_is_not_found(two, find, text):
    assert find(text) == []


def test_words_are_found_in_any_case_and_script(two, find):
    assert find("ärger") == find("ÄRGER") == [two[1]]


def test_a_quoted_star_is_a_star(record, find):
    record(service_name="ab")
    starred = record(service_name="a*")

    assert find('service:"a*"') == [seq_of(starred)]


def test_numbers_ids_and_hashes_lead_to_the_decision(scene, ben, find):
    decision = scene.record()
    scene.record(input={"message": "another"})
    flagged = scene.flag(decision, ben)
    seq, header = seq_of(decision), decision.appended.header

    for text in (
        f"#{seq}",
        f"#{flagged.appended[0].header.seq}",
        decision.decision_id,
        f"hash:{header.leaf_hash.hex()[:7]}",
        f"hash:{decision.submission.content_hash.hex().upper()}",
    ):
        assert find(text) == [seq], text


def test_states_follow_the_verdicts(scene, ben, find):
    open_, flagged, corrected = scene.record(), scene.record(), scene.record()
    scene.flag(flagged, ben, reason_code="missed_fact")
    scene.correct(corrected, ben, {"response": "y"})

    assert find("is:open") == [seq_of(open_)]
    assert find("is:flagged") == [seq_of(flagged)]
    assert find("is:corrected") == [seq_of(corrected)]
    assert find("is:flagged,corrected sort:age") == [seq_of(flagged), seq_of(corrected)]
    assert find("reason:missed*") == [seq_of(flagged)]
    assert find("is:sealed") == find("is:erased") == []
    assert len(find("-is:sealed")) == 3


def test_people_are_found_by_name_address_and_id_even_after_a_later_verdict(acme, scene, ben, find):
    user = User.objects.create(email=f"{acme.workspace.slug}@example.org", display_name="Ben Adler")
    Membership.objects.create(workspace=acme.workspace, user=user, role="reviewer")
    actor = type(ben)(**{**{n: getattr(ben, n) for n in ben.__slots__}, "id": user.public_id})
    decision = scene.record()
    scene.record()
    scene.flag(decision, actor)
    scene.correct(decision, scene.agent, {"response": "y"})

    for text in ("by:adler", "by:ADL*", f"by:{user.email}", f"by:{user.public_id}", "by:me"):
        assert find(text, actor_id=user.public_id) == [seq_of(decision)], text
    assert find("by:nobody") == []
    assert len(find(f"by:{scene.agent.id}")) == 2


def test_times_are_numbers_of_entries(record, ledger, find):
    first, second = record(), record()
    moment = Entry.objects.get(ledger_id=ledger.ledger_id, seq=seq_of(second)).t
    written = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    assert find(f"at:<{written}") == [seq_of(first)]
    assert find(f"at:>={written}") == [seq_of(second)]
    assert len(find(f"at:{moment:%Y-%m-%d}")) == 2
    assert find(f"at:{moment - timedelta(days=1):%Y-%m-%d}") == []
    assert len(find("age:<1h")) == 2
    assert find("age:>1h") == []


def test_the_newest_seconds_are_searched_after_the_next_round(record, ledger, find):
    record()

    assert indexing.reach_of(ledger) == indexing.Reach(-1, 2)
    assert find("charged", catch_up=False) == []
    assert len(find("charged")) == 1
    assert indexing.reach_of(ledger) == indexing.Reach(1, 0)


def test_what_reviewers_write_is_found_with_the_decision(scene, ben, find):
    decision = scene.record()
    find("anything")
    scene.flag(decision, ben, "the policy is older")

    assert find("policy") == [seq_of(decision)]


def test_a_key_for_some_services_finds_nothing_of_the_others(two, find):
    assert find("card", within=("support-agent",)) == []
    assert find("-nothing", within=("support-agent",)) == [two[0]]


def test_content_that_no_index_can_hold_as_it_is_is_indexed(record, find):
    long = record(input={"message": "x" * 300_000 + " behind"})
    many = record(input={"message": " ".join(f"w{n}" for n in range(60_000))})
    null = record(input={"message": "nul\0byte", "n": 10**40}, prompt={"template": "a\0b"})

    assert find("nul byte") == [seq_of(null)]
    assert find("w17") == [seq_of(many)]
    assert seq_of(long) in find("looks")


def test_indexing_again_gives_the_same_rows(two, ledger, find):
    def rows():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT seq, release, session, template, subject, body::text FROM ledger_search"
                " WHERE ledger_id = %s ORDER BY seq",
                [ledger.ledger_id],
            )
            return cursor.fetchall()

    find("x")
    before = rows()
    indexing.index_again(ledger)
    assert rows() == []
    find("x")

    assert rows() == before != []


def test_catching_up_serves_every_open_ledger(record, ledger, monkeypatch):
    other = make_workspace().ledger
    record()
    # The database of a whole test run holds thousands of ledgers.
    monkeypatch.setattr(indexing, "open_ledgers", lambda: [ledger, other])

    indexing.catch_up(clock=clock)

    with connection.cursor() as rows:
        rows.execute(
            "SELECT count(*) FROM ledger_cursor c WHERE ledger_id = ANY(%s) AND seq ="
            " (SELECT max(seq) FROM ledger_entry e WHERE e.ledger_id = c.ledger_id)",
            [[ledger.ledger_id, other.ledger_id]],
        )
        assert rows.fetchone() == (4,)


def test_a_search_costs_one_query_and_one_for_each_name_that_is_looked_up(
    two, ledger, django_assert_num_queries
):
    def run(text):
        query = search.parse_query(text, strict=True)
        lists.after(ledger, search.filters_of(ledger, query, at=clock()))

    with django_assert_num_queries(1):
        run("is:open service:a refund at:2026-11-01.. hash:abcdef subject:x by:me #1")
    with django_assert_num_queries(2):
        run("model:gpt*")
    with django_assert_num_queries(2):
        run("-is:sealed")
    with django_assert_num_queries(3):
        run("by:priya")
    assert Filters().side is False


def test_content_too_deep_to_be_read_is_searched_by_its_words() -> None:
    copy = indexing.Copy()

    indexing._take(copy, "input", b'["deep",' * 100_000 + b"1" + b"]" * 100_000, cut=False)

    assert "deep" in copy.words
