"""The cast: people, keys and a workspace of their own for each test.

Kim develops, Ada and Ben review, Noor and Omar are compliance officers, Lee is admin, Theo audits,
Sam belongs to another workspace; `support-agent` is the service. Everything is made through the
front door.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from loopgrid_proof.errors import Verdict

from accounts import actors, granting, ids
from accounts.actors import Actor
from accounts.models import Workspace
from ledger import content, integrity, recording, reviewing, upkeep
from ledger.queries import LedgerRef
from ledger.reviewing import CorrectionContent, DecisionRef, Judged

__all__ = ["acme", "agent", "ben", "ledger", "make_workspace", "noor", "person", "record", "scene"]


def clock() -> datetime:
    """Return the process clock, as doors pass it."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Acme:
    """A workspace with its open ledger."""

    workspace: Workspace
    ledger: LedgerRef


def make_workspace(name: str = "acme") -> Acme:
    slug = f"{name}-{ids.draw_uuid().hex[-12:]}"
    workspace = granting.open_workspace(slug, name=name.title())
    ledger = upkeep.open_ledger(
        ledger_id=ids.draw_uuid(), workspace_id=workspace.id, slug=slug, clock=clock
    )
    return Acme(workspace, ledger)


@pytest.fixture
def acme(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[Acme]:
    """A fresh workspace whose ledger holds entry 0 alone; after the test it must not be broken.

    Whatever a test did through the front door, the ledger it leaves has to stand. A test that
    damages it on purpose says so: `pytest.mark.damages`.
    """
    acme = make_workspace()
    yield acme
    if request.node.get_closest_marker("damages") is None:
        result = integrity.verify_integrity(acme.ledger)
        assert result.verdict is not Verdict.BROKEN, result.message


@pytest.fixture
def ledger(acme: Acme) -> LedgerRef:
    return acme.ledger


@pytest.fixture
def agent() -> Actor:
    """The service `support-agent`, by its key."""
    return actors.service(ids.draw_id("key"))


def person(name: str, role: str) -> Actor:
    return Actor(
        "person",
        ids.draw_id("usr"),
        "session",
        role=role,
        login="password",
        display_name=name,
        email=f"{name.lower()}@example.org",
        roles=(role,),
    )


@pytest.fixture
def ben() -> Actor:
    return person("Ben", "reviewer")


@pytest.fixture
def noor() -> Actor:
    return person("Noor", "compliance_officer")


def body(**members: Any) -> bytes:
    """Return the body of a recording request; members replace or join the usual ones."""
    usual = {
        "service_name": "support-agent",
        "decision_type": "customer_support_reply",
        "input": {"message": "I was charged twice"},
        "model": {"provider": "openai", "name": "gpt-4"},
        "output": {"response": "Your account looks fine."},
    }
    return json.dumps(usual | members).encode()


@dataclass(frozen=True)
class Scene:
    """A ledger and the verbs on it, with the clock and the usual words filled in."""

    ledger: LedgerRef
    agent: Actor

    def record(self, raw: bytes | None = None, **members: Any) -> recording.Recorded:
        submission = content.split_parts(content.slice_members(raw or body(**members)))
        answer = recording.record_decision(self.ledger, submission, actor=self.agent, clock=clock)
        assert isinstance(answer, recording.Recorded)
        return answer

    def at(self, recorded: recording.Recorded) -> DecisionRef:
        return DecisionRef(self.ledger, recorded.decision_id)

    def flag(
        self, recorded: recording.Recorded, actor: Actor, reason: str | None = None, **more: Any
    ) -> Judged:
        piece = content.written("reason", reason) if reason else None
        answer = reviewing.mark_incorrect(
            self.at(recorded), actor=actor, clock=clock, reason=piece, **more
        )
        assert isinstance(answer, Judged)
        return answer

    def correct(
        self, recorded: recording.Recorded, actor: Actor, output: Any, **more: Any
    ) -> Judged:
        answer = reviewing.attach_correction(
            self.at(recorded), correction_of(output), actor=actor, clock=clock, **more
        )
        assert isinstance(answer, Judged)
        return answer


def correction_of(
    output: Any, by: str = "ben@example.org", notes: str | None = None
) -> CorrectionContent:
    return CorrectionContent(
        content.written("correction", output),
        content.written("corrected_by", by),
        content.written("notes", notes) if notes else None,
    )


@pytest.fixture
def scene(ledger: LedgerRef, agent: Actor) -> Scene:
    return Scene(ledger, agent)


@pytest.fixture
def record(scene: Scene) -> Callable[..., recording.Recorded]:
    return scene.record
