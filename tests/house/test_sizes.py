"""Files and functions stay small, modules say what they are, and every test can fail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import CODE, files, modules, text, tree

FILE_LINES = 400
FUNCTION_LINES = 50
SOURCE = (".py", ".html", ".xml", ".js", ".css")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def test_no_file_is_longer_than_its_limit():
    long = {str(path): len(text(path).splitlines()) for path in files(*SOURCE, under=(*CODE, "bench"))}
    assert {path: lines for path, lines in long.items() if lines > FILE_LINES} == {}


def test_no_function_is_longer_than_its_limit():
    long = {
        f"{path}:{function.name}": function.end_lineno - function.lineno + 1
        for path in modules(*CODE, "bench")
        for function in functions(path)
    }
    assert {name: lines for name, lines in long.items() if lines > FUNCTION_LINES} == {}


def test_every_module_opens_with_one_sentence_that_says_what_it_is():
    openings = {str(path): (ast.get_docstring(tree(path)) or "").split("\n\n")[0] for path in modules("")}
    silent = [path for path, opening in openings.items() if not re.fullmatch(r"\S[^\n]*\.", opening)]
    long_winded = [path for path, opening in openings.items() if re.search(r"[.!?] [A-Z]", opening)]
    assert (silent, long_winded) == ([], [])


def asserting() -> set[str]:
    """The names of functions in the tests that assert, by themselves or by others that they call."""
    found: set[str] = set()
    everything = [function for path in modules("tests") for function in functions(path)]
    while fresh := {function.name for function in everything if asserts(function, found)} - found:
        found |= fresh
    return found


def asserts(function: Function, helpers: set[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in helpers | {"raises", "warns", "fail", "timeout", "wait_for", "run_state_machine_as_test"}:
                return True
    return False


def test_every_test_asserts_something():
    helpers = asserting()
    idle = [
        f"{path}:{function.name}"
        for path in modules("tests")
        for function in functions(path)
        if function.name.startswith("test_") and not asserts(function, helpers)
    ]
    assert not idle
