"""Data that ships with the harness: catalogues, texts and schemas."""

from harness.data.catalogues import destinations, questions

__all__ = ["destinations", "questions"]
