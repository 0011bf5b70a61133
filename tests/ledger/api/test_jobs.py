"""Jobs over HTTP: their owner watches and cancels them, and nobody else knows of them."""

from __future__ import annotations

import pytest

from ledger import tasks
from tests.support.api import Api, key_for
from tests.support.cast import Acme

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "wake", lambda _kind, _job_id: None)


@pytest.fixture
def waiting(api: Api) -> str:
    return api.post("/v1/integrity/runs").json()["job_id"]


def test_a_finished_job_leads_to_its_result(api: Api, waiting: str) -> None:
    tasks.run_integrity(waiting)

    job = api.get(f"/v1/jobs/{waiting}").json()

    assert job["state"] == "succeeded"
    assert job["result_url"] == f"/v1/integrity/runs/{waiting}"
    assert job["error"] is None


def test_a_waiting_job_is_cancelled_at_once(api: Api, waiting: str) -> None:
    answer = api.post(f"/v1/jobs/{waiting}/cancel")
    tasks.run_integrity(waiting)

    assert answer.json()["state"] == "cancelled"
    assert api.get(f"/v1/jobs/{waiting}").json()["state"] == "cancelled"


def test_a_job_that_is_over_cannot_be_cancelled(api: Api, waiting: str) -> None:
    tasks.run_integrity(waiting)

    answer = api.post(f"/v1/jobs/{waiting}/cancel")

    assert answer.status_code == 409
    assert answer.json()["code"] == "state_conflict"


def test_jobs_are_listed_to_their_owner_alone(api: Api, acme: Acme, waiting: str) -> None:
    other = Api(key_for(acme.workspace, "verify"), api.client)

    assert [job["job_id"] for job in api.get("/v1/jobs").json()["data"]] == [waiting]
    assert other.get("/v1/jobs").json()["data"] == []
    assert other.get(f"/v1/jobs/{waiting}").status_code == 404
    assert other.post(f"/v1/jobs/{waiting}/cancel").status_code == 404
