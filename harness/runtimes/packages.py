"""Products' own environments, apart from the harness: made once, kept in a cache folder.

Each one belongs to a product, a version, this Python and one lock file, so that two
agencies can run two versions and a changed lock file never meets an old environment.
``python -m harness.runtimes.packages`` makes all that ``deploy/`` names. That needs a
package index; so it happens before a runtime enters its namespaces, where there is none.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path

import platformdirs

from harness.errors import CannotRun, HarnessError
from harness.products import known_products, load_product
from harness.runtimes import leash

_CACHE_VARIABLE = "FEDHARNESS_CACHE"
_STAMP = "complete"
_LOCK_POLL_SECONDS = 0.2
_QUOTED_LINES = 12


def cache_folder() -> Path:
    """Return where environments are kept; the variable ``FEDHARNESS_CACHE`` moves it."""
    chosen = os.environ.get(_CACHE_VARIABLE)
    return (Path(chosen).absolute() if chosen else platformdirs.user_cache_path("fedharness")) / "packages"


def installed(product: str, version: str) -> Path | None:
    """Return the folder that a product runs from, or ``None`` where it must be installed first.

    Raises:
        UsageError: the product or its version is not known.
    """
    lock = _lock_file(product, version)
    if lock is None:
        return _system()
    folder = _environment(product, version, lock)
    return folder if (folder / _STAMP).exists() else None


async def ensure(product: str, version: str) -> Path:
    """Return the folder that a product runs from, and install it first where it is missing.

    Two processes that ask for the same environment at once make it once.

    Raises:
        UsageError: the product or its version is not known.
        CannotRun: the environment could not be made.
    """
    found = installed(product, version)
    if found is not None:
        return found
    lock = _lock_file(product, version)
    assert lock is not None
    folder = _environment(product, version, lock)
    with _writable(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
        async with _locked(folder.with_name(f"{folder.name}.lock")):
            if not (folder / _STAMP).exists():
                await _build(folder, lock, f"{product} {version}")
    return folder


async def ensure_all() -> list[Path]:
    """Install every version of every product that ``deploy/`` names, one after another."""
    wanted = [(name, known.version) for name in known_products() for known in load_product(name).versions]
    return [await ensure(name, version) for name, version in wanted]


def _system() -> Path:
    return Path(sys.base_prefix).resolve()


def _lock_file(product: str, version: str) -> Path | None:
    described = load_product(product)
    install = described.version(version).install
    return None if install.kind == "system" else described.folder / install.requirements


def _environment(product: str, version: str, lock: Path) -> Path:
    stat = lock.stat()
    digest = _digest(lock, stat.st_mtime_ns, stat.st_size)
    return cache_folder() / f"{product}-{version}-{sys.implementation.cache_tag}-{digest}"


@lru_cache
def _digest(lock: Path, _mtime: int, _size: int) -> str:
    """Return a short digest of the lock file and of the Python that the environment links to."""
    return hashlib.sha256(lock.read_bytes() + str(_system()).encode()).hexdigest()[:12]


async def _build(folder: Path, lock: Path, what: str) -> None:
    """Make the environment at its final path, since it holds absolute paths; the stamp comes last."""
    import structlog  # most runs install nothing, and wait for every import

    log = structlog.get_logger(__name__)
    log.info("installing a product", product=what, folder=str(folder))
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    base = str(getattr(sys, "_base_executable", sys.executable))
    await _run(
        [base, "-m", "venv", str(folder)], what, cure="install Python's venv: apt install python3-venv"
    )
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    locked = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(lock)]
    await _run(
        [*pip, "install", "--quiet", "--compile", *locked],
        what,
        cure="check the network and the package index, then run `python -m harness.runtimes.packages`",
    )
    (folder / _STAMP).write_text(f"{what}\n", encoding="utf-8")


async def _run(argv: list[str], what: str, *, cure: str) -> None:
    """Run one step, which ends with this process; quote its output when it fails."""
    # With PYTHONPATH set, pip would take what lies there for installed, and leave it out.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", leash.__file__, str(os.getpid())),
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        lines = output.decode(errors="replace").splitlines()[-_QUOTED_LINES:]
        raise CannotRun(f"{what} could not be installed", where=argv[0], cure=cure, detail="\n".join(lines))


@asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Hold an exclusive lock that ends with this process, however it ends."""
    with path.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotRun(
            f"the cache folder cannot be written: {error.strerror}",
            where=str(error.filename or folder),
            cure=f"free some space, or set {_CACHE_VARIABLE} to a folder that you may write",
        ) from error


def main() -> int:
    """Install everything; return the exit status."""
    try:
        folders = asyncio.run(ensure_all())
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    sys.stdout.writelines(f"{folder}\n" for folder in folders)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
