"""Runtimes bring hosts, networks and services to life."""
