"""The live federation, as scenarios see it."""
