"""Drivers: one product each."""
