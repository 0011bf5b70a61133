"""Names in a query that have to be looked up: who `by:` means, and what a wildcard stands for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection

from accounts.models import ApiKey, User
from ledger.queries import LedgerRef
from ledger.search.parsing import Value
from ledger.search.registry import Asked

SOME_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
# More different names than this are not looked up one by one; the rows are compared instead.
MOST_NAMES = 2000


def beginning_with(ledger: LedgerRef, column: str, start: str) -> list[str] | None:
    """Return the different values of an indexed column that begin with `start`; None if too many.

    One query that hops through the index from value to value, however many decisions share one.
    """
    hop = (
        f"SELECT {column} FROM ledger_decision WHERE ledger_id = %s AND {column} {{}}"  # noqa: S608  our own names
        f" ORDER BY {column} LIMIT 1"
    )
    statement = (
        f"WITH RECURSIVE known(name) AS (({hop.format('IS NOT NULL')}) UNION ALL"  # noqa: S608  our own names
        f" SELECT ({hop.format('> known.name')}) FROM known WHERE known.name IS NOT NULL)"
        " SELECT name FROM known WHERE name IS NOT NULL LIMIT %s"
    )
    with connection.cursor() as rows:
        rows.execute(statement, [ledger.ledger_id, ledger.ledger_id, MOST_NAMES + 1])
        found = [name for (name,) in rows.fetchall()]
    if len(found) > MOST_NAMES:
        return None
    return [name for name in found if name.startswith(start)]


def actors_of(asked: Asked, values: Iterable[Value]) -> list[str]:
    """Return the ids of the people and keys these values name, in any case of letters.

    A person is named by their name or a word of it, their email address or what stands before the
    @; a key by its name. `me` is who asks. An id names itself, also when its owner has left.
    """
    found: set[str] = set()
    known: list[tuple[str, set[str]]] | None = None
    for value in values:
        wanted = value.text.casefold()
        if wanted == "me" and not value.quoted:
            found.add(asked.actor_id)
        elif wanted.startswith(("usr_", "key_")):
            found.add(wanted)
        else:
            known = known if known is not None else _known(asked.ledger)
            found |= {
                public_id
                for public_id, names in known
                if wanted in names or (value.open and any(n.startswith(wanted) for n in names))
            }
    return sorted(found - {""})


def _known(ledger: LedgerRef) -> list[tuple[str, set[str]]]:
    people = User.objects.filter(memberships__workspace_id=ledger.workspace_id).distinct()
    rows = [
        (public_id, {name.casefold(), *name.casefold().split(), email, email.partition("@")[0]})
        for public_id, name, email in people.values_list("public_id", "display_name", "email")
    ]
    keys = ApiKey.objects.filter(workspace_id=ledger.workspace_id)
    rows += [(key, {name.casefold()}) for key, name in keys.values_list("public_id", "name")]
    return rows
