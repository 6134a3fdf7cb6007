"""A value that can be changed from outside."""
value = 1
