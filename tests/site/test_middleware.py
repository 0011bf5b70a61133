"""What every request passes through: an id, common headers, and no session for programs."""

from __future__ import annotations

import io
import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from loopgrid_site.middleware import PagesOnly, is_program_path

pytestmark = pytest.mark.django_db


def test_every_answer_carries_an_id(client: Client) -> None:
    for path in ("/health/live", "/login", "/v1/nothing"):
        assert re.fullmatch(r"req_[0-9a-f]{32}", client.get(path).headers["X-Request-ID"])


@pytest.mark.parametrize(
    ("sent", "kept"), [("mine-7", True), ("x" * 129, False), ("two words", False), ("é", False)]
)
def test_the_callers_id_is_kept_if_it_can_be_echoed(client: Client, sent: str, kept: bool) -> None:
    answer = client.get("/health/live", headers={"X-Request-ID": sent})

    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_every_answer_names_the_version_and_forbids_guessing(client: Client) -> None:
    for path in ("/health/live", "/login", "/v1/nothing"):
        headers = client.get(path).headers

        assert headers["LoopGrid-Version"] == "1.0.0"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_programs_get_no_cookie(client: Client) -> None:
    assert client.get("/v1/nothing").cookies == {}
    assert client.get("/login").cookies != {}


@pytest.mark.parametrize(
    ("path", "program"),
    [("/v1/decisions", True), ("/log/acme/checkpoint", True), ("/login", False)],
)
def test_programs_are_told_from_pages_by_their_address(path: str, program: bool) -> None:
    assert is_program_path(path) is program


def test_what_a_refused_program_still_sends_is_read(rf: RequestFactory) -> None:
    sent = io.BytesIO(b"x" * 300_000)
    request = rf.generic("POST", "/v1/nothing", b"")
    request.META["wsgi.input"] = sent
    request._stream = sent

    PagesOnly(lambda _request: HttpResponse())(request)

    assert sent.read() == b""


def test_what_a_page_was_sent_is_its_own_to_read(rf: RequestFactory) -> None:
    sent = io.BytesIO(b"x" * 300_000)
    request = rf.generic("POST", "/login", b"")
    request._stream = sent
    seen: list[HttpRequest] = []

    def page(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    layers = PagesOnly(page)
    layers.pages = page
    layers(request)

    assert len(sent.read()) == 300_000
