"""Whatever a caller sends in addresses, parameters and headers is refused by name, or harmless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from ledger import queries
from ledger.queries import LedgerRef
from tests.support.api import Api, body

pytestmark = pytest.mark.django_db(transaction=True)

BIG = "1" + "0" * 30
ID = "0" * 32
SPLIT = "%ED%A0%80"  # half of a surrogate pair, written as UTF-8 forbids


@pytest.fixture(autouse=True)
def _nothing_is_written(api: Api, ledger: LedgerRef) -> Iterator[None]:
    before = len(queries.entries_after(ledger, -1))
    yield
    assert len(queries.entries_after(ledger, -1)) == before


def refused(answer: Any) -> tuple[int, str]:
    """Return status and code of a refusal, which is a problem object."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(
    "query",
    [
        *(f"page={sent}" for sent in ("", "0", "-1", "1.5", "1e3", "%D9%A1", "1%00", BIG)),
        *("page=2147483648", "page_size=0", "page_size=101"),
        *("limit=0", "limit=201", "limit=x", "order=x&limit=1", "count=maybe"),
        *("cursor=x", "cursor=%00", "cursor=" + "a" * 7000, "cursor=x&page=1"),
        *("service_name=%00", "service_name=a%0Ab", "decision_type=%7F", "status=%C2%85"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(api: Api, query: str) -> None:
    answer = api.get(f"/v1/decisions?{query}")

    assert refused(answer) == (422, "invalid_parameter")


@pytest.mark.parametrize(
    "search",
    [
        *("#0x1", f"#{BIG}", "hash:zz", "hash:" + "a" * 65, "is:", "is:bogus", "sort:x"),
        *("conf:nan", "conf:>1e400", "conf:-1..2", "cost:..", "cost:>" + "9" * 500, "age:>1e400h"),
        *("age:>99999999999999999999h", "at:9999-99-99", "at:10000-01-01", "at:0000-01-01"),
        *("at:2026-11-24T23:59:60Z", "input.:1", "input..a:1", "input.a:\\", "colour:red", "\0"),
        "x" * 1001,
    ],
)
def test_a_search_that_makes_no_sense_is_named(api: Api, search: str) -> None:
    answer = api.get(f"/v1/decisions?q={quote(search)}")

    assert refused(answer) == (422, "invalid_query")


@pytest.mark.parametrize(
    "query",
    [
        *("q=%22unclosed", "q=-", "q=:", "q=(((", "q=---is:open", "q=%F4%8F%BF%BF", f"q={SPLIT}"),
        *(
            "q=" + quote(word)
            for word in ("'; DROP TABLE x--", "a & b | !c", "a <-> b", "#-1", "\\")
        ),
        *("q=at:9999-12-31", "q=at:0001-01-01", "q=service:***", "q=" + "a," * 499),
        *(f"service_name={SPLIT}", "service_name=%FF", "page=2147483647&page_size=100"),
        *("%", "%zz=%zz", ";;;&&&==", "a=1&a=2"),
    ],
)
def test_what_means_nothing_in_particular_finds_something_or_nothing(api: Api, query: str) -> None:
    assert api.get(f"/v1/decisions?{query}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *(f"/v1/decisions/{sent}" for sent in ("%00", "dec_", f"DEC_{ID}", f"dec_{ID}%0A")),
        *(f"/v1/corrections/{sent}" for sent in ("%00", "x", f"cor_{ID}")),
        *(f"/v1/entries/{sent}" for sent in ("-1", "00", "1_0", "+1", "%D9%A1", "%00", BIG)),
        *(f"/v1/checkpoints/{sent}" for sent in ("-1", "%00", "9007199254740993", BIG)),
        *(f"/v1/jobs/{sent}" for sent in ("%00", "x" * 3000, f"job_{ID}", SPLIT)),
        *(f"/v1/integrity/runs/{sent}" for sent in ("%00", f"job_{ID}")),
        *(f"/v1/keys/{sent}" for sent in ("%00", f"key_{ID}")),
        *(f"/log/acme/tile/{sent}" for sent in ("0/%00", "64/000", "-1/000", "0/000.p/256", "0/1")),
        *("/log/%00/checkpoint", "/log/../../etc/checkpoint", "/log/acme/99999999999/checkpoint"),
        *("/v1/..%2F..%2Fetc", "/v1//decisions", "/v1/./decisions", "/v1/decisions/%2E%2E/x"),
    ],
)
def test_an_address_of_nothing_is_not_found(api: Api, path: str) -> None:
    assert refused(api.get(path)) == (404, "not_found")


@pytest.mark.parametrize("verb", ["receipt", "history", "corrections"])
def test_what_lies_under_no_decision_is_not_found(api: Api, verb: str) -> None:
    assert refused(api.get(f"/v1/decisions/%00/{verb}")) == (404, "not_found")


@pytest.mark.parametrize(
    "address",
    [
        *("proofs/inclusion?seq=-1", f"proofs/inclusion?seq={BIG}", "proofs/inclusion?seq=%00"),
        *("proofs/inclusion", "proofs/consistency?from=-1", f"proofs/consistency?from={BIG}"),
        *(f"entries?after={BIG}", "entries?after=-1", f"checkpoints?before={BIG}"),
        *("corrections?from=2026-01-01", "corrections?to=%00", "corrections?state=x"),
        *("corrections?from=0001-01-01T00:00:00%2B14:00", "corrections?colour=red"),
        *("integrity/verify?service_name=%00", "integrity/verify?service_name=" + "x" * 201),
        *("integrity/runs?cursor=%00", "jobs?limit=0", "keys?limit=0", "keys?cursor=%00"),
        "export/decisions?columns=%00",
    ],
)
def test_other_addresses_name_their_parameters_too(api: Api, address: str) -> None:
    assert refused(api.get(f"/v1/{address}")) == (422, "invalid_parameter")


@pytest.mark.parametrize("key", ["", "a" * 256, "é", "a\tb", "\x7f"])
def test_an_idempotency_key_is_printable_ascii(api: Api, key: str) -> None:
    answer = api.post("/v1/decisions", body(), Idempotency_Key=key)

    assert refused(answer) == (422, "invalid_parameter")


@pytest.mark.parametrize("key", [5, "", "a" * 256, "a\0b", "\u200b\n"])
def test_so_is_the_key_of_an_item(api: Api, key: Any) -> None:
    item = body(idempotency_key=key).decode()

    answer = api.post("/v1/decisions/batch", f'{{"decisions":[{item}]}}'.encode()).json()

    assert (answer["refused"], answer["results"][0]["problem"]["status"]) == (1, 422)


@pytest.mark.parametrize("sent", ["", '"', '""', 'W/"1"', '"1", "2"', "1", '"01"', '"1e3"', "é"])
def test_a_precondition_is_one_entity_tag(api: Api, sent: str) -> None:
    address = f"/v1/decisions/dec_{ID}/confirm"

    answer = api.post(address, b"{}", If_Match=sent)

    assert refused(answer) == (422, "invalid_parameter")


def test_a_tag_beyond_every_entry_is_stale(api: Api, ledger: LedgerRef) -> None:
    answer = api.post(f"/v1/decisions/dec_{ID}/confirm", b"{}", If_Match='"9999999999999999"')

    assert refused(answer) == (404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_no_other_method_does_anything(api: Api, method: str) -> None:
    for address in ("/v1/decisions", "/v1/keys", "/health", "/v1/integrity/runs"):
        answer = getattr(api.client, method)(
            address, headers={"Authorization": f"Bearer {api.secret}"}
        )

        assert refused(answer) == (405, "method_not_allowed")


@pytest.mark.parametrize("key", ["", "x", "lg_live_" + "x" * 9000, "é", "lg_live_\x7f"])
def test_no_key_of_another_kind_opens(client: Client, key: str) -> None:
    for name, value in (("Authorization", f"Bearer {key}"), ("X-API-Key", key)):
        assert refused(client.get("/v1/ledger", headers={name: value}))[0] == 401
