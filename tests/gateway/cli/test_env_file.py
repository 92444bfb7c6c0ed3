"""env_file.py: variables of a file, beneath those of the environment, and read again."""

from pathlib import Path

import pytest

from gateway.cli.env_file import EnvFile
from tests.support.commands import enfact


def test_a_file_is_beneath_the_environment_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "gateway.env"
    path.write_text("# a comment\nENFACT_RATE=5\nexport A='two words'\nB=${HOME}\nC\nENFACT_PORT=9000\nEMPTY=x\n")
    environ = {"ENFACT_PORT": "8001", "HOME": "/root", "EMPTY": ""}
    file = EnvFile(path)
    file.load(environ)
    read = {"ENFACT_PORT": "8001", "HOME": "/root", "ENFACT_RATE": "5", "A": "two words", "B": "${HOME}", "EMPTY": "x"}
    assert environ == read
    path.write_text("ENFACT_RATE=6\nENFACT_PORT=9000\n")
    file.load(environ)
    assert environ == {"ENFACT_PORT": "8001", "HOME": "/root", "ENFACT_RATE": "6"}


def test_a_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gateway.env"
    path.write_text("A=1\n")
    environ = dict[str, str]()
    file = EnvFile(path)
    file.load(environ)
    path.write_bytes(b"A=\xff")
    with pytest.raises(OSError, match="Is not in UTF-8"):
        file.load(environ)
    path.write_bytes(b"A=2\nB=x\0y\n")
    with pytest.raises(OSError, match="Has a NUL character"):
        file.load(environ)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        file.load(environ)
    assert environ == {"A": "1"}


def test_every_command_reads_it_and_a_wrong_one_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gateway.env"
    path.write_text("ENFACT_RATE=7\n")
    shown = enfact("--env-file", str(path), "settings", "rate")
    assert shown.returncode == 0
    assert "7" in shown.stdout
    path.write_text("ENFACT_RATTE=7\n")
    refused = enfact("--env-file", str(path), "settings")
    assert refused.returncode == 1
    assert refused.stderr == "enfact: ENFACT_RATTE is no setting. Did you mean ENFACT_RATE?\n"
    gone = enfact("--env-file", str(tmp_path / "gone"), "settings")
    assert (gone.returncode, gone.stdout) == (1, "")
    assert gone.stderr == f"enfact: {tmp_path / 'gone'}: No such file or directory.\n"
