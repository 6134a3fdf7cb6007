"""Asks another module for a name that it does not have yet."""
from impatient_two import second

first = 1
