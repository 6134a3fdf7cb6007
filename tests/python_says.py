#!/usr/bin/env python3
"""Writes into each golden of tests/diagnostics/syntax what CPython says of the same text.

    python3.13 tests/python_says.py           writes it, above what Corolang says
    python3.13 tests/python_says.py --check   only compares, and fails where a golden says something else

The tests of Corolang need no CPython: they hold that each golden records what it says, and compare the rest.
"""

import sys
import traceback
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent / "diagnostics" / "syntax"
HEAD = "CPython 3.13 says:\n"
BREAK = "\nCorolang says:\n"
# Lines longer than this are shown without their excerpt.
LONGEST = 200


def says(path):
    """The last lines of the traceback that CPython would print, or that it finds nothing wrong."""
    text = path.read_text(encoding="utf-8", newline="")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, path.name, "exec")
        except (SyntaxError, ValueError) as error:
            lines = "".join(traceback.format_exception_only(error)).splitlines()
        else:
            lines = ["nothing: it compiles"]
    return "".join(f"{line.rstrip()}\n" for line in lines if len(line) <= LONGEST)


def main(arguments):
    if sys.version_info[:2] != (3, 13):
        sys.exit("CPython 3.13 is asked, not " + sys.version.split()[0])
    stale = []
    for path in sorted(FOLDER.glob("*.co")):
        golden = path.with_suffix(".stderr")
        old = golden.read_text(encoding="utf-8") if golden.exists() else ""
        ours = old.partition(BREAK)[2] if BREAK in old else ""
        new = f"{HEAD}{says(path)}{BREAK}{ours}"
        if new != old:
            stale.append(path.name)
            if "--check" not in arguments:
                golden.write_text(new, encoding="utf-8")
    print(len(stale), "differ" if "--check" in arguments else "written")
    for name in stale:
        print("   ", name)
    return bool(stale) and "--check" in arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
