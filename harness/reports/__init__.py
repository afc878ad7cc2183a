"""Reports: files made from a finished run."""
