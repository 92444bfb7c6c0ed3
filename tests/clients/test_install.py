"""Installing npm's packages: each folder is tried, and none that fails goes unseen."""

from pathlib import Path

import pytest

from tests.clients import node


@pytest.mark.parametrize(("codes", "code"), [((0, 0), 0), ((1, 0), 1), ((0, -9), 1), ((-9, 0), 1), ((127, 1), 1)])
def test_a_failure_of_any_is_one(monkeypatch: pytest.MonkeyPatch, codes: tuple[int, int], code: int) -> None:
    tried: list[Path] = []

    def install(folder: Path) -> int:
        tried.append(folder)
        return codes[len(tried) - 1]

    monkeypatch.setattr(node, "install", install)
    folders = (Path("one"), Path("other"))
    assert node.main(folders) == code
    assert tuple(tried) == folders
