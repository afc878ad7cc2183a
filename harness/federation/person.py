"""A person of a scenario: somebody at an agency, with a machine and a client."""

from __future__ import annotations

from dataclasses import dataclass

from harness.protocols import Account, Chat, Client, Host


@dataclass(frozen=True)
class Person:
    """A fresh person on a fresh host.

    Args:
        name: localpart of the account; unique in the run.
        agency: the agency's id.
        host: the machine that all the person's traffic comes from.
        account: the account at the agency's service.
        client: what the person acts through.
    """

    name: str
    agency: str
    host: Host
    account: Account
    client: Client

    @property
    def user_id(self) -> str:
        """The product's own id of the person, such as ``@alva:alfa.example``."""
        return self.account.user_id

    @property
    def chat(self) -> Chat:
        """The chat capability.

        Raises:
            TypeError: the person's client is not a chat client.
        """
        if not isinstance(self.client, Chat):
            raise TypeError(f"{self.name} has no chat client")
        return self.client
