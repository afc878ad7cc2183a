"""Matrix Synapse: one process per agency, on SQLite."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import jinja2

from harness.errors import UsageError
from harness.model.evidence import ListeningPort
from harness.paths import deploy_folder
from harness.products import Product, load_product
from harness.protocols import Account, Host, RunningService, ServicePlan, ServiceSpec, StoreSpec

if TYPE_CHECKING:
    from harness.drivers.matrix import MatrixChat

ROLE = "homeserver"
_CLIENT_PORT = 443
FEDERATION_PORT = 8448
_REACHABLE = ("10.0.0.0/8", "fd00::/8", "198.18.0.0/15")
_OPTIONS = {"report_stats": bool, "ip_range_whitelist": list}


class SynapseDriver:
    """Implements `harness.protocols.Driver`, `Forkable` and `Reconnectable`.

    Options of the federation file: ``report_stats`` (true or false, for ``setting:
    as_shipped``) and ``ip_range_whitelist`` (further networks that Synapse may contact).
    """

    product: ClassVar[str] = "synapse"
    functions: ClassVar[frozenset[str]] = frozenset({"chat"})
    forked: ClassVar[Path] = deploy_folder() / "synapse" / "forked.py"

    def services(self, plan: ServicePlan) -> Sequence[ServiceSpec]:
        """Return the homeserver.

        Raises:
            UsageError: the version or an option is not known.
        """
        product = load_product(self.product)
        version = product.version(plan.service.version)
        spec = ServiceSpec(
            role=ROLE,
            product=self.product,
            version=version.version,
            argv=("{package}/bin/python", "-m", "synapse.app.homeserver", "-c", "/config/homeserver.yaml"),
            image=version.image,
            files=_files(product, plan),
            # SQLite keeps a write-ahead log beside the database: the folder is the store.
            data=("/data/database", "/data/media"),
            environment={
                "SYNAPSE_CONFIG_PATH": "/config/homeserver.yaml",
                "SSL_CERT_FILE": "/config/ca.pem",
                "PYTHONUNBUFFERED": "1",
            },
            # Partners use 443 as well: they ask there, first, where federation is delegated to
            # (Matrix server-server specification, "Resolving server names").
            ports=(
                ListeningPort(name="client", port=_CLIENT_PORT, audience="partners"),
                ListeningPort(name="federation", port=FEDERATION_PORT, audience="partners"),
            ),
            stores=(
                StoreSpec("database", "/data/database", holds=("content", "title")),
                StoreSpec("media", "/data/media", holds=("file",)),
            ),
            names=("", "matrix"),
            srv={"_matrix-fed._tcp": "federation"},
        )
        return [spec]

    async def ready(self, service: RunningService) -> None:
        """Return when the client API and the federation API answer over verified TLS.

        Raises:
            ProductError: the homeserver has ended, or another version answers.
        """
        # Its clients are loaded when they are needed: until then the product may start.
        from harness.drivers import synapse_live

        await synapse_live.ready(service)

    async def account(self, service: RunningService, name: str) -> Account:
        """Make an account by the shared-secret registration API, or find the one that is there.

        Raises:
            ProductError: the homeserver refused.
        """
        from harness.drivers import synapse_live

        return await synapse_live.account(service, name)

    async def client(self, service: RunningService, account: Account, host: Host) -> MatrixChat:
        """Log the person in from ``host`` and start to synchronise.

        Raises:
            ActionRefused: the homeserver refused the login.
        """
        from harness.drivers import synapse_live

        return await synapse_live.client(service, account, host)

    async def reconnect(self, service: RunningService, domains: Sequence[str]) -> None:
        """Make the homeserver try partners again at once, and wait until they are caught up.

        It gives up silently after some seconds: whether all arrived is the scenario's question.
        """
        from harness.drivers import synapse_live

        await synapse_live.reconnect(service, domains)


def base_url(plan: ServicePlan) -> str:
    """Return where an agency's clients reach its homeserver."""
    return f"https://{plan.domain}"


def _files(product: Product, plan: ServicePlan) -> dict[str, str]:
    certificate = plan.certificates[ROLE]
    return {
        "/config/homeserver.yaml": _configuration(product, plan),
        "/config/log.yaml": (product.folder / "log.yaml").read_text(encoding="utf-8"),
        "/config/signing.key": _signing_key(plan),
        "/config/tls.crt": certificate.certificate,
        "/config/tls.key": certificate.key,
        "/config/ca.pem": plan.ca,
    }


def _configuration(product: Product, plan: ServicePlan) -> str:
    options = _options(plan)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(product.folder),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template("homeserver.yaml.j2").render(
        domain=plan.domain,
        hardened=plan.service.setting == "hardened",
        addresses=list(plan.addresses[ROLE]),
        allowed_domains=[plan.domain, *(partner.domain for partner in plan.partners)],
        reachable=[*_REACHABLE, *options.get("ip_range_whitelist", [])],
        report_stats=options.get("report_stats", False),
        secrets={name: secret(plan, name) for name in ("registration", "macaroon", "form")},
    )


def _options(plan: ServicePlan) -> dict[str, Any]:
    where = f"agencies.{plan.agency}.services.{plan.key}.options"
    for name, value in plan.service.options.items():
        kind = _OPTIONS.get(name)
        if kind is None:
            raise UsageError(
                f"Synapse has no option `{name}`", where=where, cure=f"choose from: {', '.join(_OPTIONS)}"
            )
        if not isinstance(value, kind):
            raise UsageError(f"`{name}` is of the wrong type", where=where, cure=f"give a {kind.__name__}")
    return plan.service.options


def secret(plan: ServicePlan, purpose: str) -> str:
    """Return one of a homeserver's secrets: the same for the same purpose, of use for no other."""
    return _derived(plan, purpose).hex()


def _derived(plan: ServicePlan, purpose: str) -> bytes:
    return hmac.new(plan.secret.encode(), f"{plan.domain} {purpose}".encode(), hashlib.sha256).digest()


def _signing_key(plan: ServicePlan) -> str:
    """Return the server's key in the file format of signedjson: algorithm, version, seed."""
    seed = base64.b64encode(_derived(plan, "signing key")).decode().rstrip("=")
    return f"ed25519 a_{secret(plan, 'key id')[:4]} {seed}\n"
