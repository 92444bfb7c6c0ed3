"""The picture in README.md is one of the console, and small; ENFACT_PICTURE=1 takes it anew."""

import os
from pathlib import Path
from typing import Final

from tests.clients.node import problems
from tests.clients.serving import Served
from tests.console.browsers import HERE, look
from tests.support.databases import ROOT

PICTURE: Final = HERE / "matrix.png"
LARGEST: Final = 150_000
PNG: Final = b"\x89PNG\r\n\x1a\n"


async def test_a_picture_of_the_matrix_can_be_taken(served: Served, tmp_path: Path) -> None:
    path = PICTURE if os.environ.get("ENFACT_PICTURE") else tmp_path / "matrix.png"
    seen = await look("picture.mjs", served, {"picture": str(path)})
    assert not problems(seen), "\n".join(problems(seen))
    assert path.read_bytes().startswith(PNG)
    assert path.stat().st_size <= LARGEST


def test_the_page_shows_it() -> None:
    link = str(PICTURE.relative_to(ROOT))
    assert f"]({link})" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert PICTURE.read_bytes().startswith(PNG)
    assert PICTURE.stat().st_size <= LARGEST
