"""cli/errors.py: the catalogue is complete, and the page in the repository is the one that the code writes."""

import pytest

from gateway.cli.errors import page, print_errors
from gateway.http.error_catalogue import ADVICE, HEADER, USER_ADVICE, of_payloads, of_validation, top_level
from gateway.http.errors import STATUSES
from schema.errors import ErrorCode, UserErrorCode, ValidationReason
from tests.support.databases import ROOT


def test_every_code_has_a_meaning_a_status_and_advice() -> None:
    assert [line.code for line in top_level()] == [code.value for code in ErrorCode]
    assert [line.code for line in of_payloads()] == [code.name for code in UserErrorCode]
    assert [line.code for line in of_validation()] == [reason.name for reason in ValidationReason]
    assert ADVICE.keys() == STATUSES.keys() == set(ErrorCode)
    assert USER_ADVICE.keys() == set(UserErrorCode)
    for line in (*top_level(), *of_payloads()):
        assert line.meaning.endswith(".")
        assert line.advice.endswith(".")
    assert all(line.meaning for line in of_validation())


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "schema" / "ERRORS.md").read_text(encoding="utf-8") == page()


def test_a_pipe_gets_one_line_for_each_code(capsys: pytest.CaptureFixture[str]) -> None:
    print_errors()
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert all(len(line) == 4 for line in lines)
    assert lines[0] == [*HEADER]
    assert lines[1][:2] == ["GRAPHQL_PARSE_FAILED", "400"]
    assert len(lines) - 1 == len(ErrorCode) + len(UserErrorCode) + len(ValidationReason)
