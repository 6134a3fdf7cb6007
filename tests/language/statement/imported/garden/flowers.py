"""A module with relative imports."""
from . import name
from .tools import spade
from .tools.spade import dig as dig_deep


def rose():
    return f"rose in {name}, {spade.dig()}, {dig_deep()}"
