"""What an API caller may do: scopes for keys, the matrix of roles for people.

The role by which an act was allowed is put on the actor, so that the entry can name it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts import roles
from accounts.actors import Actor
from accounts.authentication import ApiRequest
from accounts.errors import RoleMissing, ScopeMissing

if TYPE_CHECKING:  # REST framework imports this module while it builds its views
    from rest_framework.views import APIView

Scope = str | tuple[str, ...]


class HasScope(BasePermission):
    """Lets a call through if its key has the view's scope and, for a person, a role that allows it.

    A view says `scope = "read"`, a tuple when any of several will do, or a mapping from method to
    either. A view that says nothing is refused loudly: forgetting a scope must not open a door.
    A person needs a role for an act of the scope's name, or for one of the view's `acts`, if it
    names them.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return True or raise ScopeMissing or RoleMissing."""
        known = cast("ApiRequest", request)
        wanted = scopes_of(view, method=request.method or "GET")
        granted = tuple(scope for scope in wanted if scope in known.access.scopes)
        if not granted:
            raise ScopeMissing(wanted)
        if known.actor.is_person:
            known.actor = allowed(known.actor, *(getattr(view, "acts", ()) or granted))
        return True


def scopes_of(view: "APIView", *, method: str) -> tuple[str, ...]:
    """Return the scopes any one of which opens a view for a method; HEAD and OPTIONS are GET."""
    scope: Scope | Mapping[str, Scope] | None = getattr(view, "scope", None)
    if isinstance(scope, Mapping):
        scope = scope.get("GET" if method in {"HEAD", "OPTIONS"} else method)
        # Nothing is named for a method the view has not: the answer is 405, whoever asks.
        scope = scope or tuple(roles.ACTS)
    if scope is None:
        raise ImproperlyConfigured(f"{type(view).__name__} names no scope.")
    return (scope,) if isinstance(scope, str) else scope


def allowed(actor: Actor, *acts: str) -> Actor:
    """Return the actor with the role that allows the first possible of `acts`.

    Raises RoleMissing if none of the person's roles allows any of them.
    """
    found = (roles.role_for(actor.roles, act) for act in acts)
    role = next((role for role in found if role is not None), None)
    if role is None:
        raise RoleMissing(acts[0])
    return actor.acting_as(role)
