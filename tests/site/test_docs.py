"""Nothing is undocumented: settings, kinds, operations, commands, figures, codes and links."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from loopgrid_proof.errors import DAMAGE
from loopgrid_proof.kinds import KINDS, REVISION

from ledger.api import problems
from loopgrid_site import env, metrics
from loopgrid_site.embedded import bootstrap

PROJECT = Path(__file__).resolve().parents[2]
DOCS = sorted(
    path
    for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), PROJECT / "proof/README.md"]
)
DJANGOS_OWN = {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"}
# Set by `manage.py test` for its own workers, and by nobody else.
OF_THE_SUITE = {"LOOPGRID_TEST_REDIS_DB", "LOOPGRID_TEST_TEMPLATE"}
READS = re.compile(r"""(?:read|required|number|words|_secret)\(\s*"([A-Z][A-Z_]+)\"""")
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
FILE_NAMED = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w-]+\.md)\b")


@cache
def text_of(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def in_table_or_heading(document: str) -> set[str]:
    """Everything that stands in code marks in a heading or in the first cell of a table row."""
    found: set[str] = set()
    for line in text_of(document).splitlines():
        if line.startswith("#"):
            found |= set(re.findall(r"`([^`]+)`", line))
        elif line.startswith("|"):
            found |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return found


def headings_of(document: str) -> set[str]:
    lines = text_of(document).splitlines()
    return {line.lstrip("# ") for line in lines if line.startswith("#")}


def settings_read() -> set[str]:
    code = "".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "loopgrid_site").glob("*.py")
    )
    return set(READS.findall(code)) | set(env.KNOWN)


def commands() -> set[str]:
    found = {path.stem for path in PROJECT.glob("*/management/commands/[a-z]*.py")}
    return found | set(bootstrap.HOUSE_COMMANDS)


def test_every_setting_is_documented():
    documented = in_table_or_heading("docs/operations.md")

    assert settings_read() - OF_THE_SUITE - documented == set()
    assert DJANGOS_OWN - documented == set()


def test_no_setting_is_documented_that_nobody_reads():
    read = settings_read() | {
        f"DATABASE_{role}_URL" for role in ("OWNER", "NOTARY", "ERASER", "AUDITOR")
    }

    named = {name for name in in_table_or_heading("docs/operations.md") if name.isupper()}

    assert {name for name in named if name.startswith("LOOPGRID_")} - read == set()


def test_every_entry_kind_is_documented_with_its_facts_and_references():
    rows = [line for line in text_of("docs/format.md").splitlines() if line.startswith("| `")]
    by_kind = {row.split("`")[1]: row for row in rows}

    assert set(KINDS) - set(by_kind) == set()
    missing = [
        f"{name}: {word}"
        for name, kind in KINDS.items()
        for word in [*kind.facts.names, *kind.refs.names, *kind.parts]
        if f"`{word}`" not in by_kind[name]
    ]
    assert missing == []
    assert f"revision {REVISION}." in text_of("docs/format.md")


def test_every_code_of_a_finding_is_documented():
    assert set(DAMAGE) - in_table_or_heading("docs/format.md") == set()


def test_every_alarm_of_the_notary_is_documented():
    code = "".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "ledger/notary").glob("*.py")
    )

    raised = set(re.findall(r'(?:Refused|MustStop)\(\s*"(N_[A-Z_]+)"', code))

    assert raised
    assert raised - set(re.findall(r"`(N_[A-Z_]+)`", text_of("docs/operations.md"))) == set()


def test_every_operation_of_the_api_is_documented():
    described = yaml.safe_load(text_of("docs/openapi.yaml"))
    operations = {
        operation["operationId"]
        for path in described["paths"].values()
        for method, operation in path.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }

    assert operations
    assert operations - in_table_or_heading("docs/api.md") == set()


def test_every_problem_is_documented():
    assert set(problems.KINDS) - in_table_or_heading("docs/api.md") == set()


def test_every_command_is_documented():
    written = text_of("docs/operations.md")

    assert {name for name in commands() if f"`manage.py {name}" not in written} == set()


def test_every_figure_is_documented():
    named = {name for name, _figure, _meaning in metrics.GAUGES}

    assert named - in_table_or_heading("docs/operations.md") == set()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_link_leads_to_a_file_and_a_heading(path):
    text = path.read_text(encoding="utf-8")

    dead = [
        target
        for target, _anchor in LINK.findall(text)
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert dead == []


def test_a_document_that_code_names_is_there():
    """Docstrings and comments lead a reader to documents; one that is not there leads nowhere."""
    code = [
        path
        for folder in ("accounts", "ledger", "reviews", "loopgrid_site", "proof", "tests", "tools")
        for path in (PROJECT / folder).rglob("*.*")
        if path.suffix in {".py", ".sql", ".toml", ".html", ".css", ".js"}
    ]

    lost = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in code
        for name in FILE_NAMED.findall(path.read_text(encoding="utf-8"))
        if not any((place / name).exists() for place in (PROJECT, path.parent, PROJECT / "proof"))
    ]

    assert lost == []


def test_a_heading_that_code_cites_is_there():
    code = [
        path
        for folder in ("accounts", "ledger", "reviews", "loopgrid_site", "proof")
        for path in (PROJECT / folder).rglob("*.*")
        if path.suffix in {".py", ".sql", ".html"}
    ]

    lost = [
        f"{path.relative_to(PROJECT)}: {document}, {heading}"
        for path in code
        for document, heading in re.findall(
            r'(docs/\w+\.md), "([^"]+)"', path.read_text(encoding="utf-8")
        )
        if " ".join(heading.split()) not in headings_of(document)
    ]

    assert lost == []


def test_every_record_of_a_decision_has_its_number_and_its_three_parts():
    records = sorted((PROJECT / "docs/decisions").glob("[0-9]*.md"))

    for number, path in enumerate(records, 1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        assert all(f"**{part}.**" in text for part in ("Decided", "Why", "Costs"))
