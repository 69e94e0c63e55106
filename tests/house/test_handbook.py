"""The documents tell the truth: commands, links, files and the list of modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from bot.cli import app
from tests.house.modules import MODULES, listed
from tests.house.tree import ROOT, files, project, text

DOCUMENTS = [str(path) for path in files(".md")]
RECIPE = re.compile(r"^\t@?(\S.*)$", re.MULTILINE)


def code(document: str) -> list[str]:
    """Return what is set as code in a document: lines of blocks, and spans."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text(Path(document)), re.MULTILINE | re.DOTALL)
    indented = re.findall(r"(?:^|\n\n)((?: {4}\S.*\n)+)", text(Path(document)))
    return re.findall(r"`([^`\n]+)`", text(Path(document))) + [
        line for block in blocks + indented for line in block.splitlines()
    ]


def targets() -> dict[str, list[str]]:
    """Return the Makefile's targets and the commands of each."""
    found = {}
    for block in re.split(r"\n\n", text(Path("Makefile")).replace("\\\n", " ")):
        if head := re.match(r"([\w./-]+):(?!=)", block):
            found[head[1]] = [
                line.replace("$(BIN)", ".venv/bin").replace("$(PYTHON)", "python3") for line in RECIPE.findall(block)
            ]
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_in_a_document_is_a_target(document):
    named = {name for line in code(document) for name in re.findall(r"\bmake ([a-z]+)", line)}
    assert named <= targets().keys()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_dateline_command_in_a_document_is_one(document):
    known = set(typer.main.get_command(app).commands)
    named = {name for line in code(document) for name in re.findall(r"^(?:\S*/)?dateline ([a-z]+)", line.strip())}
    assert named <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_to_one(document):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text(Path(document)))
    assert [link for link in links if not (ROOT / Path(document).parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_of_the_tree_named_as_code_is_there(document):
    named = {
        line
        for line in code(document)
        if re.fullmatch(r"(?:bot|adapters|store|tests|docs|deploy|bench|\.ci)/[\w./-]+", line)
    }
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_target_says_what_it_is_for():
    phony = re.search(r"^\.PHONY: (.*)$", text(Path("Makefile")), re.MULTILINE)
    assert phony
    described = re.findall(r"^([a-z]+):.*##", text(Path("Makefile")), re.MULTILINE)
    assert phony[1].split() == described


def test_the_commands_without_make_are_those_that_make_gives():
    made = targets()
    given = [*made[".venv/.python"], *made[".venv/.run"], *made["run"], *made[".venv/.dev"], *made["test"]]
    own = [line for line in given if not re.match(r"echo|touch|command|python3 -c", line)]
    section = text(Path("README.md")).partition("## Without make")[2].partition("\n## ")[0]
    assert re.findall(r"^ {4}(\S.*)$", section, re.MULTILINE) == own


def test_the_list_of_modules_is_what_stands_in_the_tree():
    assert text(MODULES) == listed(), "make modules renews it"


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", ".env.example", ".ci/run", "docs/architecture.md"],
)
def test_what_a_newcomer_looks_for_is_there(name):
    assert (ROOT / name).stat().st_size > 100


def test_the_changelog_tells_of_this_version():
    assert project()["project"]["version"] in text(Path("CHANGELOG.md"))


def test_the_ci_script_can_be_run_and_calls_the_test_command():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert re.search(r"^make test\b", script.read_text(), re.MULTILINE)


def test_decisions_are_numbered_in_order():
    numbers = [int(path.name[:4]) for path in files(".md", under=("docs/decisions",))]
    assert numbers == list(range(1, len(numbers) + 1))
