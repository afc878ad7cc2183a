"""The border program: router, resolver and recorder of each agency."""
