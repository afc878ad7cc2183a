"""The nouns as data: no I/O, no clock, no knowledge of any runtime or product."""
