"""Certificates made on the spot by the sinkhole's own CA."""

from __future__ import annotations

import contextlib
import datetime
import os
import ssl
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.errors import BorderError

_KEPT = 512
_VALID = datetime.timedelta(days=2)
_COMMON_NAME_LIMIT = 64


class CertificateMaker:
    """Makes a server's TLS context for any name.

    Args:
        folder: holds ``ca.pem`` and ``ca.key``, both PEM.

    Raises:
        BorderError: they are missing or no CA.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._ca = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
            key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise BorderError(
                f"the sinkhole's CA cannot be read: {error}",
                where=str(folder),
                cure="let the runtime make ca.pem and ca.key there, both PEM without a password",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise BorderError(
                "the sinkhole's CA has a key of an unknown kind",
                where=str(folder / "ca.key"),
                cure="make an elliptic-curve or RSA key",
            )
        self._ca_key = key
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()

    def context(self, name: str) -> ssl.SSLContext:
        """Return a context whose certificate is for ``name``, a host name or an address."""
        context = self._contexts.get(name)
        if context is None:
            context = self._contexts[name] = self._new_context(name)
            if len(self._contexts) > _KEPT:
                self._contexts.popitem(last=False)
        self._contexts.move_to_end(name)
        return context

    def _new_context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        key = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        chain = self._issue(name) + self._ca.public_bytes(serialization.Encoding.PEM)
        with _in_memory(key + chain) as path:
            context.load_cert_chain(path)
        context.sni_callback = self._choose
        return context

    def _choose(self, tls: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> int | None:
        if name is None:
            return None
        try:
            tls.context = self.context(name)
        except (ValueError, ssl.SSLError):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    def _issue(self, name: str) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_subject(name))
            .issuer_name(self._ca.subject)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _VALID)
            .not_valid_after(now + _VALID)
            .add_extension(x509.SubjectAlternativeName([_general_name(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca_key.public_key()), critical=False
            )
        )
        return builder.sign(self._ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_LIMIT] or "sinkhole")])


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ip_address(name))
    # A name that is no legal host name gets a certificate nevertheless: its own handshake decides.
    return x509.DNSName(name.encode("ascii", "replace").decode("ascii") or "sinkhole")


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """Yield the path of a file that only this process has, never on a disk."""
    fd = os.memfd_create("certificate", os.MFD_CLOEXEC)
    try:
        os.write(fd, content)
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)
