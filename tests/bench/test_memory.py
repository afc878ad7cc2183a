"""Memory is read from what the kernel says, in bytes."""

from __future__ import annotations

import os
from pathlib import Path

from bench.memory import Memory, kernel_bytes, proportional_shares


def test_shares_of_all_processes_are_read(tmp_path: Path) -> None:
    for pid, size in ((1, 100), (22, 40)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        text = f"55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss: 900 kB\nPss: {size} kB\nPss_Anon: 7 kB\n"
        (folder / "smaps_rollup").write_text(text)
    (tmp_path / "3").mkdir()
    (tmp_path / "meminfo").touch()
    assert sorted(proportional_shares(tmp_path)) == [40 << 10, 100 << 10]


def test_this_process_has_a_share(tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(f"/proc/{os.getpid()}")
    (share,) = proportional_shares(tmp_path)
    assert share > 1 << 20


def test_the_kernels_memory_is_a_sum() -> None:
    text = "MemTotal: 1000 kB\nSlab: 30 kB\nSReclaimable: 20 kB\nPercpu: 4 kB\nHugePages_Total: 0\n"
    assert kernel_bytes(text) == 34 << 10


def test_a_world_takes_processes_files_and_the_kernels_growth() -> None:
    before = Memory(processes=50, files=1, kernel=1000)
    assert Memory(processes=80, files=10, kernel=1200).since(before) == 290
