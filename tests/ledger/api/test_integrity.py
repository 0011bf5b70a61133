"""Verification over HTTP: a quick verdict that writes nothing, and runs that become entries."""

from __future__ import annotations

import pytest

from ledger import queries, tasks
from ledger.integrity import rows, within
from ledger.queries import LedgerRef
from tests.support.api import Api, key_for
from tests.support.cast import Acme

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_broker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that would have woken a worker."""
    sent: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda _kind, job_id: sent.append(job_id))
    return sent


def test_the_answer_is_there_flat_and_nested(api: Api) -> None:
    api.record()

    answer = api.get("/v1/integrity/verify").json()

    assert answer["valid"] is True
    assert answer["total"] == 1
    assert answer["broken_at"] is None
    assert answer["verdict"] == answer["integrity"]["verdict"] == "intact"
    assert answer["integrity"]["size"] == 2
    assert answer["integrity"]["recomputed"] == {"from": 0, "to": 2}


def test_a_workspace_without_decisions_says_so(api: Api) -> None:
    answer = api.get("/v1/integrity/verify").json()

    assert answer["valid"] is True
    assert answer["message"] == "No decisions to verify."


def test_a_service_filter_counts_after_the_whole_ledger_was_verified(api: Api) -> None:
    api.record()
    api.record(service_name="router")

    answer = api.get("/v1/integrity/verify?service_name=router").json()

    assert answer["total"] == 1
    assert answer["integrity"]["size"] == 3
    assert answer["integrity"]["service"] == {"name": "router", "decisions": 1, "damaged": False}
    assert answer["service_filter"] == "router"


def test_verifying_writes_nothing(api: Api, ledger: LedgerRef) -> None:
    api.record()
    before = queries.end_of(ledger)

    api.get("/v1/integrity/verify")

    assert queries.end_of(ledger) == before


def test_a_ledger_too_large_for_the_time_is_unproven_and_says_what_to_do(
    api: Api, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        api.record()
    settings.VERIFY_SECONDS = -1
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)

    answer = api.get("/v1/integrity/verify").json()

    assert (answer["valid"], answer["verdict"]) == (True, "unproven")
    assert answer["integrity"]["recomputed"] == {"from": 0, "to": 2}
    assert "start a run" in answer["message"]


def test_a_ledger_too_large_for_the_time_leans_on_the_newest_run(
    api: Api, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.record()
    run_id = api.post("/v1/integrity/runs").json()["run_id"]
    tasks.run_integrity(run_id)
    api.record()
    monkeypatch.setattr(within, "USUAL_ENTRIES_PER_SECOND", 0)

    answer = api.get("/v1/integrity/verify").json()

    assert answer["verdict"] == "intact"
    assert answer["integrity"]["recomputed"] == {"from": 2, "to": 4}
    assert answer["integrity"]["earlier_run"]["run_id"] == run_id
    assert answer["integrity"]["size"] == 4


def test_a_run_is_asked_for_done_and_read(api: Api, ledger: LedgerRef, quiet_broker) -> None:
    api.record()

    asked = api.post("/v1/integrity/runs")
    run_id = asked.json()["run_id"]
    tasks.run_integrity(run_id)
    run = api.get(f"/v1/integrity/runs/{run_id}").json()

    assert asked.status_code == 202
    assert asked.headers["Location"] == f"/v1/jobs/{run_id}"
    assert quiet_broker == [run_id]
    assert (run["state"], run["verdict"], run["size"]) == ("succeeded", "intact", 2)
    assert queries.entry(ledger, run["seq"]).kind == "ledger.verified"


def test_the_entry_of_a_run_names_who_asked(api: Api, ledger: LedgerRef) -> None:
    run_id = api.post("/v1/integrity/runs").json()["run_id"]

    tasks.run_integrity(run_id)

    entry = queries.entry(ledger, api.get(f"/v1/integrity/runs/{run_id}").json()["seq"])
    assert entry.actor["ty"] == "service"
    assert entry.facts["mode"] == "full"
    assert entry.facts["verdict"] == "intact"


def test_one_idempotency_key_gives_one_run(api: Api) -> None:
    first = api.post("/v1/integrity/runs", Idempotency_Key="again")
    tasks.run_integrity(first.json()["run_id"])

    second = api.post("/v1/integrity/runs", Idempotency_Key="again")

    assert second.json()["run_id"] == first.json()["run_id"]
    assert second.headers["Idempotency-Replayed"] == "true"


def test_a_run_that_waits_answers_a_second_request(api: Api, quiet_broker) -> None:
    first = api.post("/v1/integrity/runs").json()["run_id"]

    second = api.post("/v1/integrity/runs").json()["run_id"]

    assert first == second
    assert quiet_broker == [first]


def test_runs_are_listed_newest_first_and_page_by_page(api: Api) -> None:
    made = []
    for _ in range(3):
        made.insert(0, api.post("/v1/integrity/runs").json()["run_id"])
        tasks.run_integrity(made[0])

    first = api.get("/v1/integrity/runs?limit=2").json()
    rest = api.get(f"/v1/integrity/runs?cursor={first['next_cursor']}").json()

    listed = [run["run_id"] for run in [*first["data"], *rest["data"]]]
    assert listed == made
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    answer = api.get("/v1/integrity/runs?cursor=abc")

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("unknown", [f"job_{'0' * 32}", "%00", "job_1"])
def test_an_unknown_run_is_not_found(api: Api, unknown: str) -> None:
    assert api.get(f"/v1/integrity/runs/{unknown}").status_code == 404
    assert api.get(f"/v1/jobs/{unknown}").status_code == 404
    assert api.post(f"/v1/jobs/{unknown}/cancel").status_code == 404


def test_a_body_with_keys_nobody_reads_is_refused(api: Api) -> None:
    answer = api.post("/v1/integrity/runs", {"mode": "quick"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown_field"


def test_recording_alone_does_not_open_verification(api: Api, acme: Acme) -> None:
    recorder = Api(key_for(acme.workspace, "record"), api.client)

    assert recorder.get("/v1/integrity/verify").status_code == 403
    assert recorder.post("/v1/integrity/runs").status_code == 403
