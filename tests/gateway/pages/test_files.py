"""files.py: which files there are, their version, and their forms."""

import gzip
from pathlib import Path

from gateway.pages.files import FOLDER, MEDIA_TYPES, ServedFiles


def folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        file = path / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return path


def test_a_change_of_any_file_changes_the_version(tmp_path: Path) -> None:
    first = ServedFiles(folder(tmp_path, a_js="1", b__c_css="2"))
    assert ServedFiles(tmp_path).version == first.version
    assert ServedFiles(folder(tmp_path, b__c_css="3")).version != first.version


def test_html_is_given_versioned_addresses_of_its_own_folder(tmp_path: Path) -> None:
    files = ServedFiles(folder(tmp_path, index_html='<a href="./a.js">', b__index_html='<a href="./a.js"><a href="x">'))
    version = files.version
    first, second = files.find("index.html"), files.find("b/index.html")
    assert first is not None
    assert first.body.decode() == f'<a href="/console/{version}/a.js">'
    assert second is not None
    assert second.body.decode() == f'<a href="/console/{version}/b/a.js"><a href="x">'


def test_only_known_kinds_of_files_and_folders_that_are_not_left_out_are_there(tmp_path: Path) -> None:
    files = ServedFiles(folder(tmp_path, a_py="", a_js="", b__a_js=""), without=frozenset({"b"}))
    assert files.find("a.js") is not None
    assert files.find("a.py") is None
    assert files.find("b/a.js") is None


async def test_a_file_is_packed_once(tmp_path: Path) -> None:
    files = ServedFiles(folder(tmp_path, a_js="x" * 100_000))
    file = files.find("a.js")
    assert file is not None
    packed = await file.packed()
    assert gzip.decompress(packed) == file.body
    assert await file.packed() is packed


def test_every_file_of_the_console_is_of_a_known_kind() -> None:
    others = {path.name for path in FOLDER.rglob("*") if path.is_file() and path.suffix not in MEDIA_TYPES}
    assert others == {"vendor.lock"}
