"""The exit status of `verify_ledger` is the verdict."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from tests.support.notary import without_guards

pytestmark = pytest.mark.django_db(transaction=True)


def verify(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", *arguments)
    return int(ended.value.code or 0)


def break_it(ledger) -> None:
    with without_guards("ledger_part") as cursor:
        cursor.execute(
            "UPDATE ledger_part SET content = '1' WHERE ledger_id = %s", [ledger.ledger_id]
        )


def test_an_intact_ledger_ends_with_0(acme, record, capsys):
    record()

    status = verify("--workspace", acme.workspace.slug)

    assert status == 0
    assert f"{acme.ledger.origin}: INTACT" in capsys.readouterr().out


@pytest.mark.damages
def test_a_broken_ledger_ends_with_1_and_names_the_place(acme, record, capsys):
    record()
    break_it(acme.ledger)

    status = verify("--workspace", acme.workspace.slug)

    assert status == 1
    assert "E_PART_ALTERED #1" in capsys.readouterr().out


def test_an_unproven_ledger_ends_with_2(acme, record):
    record()
    with without_guards("ledger_notary") as cursor:
        cursor.execute(
            "INSERT INTO ledger_notary (ledger_id, alarm) VALUES (%s, 'N_LAG')",
            [acme.ledger.ledger_id],
        )

    assert verify("--workspace", acme.workspace.slug) == 2


@pytest.mark.damages
def test_json_is_one_object_with_every_finding(acme, record, capsys):
    record()
    break_it(acme.ledger)

    verify("--workspace", acme.workspace.slug, "--json")

    answer = json.loads(capsys.readouterr().out)
    assert (answer["workspace"], answer["verdict"]) == (acme.workspace.slug, "broken")
    assert answer["verification"]["format"] == "loopgrid.verification/v1"
    assert answer["finding"]["kind"] == "part_altered"


def test_several_processes_say_the_same(acme, record):
    record()

    assert verify("--workspace", acme.workspace.slug, "--processes", "2") == 0


def test_an_unknown_workspace_is_said_to_be_unknown():
    with pytest.raises(CommandError, match="no workspace"):
        call_command("verify_ledger", "--workspace", "nobody")


def test_rebuilding_repairs_read_models_that_were_changed(acme, record):
    record()
    with without_guards("ledger_decision") as cursor:
        cursor.execute(
            "UPDATE ledger_decision SET service = 'x' WHERE ledger_id = %s",
            [acme.ledger.ledger_id],
        )
    before = verify("--workspace", acme.workspace.slug)

    call_command("rebuild_projections", workspace=acme.workspace.slug, verbosity=0)

    assert before == 1
    assert verify("--workspace", acme.workspace.slug) == 0
