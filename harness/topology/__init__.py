"""Federation files: reading, checking, resolving and writing them."""

from harness.model.schema import federation_schema as json_schema
from harness.topology.addressing import AddressPlan, AgencyAddresses, HostAllocator, Link, Pair
from harness.topology.loading import load
from harness.topology.resolving import resolve
from harness.topology.writing import dump, template

__all__ = [
    "AddressPlan",
    "AgencyAddresses",
    "HostAllocator",
    "Link",
    "Pair",
    "dump",
    "json_schema",
    "load",
    "resolve",
    "template",
]
