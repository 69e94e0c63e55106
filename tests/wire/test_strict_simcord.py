"""SimCord's word on Discord: limits, permissions and the life of interactions, with the library's real machinery."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import discord
import orjson
import pytest
from discord.http import Route

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.declare import declare
from adapters.discord.errors import refusal
from adapters.discord.gateway import Client
from bot.commands.menu import COMMANDS
from bot.core.model import Alert, Chat, Person, Role
from bot.core.ports import Put
from tests.contract.messages import HOSTILE, RICH, everywhere
from tests.fakes import FakeClock
from tests.flow.house import opened

simcord = pytest.importorskip("simcord", reason="SimCord is not installed here")


class Library:
    """The way to Discord by the library's own client, whose far side is SimCord; it keeps what was refused."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self.refused: list[str] = []

    async def call(self, method: str, path: str, body: Any = None, **_: Any) -> dict[str, Any]:
        path, _, query = path.partition("?")
        more = {"params": dict(part.split("=") for part in query.split("&"))} if query else {}
        try:
            sent = {} if body is None else {"json": orjson.loads(orjson.dumps(body))}
            answer = await self._client.http.request(Route(method, path), **sent, **more)
        except discord.HTTPException as error:
            self.refused.append(f"{method} {path}: {error.status} {error.code} {error.text}")
            raise refusal(error.status, {"code": error.code}) from error
        return answer if isinstance(answer, dict) else {}

    async def close(self) -> None:
        """SimCord closes what it opened."""


class Scene:
    """A server with a channel, a reader and an editor."""

    def __init__(self, house, env, library: Library) -> None:
        self.house, self.env, self.library = house, env, library
        guild = env.create_guild()
        desk = guild.create_role("desk", permissions=discord.Permissions(manage_messages=True))
        self.channel = guild.create_text_channel("news")
        self.chat = Chat("discord", str(self.channel.id))
        self.reader = guild.add_member(env.create_user("reader"))
        self.editor = guild.add_member(env.create_user("editor"), roles=[desk])


@asynccontextmanager
async def scene(folder):
    async with (
        opened(folder, FakeClock(), platforms=(DiscordAdapter,), discord_token="a.b.c") as house,
        asyncio.TaskGroup() as turns,
    ):
        adapter = house.bot.adapters["discord"]
        client = Client("", lambda interaction: adapter._interactions.begin(turns, house.dispatch, interaction))
        library = Library(client)
        adapter._rest = adapter._answers._rest = adapter._interactions._rest = library
        async with simcord.run(client, shard_count=1) as env:
            at = Scene(house, env, library)
            await house.bot.store.commit(Put(Person(id=f"discord:{at.editor.id}", role=Role.EDITOR)))
            await declare(house.bot.store, library, COMMANDS, str(env.backend.bot_user.id))
            yield at
            assert library.refused == []


async def test_a_reader_finds_what_is_for_readers_and_is_answered_in_private(tmp_path):
    async with scene(tmp_path) as at:
        offered = at.reader.available_commands(at.channel)
        assert {"start", "subscribe", "feed add", "summary"} <= set(offered)
        assert "breaking" not in offered
        assert "breaking" in at.editor.available_commands(at.channel)
        welcome = await at.reader.slash(at.channel, "start")
        assert welcome.response.ephemeral
        assert welcome.response.embeds[0].title == "News, as it happens"
        pressed = await at.reader.click(welcome.response.message, label="Subscribe to everything")
        assert pressed.followups[0].ephemeral
        listed = await at.reader.slash(at.channel, "list")
        dropped = await at.reader.click(listed.response.message, label="Drop everything")
        assert "You follow nothing any more" in dropped.response.embeds[0].description


async def test_a_refusal_in_the_place_of_an_answer_for_all_is_for_the_asker_alone(tmp_path):
    async with scene(tmp_path) as at:
        refused = await at.reader.slash(at.channel, "summary", source="http://127.0.0.1/")
        assert refused.response is None
        assert [each.ephemeral for each in refused.followups] == [True]


async def test_values_are_completed_and_a_message_can_be_summed_up(tmp_path):
    async with scene(tmp_path) as at:
        await at.reader.slash(at.channel, "subscribe", what="ferry")
        offered = await at.reader.autocomplete(at.channel, "unsubscribe", "what", "f")
        assert offered == [{"name": "ferry", "value": "ferry"}]
        said = await at.reader.send(at.channel, "no link in here")
        answer = await at.reader.context_menu(at.channel, "Summarise", said)
        assert "Which article?" in answer.followups[0].embeds[0].description


async def test_an_editor_fills_in_the_form_and_sends(tmp_path):
    async with scene(tmp_path) as at:
        await at.reader.slash(at.channel, "subscribe")
        form = await at.editor.slash(at.channel, "breaking", severity="flash")
        draft = await at.editor.submit_modal(form, {"text": "Fire in the old harbour\nThe quay is closed."})
        assert draft.response.ephemeral
        await at.editor.click(draft.response.message, label="Send to 1 chat")
        await at.house.pass_time(10)
        assert at.channel.last_message.embeds[0].title == "FLASH: Fire in the old harbour"
        assert await at.house.bot.store.count(Alert) == {"": 1}


async def test_hostile_messages_are_taken_as_they_are(tmp_path):
    async with scene(tmp_path) as at:
        adapter = at.house.bot.adapters["discord"]
        for number, what in enumerate([RICH, *map(everywhere, HOSTILE)]):
            receipt = await adapter.send(at.chat, what, key=f"{number}", silent=True)
            await adapter.edit(receipt, what)
        assert len(at.channel.history()) == len(HOSTILE) + 1
