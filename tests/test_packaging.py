"""The wheel outside a checkout, and the locked requirements."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SITE = next(Path(folder) for folder in sys.path if folder.endswith("site-packages"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(argv, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel in it; what it depends on is borrowed from this one."""
    folder = tmp_path_factory.mktemp("outside") / "venv"
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib/python3*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", f"{folder}/bin/python"]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    (site / "borrowed.pth").write_text(f"{_without_checkout(folder.parent)}\n")
    return folder


def _without_checkout(folder: Path) -> Path:
    """Return a folder with every installed distribution but fedharness itself."""
    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for entry in SITE.iterdir():
        if "fedharness" not in entry.name and entry.suffix != ".pth":
            (borrowed / entry.name).symlink_to(entry)
    return borrowed


def run(installed: Path, folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [installed / "bin" / "fedharness", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_all_that_is_not_code(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    shipped = {
        f"harness/_bundled/{path.relative_to(ROOT)}"
        for folder in ("deploy", "scenarios")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "harness").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped | data <= inside


def test_the_wheel_has_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"harness"}


def test_the_code_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import harness; print(harness.__file__)"
    argv = [f"{installed}/bin/python", "-c", code]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(installed))


def test_commands_work_outside_a_checkout(installed: Path, tmp_path: Path) -> None:
    assert "synapse" in run(installed, tmp_path, "stacks")
    assert "chat.delivery" in run(installed, tmp_path, "scenarios")
    run(installed, tmp_path, "init")
    assert (tmp_path / "federation.yaml").exists()
    assert "fedharness" in run(installed, tmp_path, "--version")


def test_files_lie_in_the_package(installed: Path, tmp_path: Path) -> None:
    code = "from harness.paths import *; print(deploy_folder(), scenarios_folder())"
    argv = [f"{installed}/bin/python", "-c", code]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=True)
    for folder in done.stdout.split():
        assert Path(folder).is_relative_to(installed)
        assert Path(folder).is_dir()


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked(name: str) -> dict[str, str]:
    """Return the versions of a lock file by canonical name."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = [
        line.split(";")[0].removesuffix("\\").strip() for line in lines if "==" in line and line[0] != " "
    ]
    return {canonicalize_name(pin.split("==")[0]): pin.split("==")[1] for pin in pins}


def groups() -> list[tuple[str, list[str]]]:
    table = project()["dependency-groups"]
    grouped = [(name, [each for each in table[name] if isinstance(each, str)]) for name in ("build", "dev")]
    extras = project()["project"]["optional-dependencies"].items()
    return [("harness", project()["project"]["dependencies"]), *grouped, *extras]


LOCKS = [name for name, _ in groups()]


@pytest.mark.parametrize(
    ("name", "wanted"), groups(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_locks_fit_what_is_declared(name: str, wanted: list[str]) -> None:
    pins = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"run `make lock`: requirements/{name}.txt lacks {requirement.name}"
        assert requirement.specifier.contains(pin, prereleases=True), f"run `make lock`: {text}, not {pin}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_hashes(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    for block in text.split("\n    # via"):
        if "==" in block:
            assert "--hash=sha256:" in block
    assert "--index-url" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(LOCKS, 2)))
def test_locks_agree(one: str, other: str) -> None:
    first, second = locked(one), locked(other)
    assert not {name for name in first.keys() & second.keys() if first[name] != second[name]}
