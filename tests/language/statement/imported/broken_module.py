"""Fails while it is loaded."""
print("loading the broken module")
1 / 0
