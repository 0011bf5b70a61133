"""What happens before anything is installed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

from loopgrid_site.embedded import bootstrap, debian

EARLY = [
    bootstrap.PROJECT / "manage.py",
    *(
        bootstrap.PROJECT / "loopgrid_site" / "embedded" / name
        for name in ("__init__.py", "bootstrap.py", "debian.py", "installing.py", "places.py")
    ),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with requirements and a `.venv` that looks finished."""
    monkeypatch.setattr(bootstrap, "PROJECT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    (tmp_path / "requirements.txt").write_text("django\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    bootstrap.marker().write_text(json.dumps({"run": bootstrap.fingerprint()}))
    return tmp_path


@pytest.mark.parametrize("path", EARLY, ids=lambda path: path.name)
def test_an_older_python_can_read_what_tells_it_that_it_is_too_old(path):
    ast.parse(path.read_text(), feature_version=(3, 8))


def test_nothing_installed_is_needed_to_begin():
    code = "import sys; sys.path.insert(0, '.'); import loopgrid_site.embedded.bootstrap"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=bootstrap.PROJECT, check=False
    )

    assert done.returncode == 0


def test_a_finished_environment_is_taken_as_it_is(project):
    assert bootstrap.is_ready("run")


def test_what_runs_the_product_may_lack_what_tests_need(project):
    assert not bootstrap.is_ready("dev")


def test_another_requirement_makes_it_unfinished(project):
    (project / "requirements.txt").write_text("django\nrich\n")

    assert not bootstrap.is_ready("run")


def test_a_moved_project_makes_it_unfinished(project, monkeypatch):
    monkeypatch.setattr(bootstrap, "PROJECT", project.with_name("elsewhere"))

    assert not bootstrap.is_ready("run")


def test_a_step_that_failed_leaves_no_mark(project, monkeypatch):
    (project / "requirements.txt").write_text("-r missing.txt\n")
    environment = {**os.environ, "PATH": "/nonexistent"}

    with pytest.raises(bootstrap.installing.SetupFailed):
        bootstrap.install("run", environment)

    assert not bootstrap.is_ready("run")


def test_bootstrap_0_keeps_the_running_interpreter(monkeypatch):
    monkeypatch.setenv("LOOPGRID_BOOTSTRAP", "0")

    assert bootstrap.ensure("up")["LOOPGRID_BOOTSTRAP"] == "0"


def test_a_django_command_without_a_database_says_what_to_start(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment["LOOPGRID_DATA_DIR"] = str(tmp_path)

    done = subprocess.run(
        [sys.executable, str(bootstrap.PROJECT / "manage.py"), "check"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "python3 manage.py up" in done.stderr


@pytest.mark.parametrize("choice", ["unpack", "never"])
def test_system_packages_are_not_installed_where_that_was_forbidden(choice):
    environment = {**os.environ, "LOOPGRID_SYSTEM_PACKAGES": choice}

    assert debian.may_install(environment) is None
