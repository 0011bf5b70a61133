"""Lists of decisions in two forms: numbered pages, as ever, and cursors, which never drift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

from django.http import HttpRequest
from rest_framework.response import Response

from ledger import cursors, search
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.objects import decision_object
from ledger.api.problems import invalid_parameter
from ledger.queries import lists, records_of
from ledger.queries.filters import Filters
from ledger.states import DecisionState

PAGED: Final = ("page", "page_size")
BY_CURSOR: Final = ("cursor", "limit", "order", "count")
MAX_PAGE_SIZE: Final = 100
MAX_LABEL: Final = 8192
MAX_CURSOR: Final = 400

Row = TypeVar("Row")


def wants_cursor(request: HttpRequest) -> bool:
    """Say which form is asked for; raises Problem when the parameters of both are mixed."""
    cursor = [name for name in BY_CURSOR if name in request.GET]
    paged = [name for name in PAGED if name in request.GET]
    if cursor and paged:
        raise invalid_parameter(paged[0], f"does not go together with {cursor[0]}.")
    return bool(cursor)


def by_page(view: WorkspaceAPIView) -> Response:
    """Return a numbered page with the exact total."""
    page = parameters.whole(view.plain, "page", default=1, low=1, high=parameters.MAX_PAGE)
    size = parameters.whole(view.plain, "page_size", default=20, low=1, high=MAX_PAGE_SIZE)
    filters, _order = read_filters(view)
    found = lists.page_of(view.ledger, filters, page=page, page_size=size)
    return Response(
        {
            "decisions": _objects(view, found.states),
            "total": found.total,
            "page": page,
            "page_size": size,
            "has_more": found.has_more,
            "next_cursor": found.next_cursor,
        }
    )


def by_cursor(view: WorkspaceAPIView) -> Response:
    """Return what follows a cursor, newest first or, with `order=old`, oldest first."""
    limit = parameters.whole(view.plain, "limit", default=50, low=1, high=lists.MAX_LIMIT)
    count = parameters.flag(view.plain, "count")
    filters, wanted = read_filters(view)
    order = parameters.choice(view.plain, "order", ("new", "old"), default=wanted)
    found = lists.after(
        view.ledger,
        filters,
        cursor=parameters.text(view.plain, "cursor", most=MAX_LABEL),
        limit=limit,
        order=cast("lists.Order", order),
        count=count,
    )
    answer = {
        "data": _objects(view, found.states),
        "next_cursor": found.next_cursor,
        "has_more": found.has_more,
    }
    return slice_answer(view.plain, answer | ({"total": found.total} if count else {}))


def by_id(
    view: WorkspaceAPIView,
    name: str,
    read: Callable[[str | None, int], Sequence[Row]],
    *,
    id_of: Callable[[Row], str],
    shown: Callable[[Row], Mapping[str, Any]],
) -> Response:
    """Return a slice of list `name`, newest first, whose ids are in the order of time.

    `read` gets the id to go on after, None at the beginning, and how many rows to read at most.
    """
    limit = parameters.whole(view.plain, "limit", default=50, low=1, high=lists.MAX_LIMIT)
    after = parameters.text(view.plain, "cursor", most=MAX_CURSOR)
    found = read(cursors.read(view.ledger, name, after), limit + 1)
    kept, more = found[:limit], len(found) > limit
    answer = {
        "data": [shown(row) for row in kept],
        "next_cursor": cursors.write(view.ledger, name, id_of(kept[-1])) if more else None,
        "has_more": more,
    }
    return slice_answer(view.plain, answer)


def slice_answer(request: HttpRequest, answer: Mapping[str, Any]) -> Response:
    """Return one slice of a list, with the address of the next one as a link (RFC 8288)."""
    cursor = answer["next_cursor"]
    if cursor is None:
        return Response(answer)
    following = [(k, v) for k, values in request.GET.lists() for v in values if k != "cursor"]
    address = f"{request.path}?{urlencode([*following, ('cursor', cursor)])}"
    return Response(answer, headers={"Link": f'<{address}>; rel="next"'})


def read_filters(view: WorkspaceAPIView) -> tuple[Filters, str]:
    """Return the conditions of the list that is asked for, and the order its search asks for.

    A key that is limited to services sees theirs alone.
    """
    request = view.plain
    query = search.parse_query(request.GET.get("q", ""), strict=True)
    filters = search.filters_of(
        view.ledger,
        query,
        at=view.clock(),
        actor_id=view.actor.id,
        service=parameters.text(request, "service_name", most=MAX_LABEL),
        decision_type=parameters.text(request, "decision_type", most=MAX_LABEL),
        status=parameters.text(request, "status", most=MAX_LABEL),
        within=sorted(view.access.services),
    )
    return filters, query.order or "new"


def _objects(view: WorkspaceAPIView, states: tuple[DecisionState, ...]) -> list[dict[str, Any]]:
    return [decision_object(view.ledger, record) for record in records_of(view.ledger, states)]
