"""Run folders: hash-chained evidence, manifests, verification."""

from harness.store.manifest import write_derived_manifest, write_manifest
from harness.store.run_folder import RunFolder, new_run_id
from harness.store.secret_guard import find_secrets
from harness.store.verification import FileState, Verification, verify
from harness.store.writer import EvidenceWriter

__all__ = [
    "EvidenceWriter",
    "FileState",
    "RunFolder",
    "Verification",
    "find_secrets",
    "new_run_id",
    "verify",
    "write_derived_manifest",
    "write_manifest",
]
