"""What a jailed program sees, may write and has for an environment."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from harness.runtimes.embedded import netns, process
from harness.runtimes.embedded.enter import STATE
from harness.runtimes.embedded.jail import WORKING_FOLDER, Jail, accounts

InWorld = Callable[[Callable[[], Awaitable[Any]]], Any]

LOOKS = """
id -u; pwd; cat /proc/sys/kernel/hostname; grep -h CapEff /proc/self/status; cat /etc/app.conf
ls /
for place in / /usr /etc /etc/app.conf /dev /data /tmp /var/tmp /run /dev/shm /home/user; do
    if [ -f $place ]; then { true >> $place; } 2>/dev/null && echo "write $place"
    else { true > $place/new; } 2>/dev/null && echo "write $place"; fi
done
env | sort
"""


def cage(root: Path, name: str = "app") -> Jail:
    files = {**accounts(), "/etc/app.conf": "setting: 1\n"}
    return Jail(root / name, f"{name}.alfa.example", files=files, data=("/data",))


def test_the_root_holds_programs_and_what_the_jail_was_given(in_world: InWorld) -> None:
    async def work() -> Any:
        netns.remember_home()
        own = netns.create("own", netns.HOST_SYSCTLS)
        jail = cage(STATE)
        jail.prepare()
        lines: list[str] = []
        argv, variables = ["/bin/sh", "-c", LOOKS], {"ASKED": "yes", "LANG": "sv_SE.UTF-8"}
        running = await process.start(
            jail, own.path, argv, variables, on_line=lambda _, line: lines.append(line)
        )
        await running.wait()
        return lines, (STATE / "app" / "data" / "data" / "new").exists()

    lines, kept = in_world(work)
    assert lines[:5] == [
        "1000",
        WORKING_FOLDER,
        "app.alfa.example",
        "CapEff:\t0000000000000000",
        "setting: 1",
    ]
    written = [line.removeprefix("write ") for line in lines if line.startswith("write ")]
    assert written == ["/data", "/tmp", "/var/tmp", "/run", "/dev/shm", WORKING_FOLDER]
    assert kept, "data lies in the host's folder, where sweeps and a restart find it"
    seen = set(lines[5 : lines.index("write /data")])
    assert seen == {
        "bin",
        "data",
        "dev",
        "etc",
        "home",
        "lib",
        "lib64",
        "proc",
        "run",
        "sbin",
        "tmp",
        "usr",
        "var",
    }
    variables = dict(line.split("=", 1) for line in lines if "=" in line)
    assert variables.keys() == {
        *("ASKED", "HOME", "LANG", "PATH", "PWD", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TMPDIR")
    }
    assert (variables["ASKED"], variables["LANG"]) == ("yes", "sv_SE.UTF-8")


def test_files_are_written_again_and_data_stays_over_a_restart(tmp_path: Path) -> None:
    jail = cage(tmp_path)
    jail.prepare()
    (jail.writable()["/data"] / "kept").write_text("kept")
    (tmp_path / "app" / "files" / "etc" / "app.conf").write_text("changed")
    jail.prepare()
    assert (jail.writable()["/data"] / "kept").read_text() == "kept"
    assert (tmp_path / "app" / "files" / "etc" / "app.conf").read_text() == "setting: 1\n"


def test_two_jails_share_no_writable_place(tmp_path: Path) -> None:
    one, other = cage(tmp_path, "one"), cage(tmp_path, "other")
    assert one.writable().keys() == other.writable().keys()
    assert not set(one.writable().values()) & set(other.writable().values())


def test_what_is_read_only_is_mounted_last_and_the_program_comes_after_all_options(tmp_path: Path) -> None:
    command = cage(tmp_path).command(["/bin/app", "--cap-add", "ALL"], {}, seccomp_fd=7, info_fd=8)
    assert command[command.index("--") :] == ["--", "/bin/app", "--cap-add", "ALL"]
    options = command[: command.index("--")]
    assert {"--unshare-user", "--unshare-pid", "--disable-userns", "--die-with-parent"} <= set(options)
    assert options[options.index("--cap-drop") + 1] == "ALL"
    kinds = [row[0] for row in cage(tmp_path).mounts()]
    assert kinds[-2:] == ["--remount-ro", "--remount-ro"]
    assert "--unshare-net" not in options, "the network is the one that it is started in"
