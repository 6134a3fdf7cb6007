"""The other half of a circular import."""
import egg

print("chicken sees egg:", hasattr(egg, "word"))


def word():
    return "chicken after " + egg.word()
