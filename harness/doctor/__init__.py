"""What this machine can run, tried rather than read, and the cure for what it cannot."""
