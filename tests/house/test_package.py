"""What is handed on is whole: the wheel, the lock and the list of dependencies."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import CODE, ROOT, files, modules, project, text, tree

LOCKS = ("requirements.txt", "requirements-dev.txt")
WITHOUT_IMPORT = {"brotli": "aiohttp unpacks what servers send as br with it"}
TOOLS = {
    *("editables", "hatchling", "uv", "import-linter", "mypy", "ruff", "coverage", "pytest-asyncio", "pytest-xdist"),
    *("jsonschema-rs", "simcord", "tdjson"),
}
"""Development dependencies that are run, found by pytest, or asked for only where they are: imported nowhere."""


def test_the_wheel_has_every_module_and_data_file_and_nothing_else(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = {name.partition(".dist-info/")[2] for name in wheel.namelist()} - {""}
    assert packed == {str(path) for path in files(under=CODE)}
    assert {"METADATA", "entry_points.txt", "licenses/LICENSE"} <= about


@pytest.mark.parametrize("suffix", [".po", ".html", ".css", ".js", ".toml"])
def test_there_are_data_files_of_every_kind_to_pack(suffix):
    assert files(suffix, under=CODE)


def pinned(lock: str) -> dict[str, tuple[Requirement, int]]:
    """Return a lock's requirements by name, each with the number of its hashes."""
    lines = [line for line in text(Path(lock)).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    blocks = re.split(r"\n(?=\S)", "\n".join(lines))
    requirements = ((Requirement(block.partition("\\")[0]), block.count("--hash=sha256:")) for block in blocks)
    return {canonicalize_name(requirement.name): (requirement, hashes) for requirement, hashes in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_is_pinned_and_hashed(lock):
    for name, (requirement, hashes) in pinned(lock).items():
        assert [specifier.operator for specifier in requirement.specifier] == ["=="], name
        assert hashes >= 1, name


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_for_every_platform(lock):
    markers = {name: str(requirement.marker or "") for name, (requirement, _) in pinned(lock).items()}
    assert markers["colorama"] == 'sys_platform == "win32"'
    assert not any("==" in marker and "python_full_version" in marker for marker in markers.values())


def test_both_locks_agree():
    running, developing = (
        {name: str(requirement.specifier) for name, (requirement, _) in pinned(lock).items()} for lock in LOCKS
    )
    assert {name: version for name, version in developing.items() if name in running} == running


def declared(*groups: str) -> dict[str, Requirement]:
    lines = [*project()["project"]["dependencies"]] if not groups else []
    for group in groups:
        lines += [line for line in project()["dependency-groups"][group] if isinstance(line, str)]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


@pytest.mark.parametrize(
    ("lock", "groups"), [("requirements.txt", ()), ("requirements.txt", ("build",)), ("requirements-dev.txt", ("dev",))]
)
def test_the_lock_has_a_fitting_version_of_every_declared_dependency(lock, groups):
    locked = pinned(lock)
    for name, requirement in declared(*groups).items():
        version = str(locked[name][0].specifier).removeprefix("==")
        assert requirement.specifier.contains(version), f"{name} {version} is not {requirement}; run make lock"


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the distributions that modules import, by their canonical names."""
    names: set[str] = set()
    for path in paths:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
    known = packages_distributions()
    foreign = names - sys.stdlib_module_names - {*CODE, "bench", "tests"}
    return {canonicalize_name(known[name][0]) if name in known else name for name in foreign}


def test_what_the_program_imports_is_declared():
    assert imported(modules(*CODE)) - declared().keys() == set()


def test_what_is_declared_is_imported():
    assert declared().keys() - imported(modules(*CODE)) - WITHOUT_IMPORT.keys() == set()


def test_what_tests_and_benchmarks_import_is_declared():
    found = imported(modules("tests", "bench"))
    assert found - declared().keys() - declared("dev").keys() == set()


def test_what_development_declares_is_imported_or_a_tool():
    found = imported(modules("tests", "bench"))
    unused = {name for name in declared("dev").keys() - found - TOOLS if not re.match("types-|.*-stubs", name)}
    assert unused == set()
