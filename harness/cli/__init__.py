"""The command line. Each command imports what it uses when it runs, so that help is quick."""
