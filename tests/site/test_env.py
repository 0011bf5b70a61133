"""One reader of the environment, which fails loudly."""

from __future__ import annotations

import pytest

from loopgrid_site import env


def test_a_value_comes_from_the_environment_or_else_the_default(monkeypatch):
    monkeypatch.setenv("LOOPGRID_PORT", "81")

    assert env.read("LOOPGRID_PORT", "80") == "81"
    assert env.read("LOOPGRID_NOWHERE", "80") == "80"


def test_a_file_gives_the_value_without_its_last_newline(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text(" s3cret\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    monkeypatch.delenv("SECRET_KEY", raising=False)

    assert env.read("SECRET_KEY") == " s3cret"


def test_a_value_and_a_file_at_once_are_refused(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a")
    monkeypatch.setenv("SECRET_KEY_FILE", "/etc/hostname")

    with pytest.raises(env.SettingError, match="both set"):
        env.read("SECRET_KEY")


def test_a_file_that_is_not_there_never_reads_as_the_default(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "gone"))

    with pytest.raises(env.SettingError, match="cannot be read"):
        env.read("SECRET_KEY", "insecure")


def test_a_file_that_holds_no_text_is_refused(monkeypatch, tmp_path):
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))

    with pytest.raises(env.SettingError, match="cannot be read as UTF-8"):
        env.read("SECRET_KEY")


@pytest.mark.parametrize("value", ["", None])
def test_a_required_setting_that_is_empty_or_absent_is_named(monkeypatch, value):
    monkeypatch.delenv("REDIS_URL", raising=False)
    if value is not None:
        monkeypatch.setenv("REDIS_URL", value)

    with pytest.raises(env.SettingError, match="REDIS_URL is not set"):
        env.required("REDIS_URL")


@pytest.mark.parametrize("value", ["eight", "-1", "8.5", "", "٨"])
def test_a_number_is_whole_or_refused(monkeypatch, value):
    monkeypatch.setenv("LOOPGRID_MAX_BODY_MB", value)

    with pytest.raises(env.SettingError, match="whole number"):
        env.number("LOOPGRID_MAX_BODY_MB", 8)


def test_a_list_has_no_empty_items(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", " grid.example , ,a.example,")

    assert env.words("ALLOWED_HOSTS") == ["grid.example", "a.example"]


def test_a_misspelt_name_is_found_and_the_clients_names_are_not(monkeypatch):
    monkeypatch.setenv("LOOPGRID_PROT", "80")
    monkeypatch.setenv("LOOPGRID_BASE_URL", "http://grid.example")
    monkeypatch.setenv("LOOPGRID_PUBLIC_URL_FILE", "/etc/hostname")

    assert "LOOPGRID_PROT" in env.unknown_names()
    assert not {"LOOPGRID_BASE_URL", "LOOPGRID_PUBLIC_URL"} & set(env.unknown_names())


def test_a_socket_directory_and_options_reach_the_driver():
    found = env.database("postgresql://app:p%40ss@/grid?host=/run/pg&options=-c%20role%3Downer")

    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("grid", "app", "p@ss")
    assert (found["HOST"], found["OPTIONS"]) == ("/run/pg", {"options": "-c role=owner"})


def test_a_port_that_is_none_is_refused():
    with pytest.raises(env.SettingError, match="port"):
        env.database("postgresql://grid@db:eighty/grid")


def test_another_database_is_refused():
    with pytest.raises(env.SettingError, match="postgresql://"):
        env.database("mysql://grid")


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        (
            "unix:///run/valkey.sock",
            "redis+socket:///run/valkey.sock?virtual_host=0",
            "unix:///run/valkey.sock?db=1",
        ),
        ("rediss://u:p@host:6380", "rediss://u:p@host:6380/0", "rediss://u:p@host:6380/1"),
    ],
)
def test_broker_and_cache_share_a_server_and_no_database(url, broker, cache):
    assert env.redis_urls(url) == (broker, cache)


def test_the_newest_admission_key_stands_first():
    keys = env.admission_keys(f"2:{'22' * 32},1:{'11' * 32}")

    assert list(keys.items()) == [(2, b"\x22" * 32), (1, b"\x11" * 32)]


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "1:zz", f"x:{'11' * 32}", f"1:{'11' * 31}"),
        *(f"32768:{'11' * 32}", f"-1:{'11' * 32}", f"1:{'11' * 32},1:{'22' * 32}"),
    ],
)
def test_an_admission_key_that_is_ill_formed_or_short_is_refused(text):
    with pytest.raises(env.SettingError, match="LOOPGRID_ADMISSION_KEYS"):
        env.admission_keys(text)
