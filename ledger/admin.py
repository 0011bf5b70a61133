"""Django's admin over the ledger: officers look, and nobody adds, changes or deletes.

A list shows one workspace, in which the person is compliance officer or admin; what belongs to any
other one is not found. Rows are looked up by number, and a count ends at MOST_COUNTED.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from accounts import queries as accounts
from accounts.models import Workspace
from ledger import queries
from ledger.errors import NotFound
from ledger.models.admin_rows import AdminRow, CheckpointRow, DecisionRow, EntryRow
from ledger.queries.filters import STATUSES

if TYPE_CHECKING:
    _Paginator = Paginator[AdminRow]
    _ModelAdmin = admin.ModelAdmin[AdminRow]
else:  # Django's own classes take no type arguments
    _Paginator = Paginator
    _ModelAdmin = admin.ModelAdmin

MOST_COUNTED = 10_000
_KINDS = (
    "decision.recorded",
    "decision.marked_incorrect",
    "decision.confirmed",
    "verdict.superseded",
    "correction.attached",
    "correction.superseded",
    "export.made",
    "key.added",
    "key.retired",
    "ledger.genesis",
    "ledger.heartbeat",
    "ledger.verified",
    "settings.changed",
)


def workspaces_for(request: HttpRequest) -> list[Workspace]:
    """Return the workspaces whose records the person may look at here, by name."""
    user = request.user
    if not user.is_authenticated:
        return []
    return list(accounts.workspaces_of(user, at=timezone.now(), act="open_admin_site"))


def in_open_ledger(rows: QuerySet[Any], workspace: Workspace) -> QuerySet[Any]:
    """Return the rows of a workspace's ledger: by its id, which the indexes begin with."""
    try:
        return rows.filter(ledger_id=queries.ledger_of(workspace.pk).ledger_id)
    except NotFound:
        return rows.none()


class CountedSoFar(_Paginator):
    """Counts up to MOST_COUNTED and no further; filters reach what lies behind."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most MOST_COUNTED."""
        rows = cast("QuerySet[AdminRow]", self.object_list)
        return rows.order_by()[:MOST_COUNTED].count()


class InWorkspace(admin.SimpleListFilter):
    """One workspace at a time: the first by name unless another one is chosen."""

    title = "workspace"
    parameter_name = "workspace"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Return the workspaces that may be chosen."""
        return [(workspace.slug, workspace.name) for workspace in workspaces_for(request)]

    def has_output(self) -> bool:
        """Show the choice as soon as there is one."""
        return len(self.lookup_choices) > 1

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
        """Return the rows as they are: `ReadOnly.get_queryset` has chosen, shown or not."""
        return queryset

    def choices(self, changelist: ChangeList) -> Any:
        """Return the choices; there is no "all", for numbers of two ledgers have no order."""
        chosen = self.value() or (self.lookup_choices[0][0] if self.lookup_choices else "")
        for slug, name in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: slug})
            yield {"selected": slug == chosen, "query_string": query, "display": name}


def choice_filter(name: str, words: Sequence[str]) -> type[admin.SimpleListFilter]:
    """Return a filter with fixed words: looking them up would read the whole table."""

    class Choice(admin.SimpleListFilter):
        title = name.replace("_", " ")
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
            return [(word, word) for word in words]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002
            return queryset.filter(**{name: self.value()}) if self.value() else queryset

    return Choice


class ReadOnly(_ModelAdmin):
    """Rows that are looked at: newest first, in one workspace, by number."""

    actions = None
    ordering: ClassVar[tuple[str, ...]] = ("-seq",)
    sortable_by = ()
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    paginator = CountedSoFar
    list_filter: ClassVar[Any] = (InWorkspace,)
    # What a word that is no number is compared with, exactly.
    searched: ClassVar[tuple[str, ...]] = ()
    search_fields = ("seq",)
    search_help_text = "The number of an entry."

    def get_queryset(self, request: HttpRequest) -> QuerySet[AdminRow]:
        """Return the rows of the chosen workspace; one the person may not see has none."""
        allowed = {workspace.slug: workspace for workspace in workspaces_for(request)}
        slug = request.GET.get(InWorkspace.parameter_name) or next(iter(allowed), "")
        rows = super().get_queryset(request)
        return in_open_ledger(rows, allowed[slug]) if slug in allowed else rows.none()

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002
        queryset: QuerySet[AdminRow],
        search_term: str,
    ) -> tuple[QuerySet[AdminRow], bool]:
        """Return the rows whose number or whole name is the term; nothing is searched through."""
        term = search_term.strip().removeprefix("#")
        if not term or "\0" in term:
            return (queryset.none() if term else queryset), False
        if term.isascii() and term.isdigit() and len(term) < len(str(2**63)):
            return queryset.filter(seq=int(term)), False
        found = queryset.none()
        for name in self.searched:
            found = found | queryset.filter(**{name: term})
        return found, False

    def get_object(
        self,
        request: HttpRequest,
        object_id: str,
        from_field: str | None = None,  # noqa: ARG002
    ) -> AdminRow | None:
        """Return the row `acme/48213`, looked up by workspace and number."""
        slug, _, number = object_id.rpartition("/")
        allowed = {workspace.slug: workspace for workspace in workspaces_for(request)}
        if slug not in allowed or not (number.isascii() and number.isdigit()):
            return None
        if len(number) >= len(str(2**63)):
            return None
        rows = self.model._default_manager.all()  # noqa: SLF001
        return in_open_ledger(rows, allowed[slug]).filter(seq=int(number)).first()

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may look at the records of any workspace."""
        return bool(workspaces_for(request))

    def has_view_permission(self, request: HttpRequest, obj: AdminRow | None = None) -> bool:
        """Say whether the person may look at this row, or at any."""
        allowed = workspaces_for(request)
        return bool(allowed) if obj is None else obj.workspace in {one.slug for one in allowed}

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Nobody deletes."""
        return False


@admin.register(EntryRow)
class EntryAdmin(ReadOnly):
    """Entries with the headers that were sealed."""

    list_display = ("seq", "kind", "decision_id", "recorded_at", "leaf_hash")
    list_display_links = ("seq",)
    list_filter: ClassVar[Any] = (InWorkspace, choice_filter("kind", _KINDS))
    searched = ("decision_id",)
    search_help_text = "The number of an entry, or the id of a decision."


@admin.register(DecisionRow)
class DecisionAdmin(ReadOnly):
    """Decisions and where they stand."""

    list_display = ("seq", "service", "decision_type", "status", "verdict", "model", "created_at")
    list_display_links = ("seq",)
    list_filter: ClassVar[Any] = (
        InWorkspace,
        choice_filter("status", STATUSES),
        choice_filter("verdict", ("confirmed", "incorrect", "corrected")),
        choice_filter("risk_tier", ("high", "limited", "minimal")),
    )
    searched = ("decision_id", "service")
    search_help_text = "The number or id of a decision, or the whole name of a service."


@admin.register(CheckpointRow)
class CheckpointAdmin(ReadOnly):
    """Signed checkpoints; the number is the size they cover."""

    list_display = ("seq", "note")
    list_display_links = ("seq",)
    search_help_text = "The size of a checkpoint."
