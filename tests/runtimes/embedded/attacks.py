"""Ways out of a jail, tried one by one; prints a JSON object of attack to outcome.

Runs with the standard library alone, inside a jail or (as a control) outside one.
Arguments: a JSON object with the targets.
"""

import ctypes
import fcntl
import json
import os
import resource
import socket
import struct
import sys
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
PTRACE_ATTACH = 16
IPV6 = socket.IPPROTO_IPV6
SETSOCKOPT = {"x86_64": 54, "aarch64": 208, "riscv64": 208}[os.uname().machine]


def call(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def inherited_descriptor(targets: dict[str, Any]) -> None:
    extra = []
    for fd in range(3, 256):
        try:
            fcntl.fcntl(fd, fcntl.F_GETFD)
            extra.append(fd)
        except OSError:
            continue
    if not extra:
        raise PermissionError("only 0, 1 and 2")


def new_user_namespace(targets: dict[str, Any]) -> None:
    if os.fork() == 0:
        os._exit(0 if libc.unshare(0x10000000) == 0 else 1)
    if os.waitstatus_to_exitcode(os.wait()[1]) != 0:
        raise PermissionError("unshare")


def trace_process(targets: dict[str, Any]) -> None:
    call(libc.ptrace(PTRACE_ATTACH, targets["victim"], None, None))
    libc.ptrace(17, targets["victim"], None, None)


def read_memory(targets: dict[str, Any]) -> None:
    with open(f"/proc/{targets['victim']}/environ", "rb") as file:
        file.read()


def signal_process(targets: dict[str, Any]) -> None:
    os.kill(targets["victim"], 0)


def unix_socket(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(targets["unix"])


def abstract_socket(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect("\0" + targets["abstract"])


def vsock(targets: dict[str, Any]) -> None:
    socket.socket(40, socket.SOCK_STREAM).close()


def shared_memory_file(targets: dict[str, Any]) -> None:
    with open(targets["shm"]) as file:
        file.read()


def shared_memory_segment(targets: dict[str, Any]) -> None:
    call(libc.shmget(targets["shm_key"], 4096, 0o600))


def message_queue(targets: dict[str, Any]) -> None:
    call(libc.msgget(targets["queue_key"], 0o600))


def write_evidence(targets: dict[str, Any]) -> None:
    with open(targets["evidence"], "a") as file:
        file.write("forged")


def core_dump(targets: dict[str, Any]) -> None:
    # Only a limit of 1 keeps the kernel from handing memory to a program of the host.
    if resource.getrlimit(resource.RLIMIT_CORE) == (1, 1):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (2, 2))
        except ValueError as error:
            raise PermissionError(error) from error


def second_address(targets: dict[str, Any]) -> None:
    channel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    channel.bind((0, 0))
    index = socket.if_nametoindex("lo")
    address = socket.inet_aton("10.99.99.99")
    body = struct.pack("=BBBBi", socket.AF_INET, 32, 0, 0, index) + struct.pack("=HH", 8, 2) + address
    channel.send(struct.pack("=IHHII", 16 + len(body), 20, 0x605, 1, 0) + body)
    error = struct.unpack_from("=i", channel.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def forged_source(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW):
        pass


def send(source: str, *options: tuple[int, int]) -> None:
    """Send a datagram that names a sibling as its source."""
    family, far = (socket.AF_INET6, "fd00:9::9") if ":" in source else (socket.AF_INET, "10.99.0.9")
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        channel.sendto(b"own address", (far, 9))
    with socket.socket(family, socket.SOCK_DGRAM) as channel:
        for level, option in options:
            channel.setsockopt(level, option, 1)
        channel.bind((source, 0))
        channel.sendto(b"forged", (far, 9))


def free_bind(targets: dict[str, Any]) -> None:
    send(targets["sibling"][0], (socket.SOL_IP, 15))


def free_bind_ipv6(targets: dict[str, Any]) -> None:
    send(targets["sibling"][1], (IPV6, 78))


def free_bind_ipv6_by_ip(targets: dict[str, Any]) -> None:
    send(targets["sibling"][1], (socket.SOL_IP, 15))


def free_bind_in_upper_half(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as channel:
        level, option, one = (ctypes.c_ulong(1 << 32 | number) for number in (IPV6, 78, 1))
        call(libc.syscall(SETSOCKOPT, channel.fileno(), level, option, ctypes.byref(one), 4))


def transparent(targets: dict[str, Any]) -> None:
    send(targets["sibling"][0], (socket.SOL_IP, 19))


def transparent_ipv6(targets: dict[str, Any]) -> None:
    send(targets["sibling"][1], (IPV6, 75))


def raw_frame(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW):
        pass


def netfilter(targets: dict[str, Any]) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12):
        pass


def kernel_switch(targets: dict[str, Any]) -> None:
    with open("/proc/sys/kernel/core_pattern", "r+"):
        pass


def io_ring(targets: dict[str, Any]) -> None:
    call(libc.syscall(425, 1, ctypes.create_string_buffer(120)))


def write_base(targets: dict[str, Any]) -> None:
    with open("/usr/forged", "w"):
        pass


def see_other_processes(targets: dict[str, Any]) -> None:
    others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, 2, os.getpid())]
    if not others:
        raise PermissionError("none")


def enter_namespace(targets: dict[str, Any]) -> None:
    with open(targets["namespace"]) as file:
        call(libc.setns(file.fileno(), CLONE_NEWNET))


def enter_namespace_of_process(targets: dict[str, Any]) -> None:
    with open(f"/proc/{targets['victim']}/ns/net") as file:
        call(libc.setns(file.fileno(), CLONE_NEWNET))


def unmount_cover(targets: dict[str, Any]) -> None:
    call(libc.umount2(b"/run", 2))


HELPERS = {"call", "send", "main"}


def main() -> None:
    targets = json.loads(sys.argv[1])
    results = {}
    attacks = {n: f for n, f in globals().items() if hasattr(f, "__code__") and n not in HELPERS}
    for name, attack in attacks.items():
        try:
            attack(targets)
            results[name] = "open"
        except OSError as error:
            results[name] = f"refused: {error}"
    print(json.dumps(results))


if __name__ == "__main__":
    main()
