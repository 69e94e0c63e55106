"""No file names a package index, a registry or a place on somebody's machine."""

from __future__ import annotations

import re

import pytest

from tests.house.tree import files, text

HOSTS = ["pypi", "python" + "hosted", "npmjs", "artifactory", "jfrog", "sonatype", "rubygems", "crates"]
"""Each is forbidden as a part of a host name; the dot is added here so that this list is none."""

FORBIDDEN = {
    "a package index or registry": re.compile(
        r"(?:{hosts})\.(?:org|com|io|net)\b|//(?:registry|mirrors?|nexus|pypi|npm)[.-]".format(hosts="|".join(HOSTS)),
        re.IGNORECASE,
    ),
    "an option that names an index": re.compile(
        "|".join(rf"(?<!no-emit-)(?<!\w){name}" for name in ("extra-" + "index", "index-" + "url", "find-" + "links"))
    ),
    "a place on a machine": re.compile(r"(?<![\w.:/%}])/(?:root|home|Users|work|mnt|media)" + r"/\w|[A-Z]:\\Users"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what):
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in files()
        for number, line in enumerate(text(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a package index or registry", "https://" + "py" + "pi.org/simple"),
        ("a package index or registry", "http://registry" + ".example/"),
        ("an option that names an index", "pip install --" + "index-" + "url somewhere"),
        ("a place on a machine", "cd /ho" + "me/somebody"),
    ],
)
def test_what_is_forbidden_would_be_found(what, line):
    assert FORBIDDEN[what].search(line)
