"""Every golden case has the statements and answers of its files, which `./dev golden` writes."""

from pathlib import Path

import pytest

from tests.golden.__main__ import main
from tests.golden.case import Case, read_case, read_cases
from tests.golden.record import record
from tests.golden.world import World

CASES = read_cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
async def test_golden(case: Case, world: World) -> None:
    missing = [file.name for file in (case.sql, case.json) if not file.exists()]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} not written yet: run ./dev golden and review what it writes", pytrace=False
        )
    found = await record(world, case)
    assert found[".json"] == case.json.read_text(encoding="utf-8"), f"{case.name}: run ./dev golden if that is meant"
    assert found[".sql"] == case.sql.read_text(encoding="utf-8"), f"{case.name}: run ./dev golden if that is meant"


def test_every_file_belongs_to_a_case() -> None:
    names = {case.name for case in CASES}
    strays = [file.name for file in CASES[0].file.parent.iterdir() if file.stem not in names]
    assert strays == [], "remove what no .graphql file stands for"


@pytest.mark.parametrize("head", ["", "# viewer: eva\n", "# It reads.\n# hidden: never\n"])
def test_a_head_that_says_too_little_is_refused(tmp_path: Path, head: str) -> None:
    file = tmp_path / "case.graphql"
    file.write_text(head + "{ viewer { account { email } } }\n")
    with pytest.raises(ValueError, match=r"case\.graphql"):
        read_case(file)


@pytest.mark.parametrize("value", ["true", "1"])
def test_nothing_is_written_in_ci(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI", value)
    monkeypatch.setattr(Path, "write_text", None)
    with pytest.raises(SystemExit, match="never in CI"):
        main()
