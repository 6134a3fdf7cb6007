"""One half of a circular import."""
import chicken

print("egg sees chicken:", hasattr(chicken, "word"))


def word():
    return "egg"
