"""Names without an __all__."""
one = 1
two = 2
_three = 3
