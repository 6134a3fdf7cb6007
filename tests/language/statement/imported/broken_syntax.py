"""Cannot be read."""
x = = 1
