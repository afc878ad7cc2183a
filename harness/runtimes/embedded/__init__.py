"""The embedded runtime: rootless namespaces, services as jailed processes."""
