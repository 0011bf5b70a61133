"""What an import cannot show and a linter does not know: the rules of this house, as data.

Each rule carries lines it must accept and lines it must refuse, so that the rule itself is tested
before it is laid over the tree. A file that may do what a rule refuses is listed with its reason,
and a listing that nobody needs any more is refused as well.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "ledger", "replays", "reviews", "compliance")
CODE = (*APPS, "loopgrid_site", "proof/src")
LONGEST_FILE = 400
DOOR = re.compile(
    r"^\w+/(api|views|admin|templatetags|management)/|^\w+/(views|tasks|urls|admin|requesting)\.py$"
    r"|^accounts/(authentication|permissions|limits)\.py$"
)


def everywhere(_path: str) -> bool:
    return True


def inside(path: str) -> bool:
    """Verbs, queries and pure modules: what stands behind the doors."""
    return not path.startswith("loopgrid_site/") and not DOOR.match(path)


def doors(path: str) -> bool:
    return bool(DOOR.match(path)) and "/management/" not in path and "authentication" not in path


def ledger_or_proof(path: str) -> bool:
    return path.startswith(("ledger/", "proof/src/")) and not DOOR.match(path)


@dataclass(frozen=True)
class Rule:
    """A pattern that no line of the files it looks at may hold."""

    name: str
    refused: str
    looks_at: object
    accepts: tuple[str, ...]
    refuses: tuple[str, ...]
    may: dict[str, str] = field(default_factory=dict)
    templates: bool = False

    def breaks(self, line: str) -> bool:
        return re.search(self.refused, line) is not None


RULES = (
    Rule(
        "verbs know no HTTP",
        r"django\.(http|shortcuts|urls|contrib\.messages)\b"
        r"|from django\.contrib import .*\bmessages\b",
        inside,
        accepts=("from django.db import connection", "import http.client"),
        refuses=(
            "from django.http import HttpResponse",
            "from django.shortcuts import get_object_or_404",
            "from django.contrib import messages",
            "from django.urls import reverse",
        ),
    ),
    Rule(
        "doors hold no rules",
        r"\.objects\.\w+\(|\.save\(|\.delete\(|\batomic\b",
        doors,
        accepts=("found = queries.decisions(ledger)", "answer = api_objects.decision(record)"),
        refuses=(
            "row = Decision.objects.get(seq=3)",
            "person.save()",
            "key.delete()",
            "with transaction.atomic():",
        ),
    ),
    Rule(
        "clocks are arguments",
        r"\b(timezone|datetime|dt)\.(now|utcnow)\(|\btime\.time\(|\bdate\.today\(",
        inside,
        accepts=("def act(*, clock: Clock = timezone.now) -> None:", "at = clock()", "line.now()"),
        refuses=("at = timezone.now()", "datetime.now(UTC)", "datetime.utcnow()", "time.time()"),
    ),
    Rule(
        "one reader of the environment",
        r"\bos\.environ\b|\bgetenv\b|\bfrom os import .*environ",
        everywhere,
        accepts=("from loopgrid_site import env", "environment = dict(given)"),
        refuses=("os.environ['HOME']", "os.getenv('HOME')", "from os import environ"),
        may={
            "loopgrid_site/env.py": "it is the one reader",
            "loopgrid_site/embedded/bootstrap.py": "runs before anything is installed, and hands "
            "the environment on as a value",
        },
    ),
    Rule(
        "no action at a distance",
        r"@receiver\b|\b(signals?|pre_\w+|post_\w+|m2m_changed|request_\w+)\.connect\("
        r"|\bapps\.get_model\b|\.connect\(\s*sender",
        everywhere,
        accepts=("with psycopg.connect(url) as connection:", "connection.request('GET', path)"),
        refuses=(
            "@receiver(post_save, sender=Entry)",
            "post_save.connect(follow)",
            "request_started.connect(note)",
            'Entry = apps.get_model("ledger", "Entry")',
        ),
    ),
    Rule(
        "bytes are written once",
        r"\bjson\.dumps?\b",
        ledger_or_proof,
        accepts=("raw = canonical_bytes(value)", "value = json.loads(raw)"),
        refuses=("raw = json.dumps(value)", "json.dump(value, handle)"),
        may={
            "proof/src/loopgrid_proof/digests.py": "`content_hash` is defined by json.dumps",
        },
    ),
    Rule(
        "nothing is swallowed",
        r"except\s*(\(?\s*(Base)?Exception\b|:)|suppress\(\s*(Base)?Exception\b",
        everywhere,
        accepts=("except OSError:", "except (ValueError, KeyError) as fault:"),
        refuses=(
            "except Exception:",
            "except Exception as fault:",
            "except:",
            "except BaseException:",
            "with suppress(Exception):",
        ),
        may={
            "ledger/notary/loop.py": "one ledger's trouble stops that ledger alone",
            "ledger/append/grouping.py": "passed on to the thread that waits, which raises it",
            "proof/src/loopgrid_proof/cli.py": "no crash may pass for a verdict",
        },
    ),
    Rule(
        "nothing dates itself",
        r"\b(TODO|FIXME|XXX|HACK)\b",
        everywhere,
        accepts=("# They say why, in whole sentences.",),
        refuses=("# TODO: later", "# FIXME", "# XXX"),
    ),
    Rule(
        "strict pages",
        r"<style\b|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|\shx-on|javascript:"
        r"|\|\s*safe\b(?!.*\{# safe: .+ #\})|\bautoescape off\b",
        everywhere,
        accepts=(
            "<script src=\"{% static 'js/app.js' %}\" defer></script>",
            '<form method="post" action="{{ url }}">',
            "{{ drawn|safe }}{# safe: made of escaped pieces #}",
            '<link rel="stylesheet" href="{% static \'css/app.css\' %}">',
        ),
        refuses=(
            '<p style="color:red">',
            "<style>p { color: red }</style>",
            "<script>start()</script>",
            '<button onclick="go()">',
            '<a href="javascript:go()">',
            "{{ content|safe }}",
            "{% autoescape off %}",
        ),
        templates=True,
    ),
)
NOUNS_OF_NOTHING = {
    *("utils", "util", "helpers", "helper", "services", "common", "misc", "manager", "managers"),
    *("data", "info", "obj", "process", "handle"),
}


def python_files() -> list[Path]:
    found = [path for root in CODE for path in (PROJECT / root).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def template_files() -> list[Path]:
    return sorted((PROJECT / "templates").rglob("*.html"))


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@cache
def lines_of(path: Path) -> tuple[str, ...]:
    """The lines of a file; of a Python file without what stands in strings."""
    text = path.read_text(encoding="utf-8")
    return tuple(text.splitlines() if path.suffix != ".py" else without_strings(text))


def without_strings(text: str) -> list[str]:
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.STRING:
            continue
        (row, begin), (last, end) = token.start, token.end
        for number in range(row - 1, last):
            line = lines[number]
            start = begin if number == row - 1 else 0
            stop = end if number == last - 1 else len(line)
            lines[number] = line[:start] + " " * (stop - start) + line[stop:]
    return lines


def broken_lines(rule: Rule) -> Iterator[tuple[str, int, str]]:
    files = template_files() if rule.templates else python_files()
    for path in files:
        name = name_of(path)
        if rule.looks_at(name):
            yield from (
                (name, number, line.strip())
                for number, line in enumerate(lines_of(path), 1)
                if rule.breaks(line)
            )


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_accepts_and_refuses_what_it_says(rule):
    accepted = [line for line in rule.accepts if rule.breaks(line)]
    missed = [line for line in rule.refuses if not rule.breaks(line)]

    assert (accepted, missed) == ([], [])


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_no_line_breaks_a_rule(rule):
    found = [
        f"{name}:{number}: {line}"
        for name, number, line in broken_lines(rule)
        if name not in rule.may
    ]

    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_exception_is_needed(rule):
    needed = {name for name, _number, _line in broken_lines(rule)}

    assert set(rule.may) - needed == set()


def test_a_python_file_is_short_or_has_a_reason():
    text = (PROJECT / "tests/site/long_files.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line and not line.startswith("#")]
    reasons = dict(row.split(maxsplit=1) for row in rows)

    long = {
        name_of(path)
        for root in (*CODE, "tests", "proof/tests", "tools", "benchmarks", "examples")
        for path in (PROJECT / root).rglob("*.py")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    }

    assert long == set(reasons)
    assert all(len(reason.split()) > 3 for reason in reasons.values())


def test_no_module_is_named_for_nothing():
    named = [name_of(path) for path in python_files() if path.stem in NOUNS_OF_NOTHING]

    assert named == []


def test_every_module_says_what_it_promises():
    silent = [
        name_of(path)
        for path in python_files()
        if path.name != "__init__.py"
        and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
    ]

    assert silent == []


def test_every_package_but_the_site_says_what_it_is_for():
    # loopgrid_site stays empty, so that manage.py can use it before anything is installed.
    silent = [
        name_of(path)
        for path in python_files()
        if path.name == "__init__.py"
        and name_of(path) != "loopgrid_site/__init__.py"
        and not path.read_text(encoding="utf-8").startswith('"""')
        and list(path.parent.glob("[!_]*.py"))
    ]

    assert silent == []
