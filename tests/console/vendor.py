"""The libraries of the console, made anew from npm: `python -m tests.console.vendor`.

Two files are bundled with esbuild from the modules of `vendored/`, those of the explorer are copied. `vendor.lock` says
of each file which packages it holds; `LICENSES.txt` has their licences.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.clients.node import install
from tests.support.databases import ROOT

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "node_modules"
CONSOLE: Final = ROOT / "gateway" / "console"
LOCK: Final = CONSOLE / "vendor.lock"
LICENSES: Final = CONSOLE / "LICENSES.txt"
ESBUILD: Final = (
    str(MODULES / "esbuild" / "bin" / "esbuild"), "--bundle", "--minify", "--format=esm", "--target=es2022",
    "--legal-comments=none", "--log-level=warning",
)  # fmt: skip

BUNDLED: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor/preact.js": ("preact", "htm", "@preact/signals", "@preact/signals-core"),
    "vendor/graphql-ws.js": ("graphql-ws",),
}
"""The packages in each bundle; the module of `vendored/` has the file's name."""

COPIED: Final[Mapping[str, tuple[str, str]]] = {
    "explorer/vendor/react.js": ("react", "umd/react.production.min.js"),
    "explorer/vendor/react-dom.js": ("react-dom", "umd/react-dom.production.min.js"),
    "explorer/vendor/graphiql.js": ("graphiql", "graphiql.min.js"),
    "explorer/vendor/graphiql.css": ("graphiql", "graphiql.min.css"),
}
"""The package of each copied file, and its path in it."""


def made() -> dict[str, bytes]:
    """Every file that is made, by its path in the console, `vendor.lock` apart."""
    files = {file: _bundle(HERE / "vendored" / Path(file).name) for file in BUNDLED}
    files |= {file: (MODULES / package / path).read_bytes() for file, (package, path) in COPIED.items()}
    return files | {LICENSES.name: _licenses().encode()}


def lock_of(files: Mapping[str, bytes]) -> str:
    """The text of `vendor.lock` for these files."""
    packages = BUNDLED | {file: (package,) for file, (package, _) in COPIED.items()}
    entries = [
        {
            "file": file,
            "sha256": hashlib.sha256(content).hexdigest(),
            "packages": [_described(package) for package in packages.get(file, ())],
        }
        for file, content in sorted(files.items())
    ]
    return json.dumps(entries, indent=2) + "\n"


def _bundle(entry: Path) -> bytes:
    return subprocess.run([*ESBUILD, str(entry)], cwd=HERE, check=True, capture_output=True).stdout


def _described(package: str) -> Mapping[str, str]:
    manifest: Mapping[str, Any] = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    return {"name": package, "version": manifest["version"], "license": manifest["license"]}


def _licenses() -> str:
    """The licence of each package in the files, whole."""
    names = {name for packages in BUNDLED.values() for name in packages} | {name for name, _ in COPIED.values()}
    parts: list[str] = []
    for name in sorted(names):
        found = sorted(file for file in (MODULES / name).iterdir() if file.name.upper().startswith("LICEN"))
        described = _described(name)
        title = f"{name} {described['version']} ({described['license']})"
        parts.append("\n".join((title, "=" * len(title), "", found[0].read_text(encoding="utf-8").strip(), "")))
    return "\n\n".join(parts)


def main() -> int:
    """Install the packages and write the files; returns the exit code."""
    if code := install(HERE):
        return code
    files = made()
    for file, content in files.items():
        (CONSOLE / file).parent.mkdir(parents=True, exist_ok=True)
        (CONSOLE / file).write_bytes(content)
    LOCK.write_text(lock_of(files), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
