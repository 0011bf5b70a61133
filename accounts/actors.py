"""Who did something, as the server authenticated it.

An actor is a plain value. A verb takes one and seals it in the entry it leaves: what a caller
merely claims about people is content, never the actor.
"""

from dataclasses import dataclass, replace
from typing import Literal

ActorType = Literal["person", "service", "system"]
Auth = Literal["session", "api_key", "loopback", "process", "console"]
Login = Literal["password"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, a service or a part of the system, and how it was recognised.

    `role` is the one by which the act at hand was allowed; `roles` are all that the person held at
    that moment. `display_name` and `email` are personal data: they belong into the part `actor`,
    never into a header.
    """

    type: ActorType
    id: str
    auth: Auth
    role: str | None = None
    login: Login | None = None
    display_name: str | None = None
    email: str | None = None
    roles: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        """Whether a person acts; only then is there a part `actor`."""
        return self.type == "person"

    def header(self) -> dict[str, str]:
        """Return the object `act` of an entry's header; what is unknown is absent."""
        members = {
            "ty": self.type,
            "id": self.id,
            "au": self.auth,
            "ro": self.role,
            "al": self.login,
        }
        return {name: value for name, value in members.items() if value is not None}

    def personal_details(self) -> dict[str, object] | None:
        """Return the content of the part `actor`, or None when no person acts."""
        if not self.is_person:
            return None
        return {"display_name": self.display_name, "email": self.email, "roles": list(self.roles)}

    def acting_as(self, role: str | None) -> "Actor":
        """Return the same actor with the role by which an act was allowed."""
        return replace(self, role=role)


def service(key_id: str) -> Actor:
    """Return the actor behind a service key."""
    return Actor(type="service", id=key_id, auth="api_key")


def system(name: str) -> Actor:
    """Return a part of the system: `setup`, `notary` or `scheduler`."""
    return Actor(type="system", id=name, auth="process")


LOCAL = Actor(type="service", id="local", auth="loopback")
CONSOLE = Actor(type="system", id="console", auth="console")
SETUP = system("setup")
NOTARY = system("notary")
SCHEDULER = system("scheduler")
