#!/usr/bin/env python3
"""Holds a CPython to the comments that hold Corolang: the suite cannot be wrong about Python.

    tests/judge.py [--bless] [PYTHON] [PATH...]

PYTHON is a command or a path, by default the newest python3.N found on PATH; a PATH is a script, a folder or a
part of a path below tests/. Without paths all scripts of language, library, regression and limit and all examples
are judged, but for those marked `# corolang only:` or `# python:` with a newer version.

--bless writes the `expect` comments of the named scripts (and the golden outputs of the named examples) from what
PYTHON prints. Each line of output goes to the line of the script that was running, where the order allows it, else
below the statement. The result is to be read before it is kept.

The rules are those of tests/harness/script.rs.
"""

import ast
import concurrent.futures
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import types
from pathlib import Path

TESTS = Path(__file__).resolve().parent
EXAMPLES = TESTS.parent / "examples"
GOLDEN = TESTS / "golden" / "examples"
FOLDERS = ["language", "library", "regression", "limit"]
TIME_LIMIT = 30
LONGEST_LINE = 118


class Script:
    """A script and what its comments say."""

    def __init__(self, path):
        self.path = path
        self.output, self.error, self.arguments = [], [], []
        self.last_line, self.python, self.stdin = None, (3, 0), ""
        self.only, status = False, None
        for line in path.read_text("utf-8").splitlines():
            if match := re.search(r"# expect( raise| exit| error)?:(?: (.*))?$", line):
                kind, value = match[1], (match[2] or "").rstrip()
                if kind is None:
                    self.output.append(value)
                elif kind == " raise":
                    self.last_line = value
                elif kind == " exit":
                    status = int(value)
                else:
                    self.error.append(value)
            elif line.startswith("# stdin:"):
                self.stdin += line[8:].removeprefix(" ") + "\n"
            elif line.startswith("# args:"):
                self.arguments += line[7:].split()
            elif line.startswith("# python:"):
                self.python = tuple(int(part) for part in line[9:].split()[0].split("."))
            elif line.startswith("# corolang only:"):
                self.only = True
        self.status = status if status is not None else 0 if self.last_line is None else 1

    @property
    def is_example(self):
        return self.path.parent == EXAMPLES

    @property
    def golden(self):
        return GOLDEN / (self.path.stem + ".txt")


def without_addresses(text):
    return re.sub(r" at 0x[0-9a-fA-F]+", " at 0x...", text)


def run(python, script, *before):
    """Run a script in an empty folder; the answer is a CompletedProcess."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", PYTHONUTF8="1", NO_COLOR="1", PYTHON_COLORS="0")
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [python, *before, str(script.path), *script.arguments],
            input=script.stdin, capture_output=True, encoding="utf-8", errors="replace",
            cwd=folder, env=environment, timeout=TIME_LIMIT,
        )


def judge(python, script):
    """The complaints about one script, as a text; empty where all is as expected."""
    try:
        done = run(python, script)
    except subprocess.TimeoutExpired:
        return f"still running after {TIME_LIMIT} s"
    complaints = []
    if script.is_example:
        expected = script.golden.read_text("utf-8") if script.golden.exists() else "(no golden)"
        if without_addresses(done.stdout) != expected:
            complaints.append(f"stdout is not as {script.golden}:\n{done.stdout}")
    else:
        got = [line.rstrip() for line in done.stdout.split("\n")]
        if got[-1] == "":
            got.pop()
        complaints += compare(script.output, got)
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    if status != script.status:
        complaints.append(f"exit status: expected {script.status}, got {status}")
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if script.last_line is not None and (lines or [""])[-1].rstrip() != script.last_line:
        complaints.append(f"last line of stderr:\n- {script.last_line}\n+ {(lines or [''])[-1]}")
    complaints += [f"stderr does not contain: {part}" for part in script.error if part not in done.stderr]
    if complaints and done.stderr:
        complaints.append("stderr was:\n" + done.stderr.rstrip())
    return "\n".join(complaints)


def compare(expected, got):
    """The lines that differ, without the equal ones at both ends."""
    if expected == got:
        return []
    head = 0
    while head < min(len(expected), len(got)) and expected[head] == got[head]:
        head += 1
    lines = [f"stdout, after {head} equal lines:"]
    lines += ["- " + line for line in expected[head:head + 20]]
    lines += ["+ " + line for line in got[head:head + 20]]
    return ["\n".join(lines)]


def trace(path, arguments):
    """Run a script in this process and print, as JSON, what it wrote while which of its lines ran."""
    written = []

    class Recorder:
        encoding, errors = "utf-8", "strict"

        def write(self, text):
            frame, line = sys._getframe(1), None
            while frame is not None:
                if frame.f_code.co_name == "<module>" and frame.f_code.co_filename == path:
                    line = frame.f_lineno
                frame = frame.f_back
            written.append((line, text))
            return len(text)

        def flush(self):
            pass

        def isatty(self):
            return False

        def fileno(self):
            return 1

    source = Path(path).read_text("utf-8")
    real = sys.stdout
    sys.argv = [path, *arguments]
    sys.path[0] = os.path.dirname(path)
    main = types.ModuleType("__main__")
    main.__dict__.update(__builtins__=__builtins__, __file__=path)
    sys.modules["__main__"] = main
    sys.stdout = sys.__stdout__ = Recorder()
    raised = None
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)
    except SystemExit:
        pass
    except BaseException as error:
        line = None
        step = error.__traceback__
        while step is not None:
            if step.tb_frame.f_code.co_filename == path and step.tb_frame.f_code.co_name == "<module>":
                line = step.tb_lineno
            step = step.tb_next
        raised = line if line is not None else getattr(error, "lineno", None)
    main.__dict__.clear()
    gc.collect()
    sys.stdout = real
    real.write("\n\x01" + json.dumps([written, raised]))
    real.flush()
    os._exit(0)


def bless(python, script):
    """Write the comments of a script from what a CPython prints."""
    if script.is_example:
        done = run(python, script)
        script.golden.write_text(without_addresses(done.stdout), "utf-8")
        return
    lines = []
    for line in script.path.read_text("utf-8").splitlines():
        if re.match(r"\s*# expect:", line):
            continue
        lines.append(re.sub(r"\s*# expect( raise)?:.*$", "", line))
    script.path.write_text("\n".join(lines) + "\n", "utf-8")
    traced = run(python, script, str(Path(__file__).resolve()), "--trace")
    written, raised = json.loads(traced.stdout.rpartition("\x01")[2])
    plain = run(python, script)
    place_outputs(lines, script, outputs_by_line(written, plain.stdout), raised, plain)
    script.path.write_text("\n".join(lines) + "\n", "utf-8")


def outputs_by_line(written, stdout):
    """Pairs of a line number of the script and a line of output; the real output is the authority."""
    origin, start = [], True
    for line, text in written:
        for character in text:
            if start:
                origin.append(line)
            start = character == "\n"
    got = [line.rstrip() for line in stdout.split("\n")]
    if got[-1] == "":
        got.pop()
    origin += [None] * (len(got) - len(origin))
    return list(zip(origin, got))


def place_outputs(lines, script, outputs, raised, plain):
    """Put the comments into the lines of the script."""
    try:
        body = ast.parse("\n".join(lines)).body
    except SyntaxError:
        body = []
    ends = {}
    top = {}
    for statement in body:
        decorators = getattr(statement, "decorator_list", [])
        start = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
        for number in range(start, statement.end_lineno + 1):
            top[number] = statement
        for node in ast.walk(statement):
            if isinstance(node, ast.stmt) and not hasattr(node, "body") and not isinstance(node, ast.Match):
                for number in range(node.lineno, node.end_lineno + 1):
                    ends[number] = node.end_lineno
    groups = {}
    for line, text in outputs:
        statement = top.get(line)
        groups.setdefault(statement.end_lineno if statement else None, []).append((line, text))
    at_line, below = {}, {}
    for end, group in groups.items():
        numbers = [ends.get(line, line) for line, _ in group]
        ordered = None not in numbers and numbers == sorted(numbers)
        for number, (_, text) in zip(numbers, group):
            place = number if ordered else end if end is not None else len(lines)
            (at_line if ordered else below).setdefault(place, []).append(f"# expect: {text}".rstrip())
    if plain.returncode == 1 and not any("# expect exit:" in line for line in lines):
        last = next((line for line in reversed(plain.stderr.splitlines()) if line.strip()), "")
        at_line.setdefault(raised or len(lines), []).append(f"# expect raise: {last.rstrip()}")
    for place in sorted({*at_line, *below}, reverse=True):
        lines[place:place] = below.get(place, [])
        comments = at_line.get(place, [])
        indent = re.match(r"\s*", lines[place - 1])[0]
        if comments and len(lines[place - 1]) + len(comments[0]) + 2 <= LONGEST_LINE:
            lines[place - 1] += "  " + comments.pop(0)
        lines[place:place] = [indent + comment for comment in comments]


def newest_python():
    found = {}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for path in Path(folder).glob("python3.*") if folder else []:
            if match := re.fullmatch(r"python3\.(\d+)", path.name):
                found.setdefault(int(match[1]), str(path))
    for _, path in sorted(found.items(), reverse=True):
        if subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            return path
    return sys.executable


def select(paths):
    """The scripts that are named, or all of them."""
    every = [path for folder in FOLDERS for path in sorted((TESTS / folder).rglob("*.co"))]
    every += sorted(EXAMPLES.glob("*.co"))
    every = [path for path in every if "imported" not in path.parts]
    if not paths:
        return every
    chosen = [Path(path).resolve() for path in paths]
    return [
        file for file in every
        if any(file == path or path in file.parents for path in chosen)
        or any(not Path(path).exists() and path in str(file.relative_to(TESTS.parent)) for path in paths)
    ]


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--trace"]:
        return trace(arguments[1], arguments[2:])
    blessing = "--bless" in arguments
    arguments = [argument for argument in arguments if argument != "--bless"]
    python = None
    if arguments and (re.match(r"(python|pypy)", Path(arguments[0]).name)):
        python = shutil.which(arguments.pop(0))
    python = python or newest_python()
    version = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
    )
    version = tuple(int(part) for part in version.stdout.split())
    scripts = [Script(path) for path in select(arguments)]
    judged = [script for script in scripts if not script.only and script.python <= version]
    if blessing and not arguments:
        sys.exit("--bless wants to be told which scripts")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if blessing:
            list(pool.map(lambda script: bless(python, script), judged))
            judged = [Script(script.path) for script in judged]
        complaints = list(pool.map(lambda script: judge(python, script), judged))
    failed = 0
    for script, complaint in zip(judged, complaints):
        if complaint:
            failed += 1
            print(f"FAILED {script.path.relative_to(TESTS.parent)}\n{complaint}\n")
    skipped = len(scripts) - len(judged)
    print(f"{python}: {len(judged) - failed} passed, {failed} failed, {skipped} not for it")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
