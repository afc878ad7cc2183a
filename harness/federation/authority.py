"""The run's own certificate authority: every service's certificate comes from it."""

from __future__ import annotations

import trustme

from harness.protocols import Certificate


class Authority:
    """A fresh CA for one run; its key never leaves memory."""

    def __init__(self) -> None:
        self._ca = trustme.CA(organization_name="fedharness", organization_unit_name="one run's CA")

    @property
    def pem(self) -> str:
        """The CA's certificate, to be trusted by products and clients."""
        return self._ca.cert_pem.bytes().decode()

    def issue(self, domain: str) -> Certificate:
        """Issue a certificate for a domain and every host in it (RFC 9525, wildcards)."""
        issued = self._ca.issue_cert(domain, f"*.{domain}")
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        return Certificate(certificate=chain.decode(), key=issued.private_key_pem.bytes().decode())
