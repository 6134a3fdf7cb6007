"""A module with __getattr__ and __dir__."""


def __getattr__(name):
    if name == "refused":
        raise AttributeError(f"module has no {name}")
    return f"<{name}>"


def __dir__():
    return ["dir_name"]
