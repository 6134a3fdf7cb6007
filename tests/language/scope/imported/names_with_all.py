"""A module whose __all__ says what a star import takes."""
__all__ = ["shown"]
shown = "visible"
hidden = "not in __all__"
_private = "private"
