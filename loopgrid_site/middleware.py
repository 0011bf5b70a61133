"""What every request passes through, and what only pages need.

Programs call `/v1` thousands of times a second; sessions, CSRF and templates' middleware cost more
than recording does. `PagesOnly` keeps them off those paths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.utils.module_loading import import_string

from accounts.ids import draw_id
from ledger.api import bodies
from ledger.api.problems import Problem, problem_answer

PROGRAM_PATHS = ("/v1", "/log/", "/health", "/metrics", "/openapi.json")
MAX_REQUEST_ID = 128
MAX_URL: Final = 8 * 1024
MAX_HEADERS: Final = 16 * 1024
_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))

Handler = Callable[[HttpRequest], HttpResponseBase]


def is_program_path(path: str) -> bool:
    """Say whether `path` belongs to programs, which never carry a session."""
    return path.startswith(PROGRAM_PATHS)


def too_long(request: HttpRequest) -> Problem | None:
    """Return the problem of an address or headers beyond what is read, None without one."""
    if len(request.get_full_path()) > MAX_URL:
        return Problem("uri_too_long", "The address may have at most 8 KiB.")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > MAX_HEADERS:
        return Problem("headers_too_large", "The headers may have at most 16 KiB.")
    return None


def not_allowed(request: HttpRequest, allow: str) -> HttpResponseBase:
    """Return the answer to a method that a plain view refused, in place of an empty page."""
    words = "See the header Allow."
    return problem_answer(Problem("method_not_allowed", words, headers={"Allow": allow}), request)


class RequestMiddleware:
    """Give every request an id and every answer the headers that all answers share."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request, with its id and the product's headers on the answer."""
        sent = request.headers.get("X-Request-ID", "")
        usable = 0 < len(sent) <= MAX_REQUEST_ID and _PRINTABLE.issuperset(sent)
        request.request_id = sent if usable else draw_id("req")  # type: ignore[attr-defined]
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            response = not_allowed(request, response.headers["Allow"])
        response.headers.setdefault("X-Request-ID", request.request_id)  # type: ignore[attr-defined]
        response.headers.setdefault("LoopGrid-Version", settings.VERSION)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if not response.streaming and not response.has_header("Content-Length"):
            # Without a length the server would send chunks, or close the connection after them.
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response


class PagesOnly:
    """Run `settings.PAGE_MIDDLEWARE` for pages and step over it for programs."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.layers: list[object] = []
        chain = convert_exception_to_response(get_response)
        for path in reversed(settings.PAGE_MIDDLEWARE):
            layer = import_string(path)(chain)
            self.layers.insert(0, layer)
            chain = convert_exception_to_response(layer)
        self.pages = cast("Handler", chain)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a program at once, a page through the pages' layers."""
        if is_program_path(request.path_info):
            problem = too_long(request)
            response = problem_answer(problem, request) if problem else self.get_response(request)
            # A client that is still sending would never see the answer of a closed connection.
            bodies.drain(request)
            return response
        return self.pages(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., object],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Call the pages' own `process_view` hooks, among them the CSRF check."""
        if is_program_path(request.path_info):
            return None
        for layer in self.layers:
            hook = getattr(layer, "process_view", None)
            answer: HttpResponseBase | None = hook(request, view, args, kwargs) if hook else None
            if answer is not None:
                return answer
        return None
