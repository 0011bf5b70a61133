"""What an operator does to whole workspaces from the shell, by their slugs."""

from __future__ import annotations

from django.db import connection

from accounts.models import Workspace
from ledger import counting, indexing, projection, queries
from ledger.append import Clock, hold
from ledger.errors import NotFound
from ledger.integrity.ranges import verify_in_processes
from ledger.integrity.result import IntegrityResult
from ledger.integrity.verifying import Progress, Scope, verify_integrity
from ledger.integrity.within import nothing_there
from ledger.queries import LedgerRef
from ledger.transactions import act


def workspace_slugs() -> list[str]:
    """Return the slug of every workspace."""
    return list(Workspace.objects.order_by("slug").values_list("slug", flat=True))


def verify_slug(
    slug: str, *, clock: Clock, progress: Progress | None = None, processes: int = 1
) -> IntegrityResult:
    """Recompute the whole ledger of a workspace; one without a ledger is broken.

    Several processes say nothing of their progress.
    """
    workspace = Workspace.objects.get(slug=slug)
    scope = Scope() if progress is None else Scope(progress=progress)
    try:
        if processes > 1:
            return verify_in_processes(queries.ledger_of(workspace.pk), processes=processes)
        return verify_integrity(queries.ledger_of(workspace.pk), scope)
    except NotFound:
        return nothing_there(workspace, at=clock())


def rebuild_read_models(slug: str, *, clock: Clock) -> int:
    """Fold every decision of a workspace again and return their number. Raises NotFound."""
    ledger = queries.ledger_of(Workspace.objects.get(slug=slug).pk)
    decisions = _rebuild(ledger, clock=clock)
    # Counters and search copies were made from the rows that are gone; followers make them again.
    counting.recount(ledger)
    indexing.index_again(ledger)
    return decisions


@act
def _rebuild(ledger: LedgerRef, *, clock: Clock) -> int:
    hold(ledger, clock=clock)
    with connection.cursor() as cursor:
        # The lock's limits are those of a short act, and this one reads every entry.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    return projection.rebuild(connection.connection, ledger.ledger_id)
