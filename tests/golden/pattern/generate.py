"""Writes cases for the pattern matcher, with what CPython answers: generate.py COUNT SEED > FILE.

A case is a line of fields separated by tabs; see `fields` for their order. Bytes other than plain
ASCII are written as %XX. Half of the patterns are well formed by construction, the rest have one
character changed, so that errors are compared too. Where CPython 3.14 and older ones differ
(`\\B` in an empty text, `\\z`), no case is made.
"""

import random
import re
import signal
import sys
import warnings

ALPHABET = "aabbbcA1_ .\n"
WIDE = "éÉßſsSkK\u212aıiİσςΣДд€\U0001f600\ud800"
FLAGS = [0, 0, 0, re.I, re.M, re.S, re.X, re.A, re.I | re.M, re.A | re.I]


def encode(value):
    data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return "".join(chr(b) if 32 < b < 127 and b != 37 else "%%%02X" % b for b in data)


class Pattern:
    """Makes one random pattern."""

    def __init__(self, rng, alphabet):
        self.rng = rng
        self.alphabet = alphabet
        self.groups = 0
        self.closed = []
        self.names = []

    def character(self):
        c = self.rng.choice(self.alphabet)
        return re.escape(c) if c in ". \n" or self.rng.random() < 0.05 else c

    def set(self):
        parts = []
        for _ in range(self.rng.randint(1, 3)):
            kind = self.rng.random()
            if kind < 0.6:
                parts.append(self.character())
            elif kind < 0.8:
                parts.append("-".join(sorted(self.rng.choices([c for c in self.alphabet if c not in " .\n"], k=2))))
            else:
                parts.append(self.rng.choice([r"\d", r"\w", r"\s", r"\W", r"\D", r"\S", "-", "^", r"\b", r"\]"]))
        return "[" + self.rng.choice(["", "", "^"]) + "".join(parts) + "]"

    def atom(self, depth):
        kind = self.rng.random()
        if depth <= 0 or kind < 0.35:
            return self.character()
        if kind < 0.42:
            return self.set()
        if kind < 0.47:
            return "."
        if kind < 0.51:
            return self.rng.choice([r"\d", r"\w", r"\s", r"\W", r"\D", r"\S"])
        if kind < 0.56:
            return self.rng.choice(["^", "$", r"\b", r"\B", r"\A", r"\Z"])
        if kind < 0.61 and self.closed:
            group = self.rng.choice(self.closed)
            return "\\%d" % group
        if kind < 0.63 and self.names:
            return "(?P=%s)" % self.rng.choice(self.names)
        if kind < 0.66 and self.closed:
            no = "|" + self.sequence(depth - 1) if self.rng.random() < 0.6 else ""
            return "(?(%d)%s%s)" % (self.rng.choice(self.closed), self.sequence(depth - 1), no)
        if kind < 0.84:
            self.groups += 1
            number = self.groups
            name = ""
            if self.rng.random() < 0.15:
                name = "n%d" % number
            body = self.alternatives(depth - 1)
            self.closed.append(number)
            if name:
                self.names.append(name)
                return "(?P<%s>%s)" % (name, body)
            return "(%s)" % body
        opening = self.rng.choice(
            ["(?:", "(?:", "(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?-i:", "(?s:", "(?m:", "(?a:"]
        )
        return opening + self.alternatives(depth - 1) + ")"

    def quantified(self, depth):
        atom = self.atom(depth)
        if self.rng.random() < 0.35 and atom not in ("^", "$", r"\b", r"\B", r"\A", r"\Z"):
            atom += self.rng.choice(
                ["*", "+", "?", "*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}", "{,2}", "{1,3}", "{0}", "{,}"]
            )
            # CPython keeps wrong groups when a possessive repetition of groups goes back.
            possessive = [] if "(" in atom and re.search(r"\((?!\?)|\(\?P", atom) else ["+"]
            atom += self.rng.choice(["", "", "", "?", "?"] + possessive)
        return atom

    def sequence(self, depth):
        return "".join(self.quantified(depth) for _ in range(self.rng.choice([0, 1, 1, 2, 2, 3])))

    def alternatives(self, depth):
        return "|".join(self.sequence(depth) for _ in range(self.rng.choice([1, 1, 1, 2, 2, 3])))


NOISE = r"()[]{}?*+|\^$.-:#<>=!P,0129abixLumsgN" + " \n"
SNIPPETS = [
    "(?P<n>", "(?P=n)", "(?P>", "(?<", "(?(1)", "(?(n)", "(?i)", "(?x)", "(?ix-s:", "(?a)", "(?L)", "(?u)", "(?-i)",
    r"\x4", r"\x41", r"\u00e9", r"\u12", r"\U0001F600", r"\U00110000", r"\N{DIGIT ONE}", r"\N{x}", r"\N", r"\777",
    r"\07", r"\101", r"\18", r"\9", r"\q", r"\8", "[", "[^", "]", "[a-", "[b-a]", r"[\w-b]", "[a-b-c]", "{1,2}", "{2,1}",
    "{99999999999}", "{1", "(?#c)", "(?#", " # c\n", "(?", "(?P", "(?Px", "(?P<", "(?P<1>", "(?P<é>", "(?:", "(?>", "++", "*?",
    "[[a]", "[a--b]", "[a&&b]", "[a||b]", "[a~~b]", "[--a]", r"\Z", "(?(99)a)", "(?(0)a)", "(?i-i:a)", "(?aL:a)", "(?au:a)", "(?au)",
    "(?-", "(?-:", "(?i-", "(?-a:", "(?-im:", "(?é", "(?iz)", "(?i", r"(?<=a*)", r"(?<=(a))\1", r"(?<=(a)\1)", "(?!)", "(?=)", "()", "(|a)",
]


def mutate(rng, pattern):
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randint(0, len(pattern))
        kind = rng.random()
        if kind < 0.3:
            pattern = pattern[:at] + pattern[at + 1 :]
        elif kind < 0.6:
            pattern = pattern[:at] + rng.choice(NOISE) + pattern[at:]
        else:
            pattern = pattern[:at] + rng.choice(SNIPPETS) + pattern[at:]
    return pattern


def spans(match):
    if match is None:
        return "-"
    groups = ("%d,%d" % match.span(i) for i in range(match.re.groups + 1))
    return ";".join(groups) + "|%s" % (match.lastindex or 0)


def make(rng):
    wide = rng.random() < 0.3
    alphabet = ALPHABET + WIDE if wide else ALPHABET
    pattern = Pattern(rng, alphabet).alternatives(rng.randint(1, 4))
    if rng.random() < 0.3:
        pattern = mutate(rng, pattern)
    flags = rng.choice(FLAGS)
    length = rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 12])
    letters = alphabet if rng.random() < 0.3 else "aab" + rng.choice(alphabet)
    text = "".join(rng.choice(letters) for _ in range(length))
    if not wide and rng.random() < 0.3:
        pattern, text = pattern.encode(), text.encode()
    backslash_b = b"\\B" if isinstance(pattern, bytes) else "\\B"
    pos, endpos = 0, length
    if rng.random() < 0.2:
        pos, endpos = sorted((rng.randint(0, length), rng.randint(0, length)))
    if endpos == 0 and backslash_b in pattern:
        return None
    if (b"\\z" if isinstance(pattern, bytes) else "\\z") in pattern:
        return None
    return fields(pattern, flags, text, pos, endpos)


def fields(pattern, flags, text, pos, endpos):
    start = ["b" if isinstance(pattern, bytes) else "s", str(int(flags)), encode(pattern), encode(text), str(pos), str(endpos)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            compiled = re.compile(pattern, flags)
        except (re.error, ValueError, OverflowError) as error:
            return "\t".join(start + ["error", type(error).__name__, encode(str(error))])
        finally:
            re.purge()
    words = "/".join(str(w.message) for w in caught)
    every = "/".join(spans(m) for m in compiled.finditer(text, pos, endpos))
    return "\t".join(
        start
        + ["%d" % compiled.flags, encode(words)]
        + [spans(find(text, pos, endpos)) for find in (compiled.search, compiled.match, compiled.fullmatch)]
        + [every]
    )


def too_long(*_):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, too_long)
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    while count:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            line = make(rng)
        except (TimeoutError, SystemError):
            line = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        if line:
            print(line)
            count -= 1


main()
