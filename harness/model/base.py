"""The common shape of every record and document."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable value; an unknown key is an error, so that a typing mistake cannot pass."""

    model_config = ConfigDict(frozen=True, extra="forbid")
