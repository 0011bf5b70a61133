"""The page of a decision and the acts on it. A form works alike alone and loaded by htmx."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from ledger import queries, reviewing
from ledger.content import Piece, written
from ledger.errors import (
    Conflict,
    InvalidContent,
    KeyInProgress,
    KeyReused,
    NotFound,
    StaleReview,
    Unavailable,
)
from ledger.idempotency import Claim, Earlier
from ledger.queries import PartContent
from ledger.reviewing import CorrectionContent, DecisionRef, Judged
from ledger.states import Act
from ledger.views.gate import Place, form_claim, is_fragment, workspace_page
from reviews.forms import ActForm, ConfirmForm, CorrectForm, FlagForm, SupersedeForm
from reviews.queries import Desk, desk_of

ACTS = "reviews/_acts.html"
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
Verb = Callable[[Claim], Judged | Earlier]

read_only = workspace_page("read")
form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@read_only
def decision(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Show a decision: what the model saw, what it decided, what people said, and the proof."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    receipt = desk.event(_number(request.GET.get("receipt")))
    return _show(request, place, desk, receipt=receipt if receipt != desk.history[0] else None)


@require_safe
@read_only
def decision_by_id(_request: HttpRequest, place: Place, decision_id: str) -> HttpResponse:
    """Send an address that names the id on to the one that names the entry."""
    found = queries.decision(place.ledger, decision_id)
    return redirect("reviews:decision", workspace=place.workspace.slug, seq=found.seq)


@require_safe
@read_only
def raw(_request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Download the recorded members exactly as they were sent; what is gone says why."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    members = [
        b'"%s":%s' % (part.name.encode(), part.content or _gone(part))
        for part in desk.parts.values()
        if part.name != "actor"
    ]
    answer = HttpResponse(b"{" + b",".join(members) + b"}\n", content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="decision-{seq}.json"'
    return answer


@require_safe
@read_only
def acts(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Show the acts again, after a form was left."""
    return _show(request, place, desk_of(place.ledger, seq, actor=place.actor))


@require_POST
@workspace_page("review")
def confirm(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Record that the decision looks right."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _show(request, place, desk, status=422, form=form)

    def verb(claim: Claim) -> Judged | Earlier:
        return reviewing.confirm(
            _ref(place, desk),
            actor=place.acting("review"),
            clock=timezone.now,
            expected_newest=form.cleaned_data["seen"],
            claim=claim,
        )

    return _record(request, place, desk, verb, form=form, template=ACTS)


@form_page
@workspace_page("review")
def flag(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Ask what was wrong, and record the flag."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    form = FlagForm(request.POST or None, initial=_fresh(desk))
    if not form.is_valid():
        return _show(request, place, desk, "reviews/_flag.html", form=form)

    def verb(claim: Claim) -> Judged | Earlier:
        return reviewing.mark_incorrect(
            _ref(place, desk),
            actor=place.acting("review"),
            clock=timezone.now,
            reason=_piece("reason", form.given("reason")),
            reason_code=form.given("reason_code"),
            severity=form.given("severity"),
            expected_newest=form.cleaned_data["seen"],
            claim=claim,
        )

    return _record(request, place, desk, verb, form=form, template="reviews/_flag.html")


@form_page
@workspace_page("review")
def correct(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Ask what the output should have been, and record the correction."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    output = desk.parts["output"].content
    form = CorrectForm(request.POST or None, initial=_fresh(desk), output=output)
    if not form.is_valid():
        return _show(request, place, desk, "reviews/_correct.html", form=form)

    def verb(claim: Claim) -> Judged | Earlier:
        return reviewing.attach_correction(
            _ref(place, desk),
            CorrectionContent(
                correction=Piece("correction", "p", form.cleaned_data["output"]),
                corrected_by=written("corrected_by", place.actor.display_name),
                notes=_piece("notes", form.given("notes")),
                reason_code=form.given("reason_code"),
            ),
            actor=place.acting("review"),
            clock=timezone.now,
            expected_newest=form.cleaned_data["seen"],
            claim=claim,
        )

    return _record(request, place, desk, verb, form=form, template="reviews/_correct.html")


@form_page
@workspace_page("supersede_own")
def supersede(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Ask what shall stand instead of a verdict and why, and record it."""
    desk = desk_of(place.ledger, seq, actor=place.actor)
    target = _target(desk, request.POST.get("entry") or request.GET.get("entry"))
    form = SupersedeForm(request.POST or None, initial=_fresh(desk) | {"entry": target.seq})
    if not form.is_valid():
        return _show(request, place, desk, "reviews/_supersede.html", form=form, target=target)

    def verb(claim: Claim) -> Judged | Earlier:
        return reviewing.supersede(
            _ref(place, desk),
            entry=target.seq,
            verdict=form.cleaned_data["verdict"],
            reason=written("reason", form.cleaned_data["reason"]),
            actor=place.actor,
            clock=timezone.now,
            expected_newest=form.cleaned_data["seen"],
            claim=claim,
        )

    return _record(
        request, place, desk, verb, form=form, template="reviews/_supersede.html", target=target
    )


# --- what every act shares --------------------------------------------------------------------


def _record(
    request: HttpRequest,
    place: Place,
    desk: Desk,
    verb: Verb,
    *,
    form: ActForm,
    template: str,
    **context: Any,
) -> HttpResponse:
    """Run a verb and go to its receipt; a refusal is said above the form, which keeps its words."""
    try:
        answer = verb(form_claim(request, place, form.cleaned_data["form_key"]))
    except StaleReview:
        return _conflict(request, place, desk, form=form, template=template, **context)
    except KeyReused:
        form.add_error(None, _("This form was sent before with other words. Check the timeline."))
        status = 409
    except (Conflict, KeyInProgress) as refused:
        form.add_error(None, str(refused))
        status = 409
    except InvalidContent as refused:
        form.add_error(None, str(refused))
        status = 422
    except Unavailable:
        form.add_error(
            None, _("The ledger cannot take an entry right now. Send it again in a moment.")
        )
        status = 503
    else:
        return _receipt(request, place, desk, answer)
    return _show(request, place, desk, template, form=_resendable(form), status=status, **context)


def _conflict(
    request: HttpRequest, place: Place, desk: Desk, *, form: ActForm, template: str, **context: Any
) -> HttpResponse:
    """Show what came in between beside what was typed; sending again is a decision of its own."""
    now = desk_of(place.ledger, desk.decision.seq, actor=place.actor)
    newer = now.since(form.cleaned_data["seen"])
    form = _resendable(form, seen=now.seen)
    return _show(request, place, now, template, form=form, newer=newer, status=409, **context)


def _resendable(form: ActForm, **changed: int) -> ActForm:
    """Return the form with a key of its own, so that sending it again is not a resend."""
    form.data = form.data.copy()  # type: ignore[attr-defined]
    form.data.update({"form_key": secrets.token_hex(16)} | changed)  # type: ignore[attr-defined]
    return form


def _receipt(
    request: HttpRequest, place: Place, desk: Desk, answer: Judged | Earlier
) -> HttpResponse:
    seq = answer.seq if isinstance(answer, Earlier) else answer.appended[0].header.seq
    address = f"{_address(place, desk)}?receipt={seq}#receipt"
    if is_fragment(request):
        return HttpResponseClientRedirect(address)
    return redirect(address)


def _show(
    request: HttpRequest,
    place: Place,
    desk: Desk,
    template: str = ACTS,
    *,
    form: ActForm | None = None,
    status: int | None = None,
    **context: Any,
) -> HttpResponse:
    """Render the decision with a form or the acts on it; for htmx, only that form or those."""
    address = _address(place, desk)
    context |= {
        "nav": "decisions",
        "workspace": place.workspace,
        "desk": desk,
        "decision": desk.decision,
        "act_base": address,
        "raw_url": f"{address}/raw.json",
        "may_review": place.may("review"),
        "form": form,
        "form_key": secrets.token_hex(16),
        "verdict_template": template,
    }
    if status is None:
        status = 422 if form is not None and form.is_bound else 200
    whole = not is_fragment(request)
    return render(request, "reviews/decision.html" if whole else template, context, status=status)


def _gone(part: PartContent) -> bytes:
    """Return what stands for content that was erased or is not what was sealed, as in the API."""
    why, entry = ("erased", part.erased_seq) if part.state == "erased" else ("altered", part.seq)
    return b'{"loopgrid:%s":{"entry":%d}}' % (why.encode(), entry or part.seq)


def _fresh(desk: Desk) -> dict[str, Any]:
    return {"seen": desk.seen, "form_key": secrets.token_hex(16)}


def _address(place: Place, desk: Desk) -> str:
    return reverse("reviews:decision", args=(place.workspace.slug, desk.decision.seq))


def _ref(place: Place, desk: Desk) -> DecisionRef:
    return DecisionRef(place.ledger, desk.decision.decision_id)


def _piece(name: str, text: str | None) -> Piece | None:
    return None if text is None else written(name, text)


def _number(text: str | None) -> int | None:
    return int(text) if text and _NUMBER.fullmatch(text) else None


def _target(desk: Desk, wanted: str | None) -> Act:
    """Return the verdict to supersede: the one named, else the newest. Raises NotFound."""
    acts = desk.supersedable
    seq = _number(wanted) if wanted else next((act.seq for act in acts), None)
    found = next((act for act in acts if act.seq == seq), None)
    if found is None:
        raise NotFound("There is no such verdict to supersede.")
    return found
