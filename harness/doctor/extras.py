"""What some runs use beside the embedded runtime: Docker, a browser, other ways of packets."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from harness.doctor.namespaces import enter_network
from harness.doctor.network import load, load_module
from harness.doctor.probe import Question, Trouble, command, find_program, trying

_QUEUE = "table inet probe { chain q { type filter hook input priority 0; counter queue num 7 bypass; }; }"
_DOCKER_SOCKETS = ("/var/run/docker.sock", "{runtime}/docker.sock", "{runtime}/podman/podman.sock")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def slow_links(question: Question) -> str:
    """Delay packets with netem.

    Raises:
        Trouble: the kernel has no netem.
    """
    enter_network()
    command("set lo up", ["ip", "link", "set", "lo", "up"])
    argv = ["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]
    command("add a netem queue", argv, cure=load_module("sch_netem"))
    return ""


def tunnel(question: Question) -> str:
    """Open the TUN device.

    Raises:
        Trouble: the device cannot be opened.
    """
    cure = "sudo chmod 0666 /dev/net/tun (Debian's default), or sudo modprobe tun"
    with trying("open /dev/net/tun", lambda number: cure), Path("/dev/net/tun").open("rb"):
        return ""


def packet_queue(question: Question) -> str:
    """Hand packets to a program and back (NFQUEUE).

    Raises:
        Trouble: the kernel refuses the rule.
    """
    enter_network()
    load("load an nft queue rule", _QUEUE, load_module("nfnetlink_queue nft_queue"))
    return ""


def docker(question: Question) -> str:
    """Ask a container engine for its version.

    Raises:
        Trouble: no engine is there, or it does not answer.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    chosen = os.environ.get("DOCKER_HOST", "").removeprefix("unix://")
    places = (
        [chosen] if chosen.startswith("/") else [name.format(runtime=runtime) for name in _DOCKER_SOCKETS]
    )
    for place in places:
        if Path(place).is_socket():
            return _engine_version(place)
    raise Trouble(
        "find a container engine", f"no socket at {', '.join(places)}", "install docker.io or podman"
    )


def _engine_version(place: str) -> str:
    cure = "add this user to the engine's group, or use a rootless engine"
    with (
        trying(f"ask {place} for its version", lambda number: cure),
        socket.socket(socket.AF_UNIX) as channel,
    ):
        channel.settimeout(3)
        channel.connect(place)
        channel.sendall(b"GET /version HTTP/1.0\r\nHost: engine\r\n\r\n")
        with channel.makefile("rb") as answer:
            body = answer.read().partition(b"\r\n\r\n")[2]
    try:
        return f"{json.loads(body)['Version']} at {place}"
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"ask {place} for its version", "no version in its answer", cure) from error


def browser(question: Question) -> str:
    """Find a Chromium.

    Raises:
        Trouble: none is installed.
    """
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright").expanduser()
    found = [find_program(name) for name in _BROWSERS if find_program(name)]
    found += [str(path) for path in sorted(cache.glob("chromium*")) if path.is_dir()]
    if not found:
        raise Trouble("find Chromium", "none installed", "sudo apt-get install -y chromium")
    return found[0]
