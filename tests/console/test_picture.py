"""The picture in README.md is one of the console, and small; ENFACT_PICTURE=1 takes it anew."""

import os
from pathlib import Path
from typing import Final

from tests.clients.serving import Served
from tests.console.browsers import HERE, assert_right
from tests.support.databases import ROOT

PICTURE: Final = HERE / "matrix.png"
LARGEST: Final = 150_000
PNG: Final = b"\x89PNG\r\n\x1a\n"


async def test_a_picture_of_the_matrix_can_be_taken(served: Served, tmp_path: Path) -> None:
    path = PICTURE if os.environ.get("ENFACT_PICTURE") else tmp_path / "matrix.png"
    await assert_right("picture.mjs", 1, served, {"picture": str(path)})
    assert path.read_bytes().startswith(PNG)
    assert path.stat().st_size <= LARGEST


def test_the_page_shows_it() -> None:
    link = str(PICTURE.relative_to(ROOT))
    assert f"]({link})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert PICTURE.read_bytes().startswith(PNG)
    assert PICTURE.stat().st_size <= LARGEST
