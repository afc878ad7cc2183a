import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from harness.errors import HarnessError, UsageError
from harness.model.result import RunResult
from harness.reports.canonical import run_json
from harness.reports.readme import render_readme
from harness.reports.texts import Texts
from harness.reports.write import AT_ROOT, render_reports, write_reports

DERIVED = {"run.json", "report.html", "junit.xml", "summary.md", "questions.csv", "findings.csv",
           "residency.csv", "README.txt"}  # fmt: skip


@pytest.mark.parametrize("variant", ["run", "clean", "incomplete", "empty"])
@pytest.mark.parametrize("lang", ["en", "sv"])
def test_every_report_is_written(variant: str, lang: str, tmp_path: Path, samples: ModuleType) -> None:
    folder = tmp_path / "run"
    written = write_reports(getattr(samples, variant)(), folder, lang)
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert present == {f"derived/{name}" for name in DERIVED} | set(AT_ROOT)
    assert {path.relative_to(folder).as_posix() for path in written} == present
    for name in AT_ROOT:
        assert (folder / name).read_bytes() == (folder / "derived" / name).read_bytes()


def test_run_json_is_canonical_and_read_back(samples: ModuleType) -> None:
    text = run_json(samples.run())
    assert RunResult.model_validate_json(text) == samples.run()
    document = json.loads(text)
    assert document["schema"] == "https://fedharness.invalid/schema/run-1.json"
    assert document["residency"][0]["class"] == "content"
    assert document["coverage"][0]["from"] == samples.START
    assert list(document) == sorted(document)
    assert text.endswith("}\n")
    assert "Säkerhetschefen" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


RENDER = """
import hashlib, importlib.util, sys
spec = importlib.util.spec_from_file_location("reports_samples", sys.argv[1])
samples = importlib.util.module_from_spec(spec)
sys.modules["reports_samples"] = samples
spec.loader.exec_module(samples)
from harness.reports.write import render_reports
for name, content in render_reports(samples.run(), "sv").items():
    print(name, hashlib.sha256(content).hexdigest())
"""


def test_the_same_bytes_whatever_the_surroundings(samples: ModuleType) -> None:
    source = samples.__file__
    assert source is not None

    def rendered(**changes: str) -> str:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **changes}
        done = subprocess.run(
            [sys.executable, "-c", RENDER, source],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = rendered(PYTHONHASHSEED="1", TZ="Pacific/Auckland", LC_ALL="C")
    second = rendered(PYTHONHASHSEED="2", TZ="America/New_York", LC_ALL="C.UTF-8")
    assert first == second
    assert len(first.splitlines()) == len(DERIVED)


def test_a_damaged_place_is_named_with_its_cure(tmp_path: Path, samples: ModuleType) -> None:
    (tmp_path / "derived").write_text("a file where a folder should be")
    with pytest.raises(HarnessError, match="could not be written") as caught:
        write_reports(samples.clean(), tmp_path)
    assert str(tmp_path / "derived") in caught.value.where
    assert "fedharness report" in caught.value.cure


def test_an_unknown_language_writes_nothing(tmp_path: Path, samples: ModuleType) -> None:
    with pytest.raises(UsageError):
        write_reports(samples.clean(), tmp_path / "run", "fi")
    assert list(tmp_path.iterdir()) == []


def test_no_partial_file_is_left(tmp_path: Path, samples: ModuleType) -> None:
    write_reports(samples.run(), tmp_path)
    assert list(tmp_path.rglob("*.part")) == []


def test_the_readme_says_what_is_what_in_both_languages(samples: ModuleType) -> None:
    text = render_readme(samples.incomplete(), "sv")
    assert text.index("Mapp för körning") < text.index("Run folder of")
    for name in (*AT_ROOT[1:], "federation.yaml", "policy.yaml", "MANIFEST.sha256", "evidence/", "derived/"):
        assert text.count(f"  {name} ") == 2
    assert "OFULLSTÄNDIG KÖRNING" in text
    for lang in ("sv", "en"):
        # Nothing is signed: what is said of a signature never stands alone.
        meaning, signature = (
            Texts(lang).text(f"report.{name}") for name in ("verify_meaning", "no_signature")
        )
        assert f"{meaning}\n{signature}" in text
    assert "derived/MANIFEST.sha256" in text
    assert "sha256sum -c MANIFEST.sha256" in text


def test_what_is_rendered_is_what_is_written(tmp_path: Path, samples: ModuleType) -> None:
    write_reports(samples.run(), tmp_path, "sv")
    for name, content in render_reports(samples.run(), "sv").items():
        assert (tmp_path / "derived" / name).read_bytes() == content


def test_no_link_in_a_run_folder_is_followed(samples: ModuleType, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "report.html").symlink_to(victim)
    (folder / "run.json.part").symlink_to(victim)
    write_reports(samples.run(), folder)
    assert victim.read_text() == "untouched"
    assert not (folder / "report.html").is_symlink()


def test_a_folder_that_is_a_link_is_refused(samples: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "derived").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HarnessError):
        write_reports(samples.run(), folder)
    assert list((tmp_path / "elsewhere").iterdir()) == []
