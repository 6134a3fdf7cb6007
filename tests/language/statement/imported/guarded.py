"""Has a main part that must not run on import."""
name_at_load = __name__
if __name__ == "__main__":
    print("never")
