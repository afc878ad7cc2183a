"""Reading one file that others may be writing: bounded memory, holes skipped, no surprises."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from harness.sweep.forms import LOOK_AHEAD, LOOK_BEHIND, find

CHUNK = 4 << 20
_CARRY = LOOK_AHEAD + LOOK_BEHIND
_ZEROS = bytes(CHUNK)
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

Hits = Counter[tuple[str, str]]
"""How often each word was seen in each form."""


class NotRegular(Exception):
    """The file is a socket, pipe, device or link, or became one."""


@dataclass
class Content:
    """What one file held.

    Args:
        head: its first bytes, to tell its format by.
        bytes_read: without holes.
    """

    head: bytes = b""
    bytes_read: int = 0
    hits: Hits = field(default_factory=Counter)


def open_regular(name: str, folder: int | None) -> int:
    """Open a regular file for reading and return its descriptor; nothing else is ever opened.

    Args:
        name: relative to ``folder``, or absolute.
        folder: descriptor of the folder it is in.

    Raises:
        NotRegular: it is no regular file.
        OSError: it cannot be opened.
    """
    try:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise NotRegular(name)
        descriptor = os.open(name, _OPEN, dir_fd=folder)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise NotRegular(name) from error
        raise
    # Its writer may have put something else in its place between the two calls.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(name)
    return descriptor


def search(descriptor: int, known: Collection[str]) -> Content:
    """Search an open file up to the size that it has now.

    Raises:
        OSError: it cannot be read.
    """
    size = os.fstat(descriptor).st_size
    content = Content(head=os.pread(descriptor, 100, 0))
    for begin, end in _extents(descriptor, size):
        _search_extent(descriptor, begin, end, known, content)
    return content


def _search_extent(descriptor: int, begin: int, end: int, known: Collection[str], content: Content) -> None:
    carry, at = b"", begin
    while at < end:
        chunk = os.pread(descriptor, min(CHUNK, end - at), at)
        at = at + len(chunk) if chunk else end
        content.bytes_read += len(chunk)
        buffer = carry + chunk
        if any(carry) or chunk != _ZEROS:
            first = LOOK_BEHIND if len(carry) == _CARRY else 0
            content.hits.update(find(buffer, known, first, len(buffer) - (0 if at >= end else LOOK_AHEAD)))
        carry = buffer[-_CARRY:]


def _extents(descriptor: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file that hold data: a sparse file can be larger than any disk."""
    at = 0
    while at < size:
        try:
            begin = os.lseek(descriptor, at, os.SEEK_DATA)
            end = os.lseek(descriptor, begin, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            if error.errno != errno.EINVAL:
                raise
            begin, end = at, size
        yield begin, min(end, size)
        at = end


def extended_attributes(descriptor: int) -> bytes:
    """Return names and values of an open file's extended attributes, one after another."""
    parts: list[bytes] = []
    try:
        for name in os.listxattr(descriptor):
            parts += [os.fsencode(name), os.getxattr(descriptor, name)]
    except OSError as error:
        if error.errno not in (errno.ENOTSUP, errno.ENODATA, errno.EPERM):
            raise
    return b"\n".join(parts)
