"""Commands, read off the signatures of their functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.menu import COMMANDS, registry
from bot.commands.registry import Registry, Words, command
from bot.core.errors import UsageError
from bot.core.model import Severity
from bot.core.update import Answer


@command("tell", "say")
async def tell(bot, request, who: str, loud: Severity = Severity.URGENT, times: int = 1, words: Words = "") -> Answer:
    raise NotImplementedError


@command("feed add")
async def feed_add(bot, request, url: str) -> Answer:
    raise NotImplementedError


COMMAND = Registry([tell, feed_add])


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("/tell anna", {"who": "anna"}),
        ("/SAY anna", {"who": "anna"}),
        ("/tell@DatelineBot anna", {"who": "anna"}),
        ("/tell anna flash", {"who": "anna", "loud": Severity.FLASH}),
        ("/tell anna 3 hello", {"who": "anna", "times": 3, "words": "hello"}),
        (
            "/tell anna FLASH 2 one\ntwo  three",
            {"who": "anna", "loud": Severity.FLASH, "times": 2, "words": "one\ntwo  three"},
        ),
        ("/tell anna flashy", {"who": "anna", "words": "flashy"}),
        ("/feed add https://x.example", {"url": "https://x.example"}),
        ("/FEED  ADD https://x.example", {"url": "https://x.example"}),
    ],
)
def test_a_line_is_read_by_the_signature(line, arguments):
    assert COMMAND.read(line)[1] == arguments


@pytest.mark.parametrize(
    ("line", "key", "says"),
    [
        ("/tell", "usage.missing", {"name": "WHO", "usage": "/tell WHO [flash|urgent|routine] [TIMES] [WORDS]"}),
        ("/feed add a b", "usage.extra", {"usage": "/feed add URL"}),
        ("/feed", "usage.group", {"choices": "/feed add"}),
        ("/tel", "usage.close", {"close": "/tell"}),
        ("/xyzzy", "usage.unknown", {}),
        ("/", "usage.unknown", {}),
    ],
)
def test_what_is_typed_wrong_is_told_what_to_type(line, key, says):
    with pytest.raises(UsageError) as refusal:
        COMMAND.read(line)
    assert (refusal.value.message_key, refusal.value.arguments) == (key, says)


@given(st.text())
def test_any_line_is_read_or_refused(line):
    try:
        read, arguments = registry().read(line)
    except UsageError as refusal:
        assert refusal.message_key.startswith("usage.")
    else:
        assert read in COMMANDS
        assert set(arguments) <= {parameter.name for parameter in read.parameters}


def test_no_two_commands_share_a_name():
    names = [name for known in COMMANDS for name in (known.name, *known.aliases)]
    assert len(names) == len(set(names))
