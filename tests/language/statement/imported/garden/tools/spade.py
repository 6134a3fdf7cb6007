"""A module that imports from the package above."""
from .. import name as garden_name
from ... import garden


def dig():
    return "dig in " + garden_name + "/" + garden.name
