"""Asks back too early."""
from impatient_one import first

second = 2
