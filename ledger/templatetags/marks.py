"""Small marks that stand on every page: icons, hashes, times, counts.

A mark is presentation alone. The fingerprint helps an eye to recognise a hash and checks nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

register = template.Library()

_NO_BREAK_SPACE = "\u00a0"
_THIN_SPACE = "\u2009"
_BARS = 24
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the drawing `name` of the sprite, hidden from screen readers: a word goes with it."""
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def hex_of(digest: bytes | memoryview | str) -> str:
    """Return a digest as lower-case hex, whatever the query handed over."""
    return digest if isinstance(digest, str) else bytes(digest).hex()


@register.simple_tag
def fingerprint(digest: bytes | str, bars: int = _BARS) -> SafeString:
    """Return one bar a hex digit, as high as the digit: the same hash draws the same skyline."""
    digits = hex_of(digest)[:bars]
    bars_of = [
        (at * 10, 15 - int(digit, 16), int(digit, 16) + 1) for at, digit in enumerate(digits)
    ]
    rects = format_html_join("", '<rect x="{}" y="{}" width="6" height="{}"/>', bars_of)
    return format_html(
        '<svg class="fp" viewBox="0 0 {} 16" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>",
        len(digits) * 10 - 4,
        rects,
    )


@register.simple_tag
def digest(
    value: bytes | str, label: str = "", *, drawn: bool = True, full: bool = False
) -> SafeString:
    """Return a hash to read and copy, short unless `full`; `label` names it for a screen reader."""
    digits = hex_of(value)
    return format_html(
        '<span class="hash{}">{}<code title="{}">{}</code>{}</span>',
        " full" if full else "",
        fingerprint(digits) if drawn else "",
        digits,
        digits if full else _shortened(digits),
        copy_button(digits, label or gettext("hash")),
    )


def _shortened(digits: str) -> SafeString:
    return format_html("<b>{}</b>{}{}…{}", digits[:4], _THIN_SPACE, digits[4:8], digits[-4:])


@register.simple_tag
def copy_button(text: str, label: str) -> SafeString:
    """Return the button that copies `text`; the page hides it where scripts are off."""
    name = gettext("Copy %(label)s") % {"label": label}
    return format_html(
        '<button class="copy js" type="button" data-copy="{}" aria-label="{}">{}</button>',
        text,
        name,
        icon("copy"),
    )


@register.filter
def count(number: int) -> str:
    """Return a count with a space between thousands. Numbers of entries are printed without."""
    return f"{number:,}".replace(",", _NO_BREAK_SPACE)


@register.simple_tag
def utc(moment: datetime | str, form: str = "full") -> SafeString:
    """Return a moment as `<time>` in UTC. `form` is full, short (no seconds), day or clock."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    moment = moment.astimezone(UTC)
    forms = {
        "full": f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC",
        "short": f"{moment.day} {moment:%b %Y, %H:%M} UTC",
        "day": f"{moment.day} {moment:%b %Y}",
        "clock": f"{moment:%H:%M:%S} UTC",
    }
    exact = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, exact, forms[form])


@register.filter
def span(length: timedelta) -> str:
    """Return how long something is, in its largest unit: "2 minutes"."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds < _MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < _HOUR:
        minutes = seconds // _MINUTE
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if seconds < _DAY:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // _HOUR) % {"n": seconds // _HOUR}
    return ngettext("%(n)d day", "%(n)d days", seconds // _DAY) % {"n": seconds // _DAY}


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the first and the last word of a name."""
    words = name.replace("@", " ").split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
