"""What a decision's page says once a correction stands."""

from __future__ import annotations

import re

from ledger.recording import Recorded


def page_of(reply: Recorded) -> str:
    return f"d/{reply.appended.header.seq}"


def test_who_may_not_supersede_a_correction_is_told_who_may(ada, ben, scene, reply):
    scene.correct(reply, ben.actor, {"response": "Refunded."})

    page = ada.get(page_of(reply)).content.decode()

    assert "A compliance officer can supersede it." in page


def test_a_flag_after_a_correction_is_shown_with_it(ada, ben, scene, reply):
    scene.correct(reply, ben.actor, {"response": "Refunded."})
    scene.flag(reply, ben.actor, "The correction is wrong too")

    page = ada.get(page_of(reply)).content.decode()

    assert "Ben flagged this." in page
    assert re.search(r"Corrected</span><span class=.chip flagged.", page)


def test_a_correction_too_long_for_a_page_is_not_printed_on_it(ada, ben, scene):
    reply = scene.record(output={"response": "x" * 300_000})
    scene.correct(reply, ben.actor, {"response": "y" * 300_000})

    page = ada.get(page_of(reply)).content

    assert b"too much to read on a page" in page
    assert len(page) < 100_000
