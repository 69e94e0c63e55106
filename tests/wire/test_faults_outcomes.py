"""Every fault of the wire on its own: how it ends, by the ledger of the far side."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.core.model import Alert, Chat, Delivery, FanOut, OnUncertain, Outcome, Recall, Subscriber
from bot.core.ports import Put, Swap
from bot.outreach import outbox, recall
from tests.wire.discord.newsroom import until
from tests.wire.discord.people import Person as DiscordPerson
from tests.wire.discord.server import dm
from tests.wire.discord.server import served as discord_served
from tests.wire.far import IMPATIENCE, PATIENCE, Hasty, Newsroom, newsroom
from tests.wire.telegram.people import Person
from tests.wire.telegram.server import BotApi

FIRE, SMALL = "URGENT: Fire", "URGENT: Small fire"
WRONG = "It was smaller than we said."
PLATFORMS = ("telegram", "discord")


@pytest.fixture
async def api():
    async with BotApi() as api:
        yield api


@pytest.fixture
async def discord():
    async with discord_served() as discord:
        yield discord
        assert discord.refused == []


@pytest.fixture
async def room(api, discord, tmp_path):
    async with newsroom(tmp_path, api, discord) as room:
        yield room


@pytest.fixture(params=PLATFORMS)
def name(request) -> str:
    return request.param


@pytest.fixture
def far(room, name):
    return room.sides[name]


@pytest.fixture
def other(room, name):
    return room.sides[PLATFORMS[name == "telegram"]]


async def correct(room: Newsroom, alert, note: str = WRONG, text: str = "Small fire") -> None:
    await room.house.say(f"/correct {alert.id} {note}\n{text}")
    await room.house.pipeline.settle()


def corrected(note: str = WRONG, text: str = SMALL) -> str:
    return f"{text}\n\nCORRECTED 09:00 UTC: {note}"


# ------------------------------------------------------------------------------------------------ flood control


@pytest.mark.parametrize("seconds", [1, 35, 43838])
async def test_a_chat_s_flood_limit_is_waited_out_to_the_second_and_holds_up_nobody(room, far, other, seconds):
    limited, *free = far.chats(5)
    elsewhere = other.chats(5)
    await room.follow(limited, *free, *elsewhere)
    far.fault(f"flood:{seconds}", limited)
    begun = room.house.clock.now()
    alert = await room.release()
    assert room.texts([*free, *elsewhere]) == [[FIRE]] * 9
    for _ in range(9):
        await room.house.pass_time(seconds / 10)
    assert far.accepted(limited) == 0
    assert (await room.delivery(alert, limited)).outcome is Outcome.PENDING
    await room.house.pass_time(seconds / 10 + 0.1)
    assert far.standing(limited) == [FIRE]
    tries = [each.at - begun for each in far.reached if each.chat == limited.id]
    assert tries[0] == timedelta(0)
    assert min(tries[1:]) >= timedelta(seconds=seconds), "nothing was sent inside the window"
    assert len(tries) == 2


@pytest.mark.parametrize("seconds", [1, 35, 43838])
async def test_a_platform_s_flood_limit_stops_it_alone(room, far, other, seconds):
    chats, elsewhere = far.chats(12), other.chats(12)
    await room.follow(*chats, *elsewhere)
    if far.name == "discord":
        far.fault(f"flood_all:{seconds}")
    else:  # Telegram does not say whose limit it was: a second chat tells
        for chat in chats[:2]:
            far.fault(f"flood:{seconds}", chat)
    begun = room.house.clock.now()
    await room.release()
    assert room.texts(elsewhere) == [[FIRE]] * 12
    for _ in range(9):
        await room.house.pass_time(seconds / 10)
    inside = [each for each in far.reached if timedelta(0) < each.at - begun < timedelta(seconds=seconds)]
    assert inside == []
    assert len(far.reached) <= 2
    await room.house.pass_time(seconds / 10 + 0.1)
    assert room.texts(chats) == [[FIRE]] * 12
    assert [far.accepted(chat) for chat in chats] == [1] * 12


async def test_an_edit_waits_as_a_post_does(room, far):
    chat, free = far.chats(2)
    await room.follow(chat, free)
    alert = await room.release()
    far.fault("flood:35", chat, edit=True)
    await correct(room, alert)
    assert far.standing(free)[0] == corrected()
    await room.house.pass_time(34)
    assert far.standing(chat)[0] == FIRE
    await room.house.pass_time(1.1)
    assert far.standing(chat)[0] == corrected()


# ------------------------------------------------------------------------------------------------ trouble of theirs


async def test_an_error_before_anything_was_accepted_repeats_nothing(room, far):
    chat, *others = far.chats(4)
    await room.follow(chat, *others)
    far.fault("500", chat, times=3)
    alert = await room.release()
    assert room.texts(others) == [[FIRE]] * 3
    for _ in range(60):
        await room.house.pass_time(1)
    assert far.standing(chat) == [FIRE]
    assert far.accepted(chat) == 1
    assert (await room.delivery(alert, chat)).outcome is Outcome.TOLD


HOW = ("reset", "hang", "502")


def patience(how: str) -> float:
    return IMPATIENCE if how == "hang" else PATIENCE


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("choice", OnUncertain)
async def test_on_telegram_what_may_have_been_accepted_is_repeated_once_or_listed(api, discord, tmp_path, choice, how):
    async with newsroom(tmp_path, api, discord, patience=patience(how)) as room:
        far = room.sides["telegram"]
        chat, *others = far.chats(4)
        await room.follow(chat, *others)
        far.fault(f"lost:{how}", chat)
        await room.house.say("/breaking Fire")
        (draft,) = await room.house.bot.store.find(Alert)
        await room.house.say(f"/uncertain {draft.id} {choice}")
        await room.house.say(f"/approve {draft.id}")
        for _ in range(10):
            await room.house.pass_time(1)
        assert room.texts(others) == [[FIRE]] * 3
        kept = await room.delivery(draft, chat)
        if choice is OnUncertain.RESEND:
            assert (far.accepted(chat), kept.outcome, kept.repeated) == (2, Outcome.TOLD, True)
            said = await room.house.say(f"/report {draft.id}")
            assert f"{chat} — told, perhaps twice" in said
        else:
            assert (far.accepted(chat), kept.outcome, kept.problem) == (1, Outcome.UNCERTAIN, "error.uncertain")
        assert [far.accepted(each) for each in others] == [1] * 3


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("choice", OnUncertain)
async def test_on_telegram_what_was_never_heard_is_told_or_listed(api, discord, tmp_path, choice, how):
    async with newsroom(tmp_path, api, discord, patience=patience(how), on_uncertain=choice) as room:
        far = room.sides["telegram"]
        (chat,) = far.chats(1)
        await room.follow(chat)
        far.fault(f"unheard:{how}", chat)
        alert = await room.release()
        await room.house.pass_time(10)
        told = choice is OnUncertain.RESEND
        assert far.accepted(chat) == told
        assert (await room.delivery(alert, chat)).outcome is (Outcome.TOLD if told else Outcome.UNCERTAIN)


@pytest.mark.parametrize("change", ["correct", "retract"])
@pytest.mark.parametrize("then", ["flood:20", "refused"])
async def test_what_the_second_try_meets_says_nothing_about_the_first(room, discord, change, then):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    discord.fault("lost", "POST")
    far.fault(then, chat, times=2)
    alert = await room.release()
    await room.house.say(f"/{change} {alert.id} {WRONG}\nSmall fire")
    for _ in range(60):
        await room.house.pass_time(1)
    first = far.standing(chat)[0]
    assert first == corrected() if change == "correct" else first.startswith("WITHDRAWN")
    assert await room.outcomes(alert) == {str(chat): Outcome.TOLD}


async def test_two_minutes_without_a_platform_cost_nobody_their_alert(room, far, other):
    chats = far.chats(5)
    await room.follow(*chats, *other.chats(5))
    outage = far.fault("unheard:502", times=10_000)
    await room.release()
    assert room.texts(other.chats(5)) == [[FIRE]] * 5
    for _ in range(120):
        await room.house.pass_time(1)
    assert [far.accepted(chat) for chat in chats] == [0] * 5
    outage.times = 0
    for _ in range(60):
        await room.house.pass_time(1)
    assert [far.accepted(chat) for chat in chats] == [1] * 5


async def test_a_program_that_died_four_times_over_a_chat_leaves_it_all_its_tries(room, far):
    (chat,) = far.chats(1)
    await room.follow(chat)
    alert = await room.release(settle=False)
    for lane in room.house.pipeline.lanes:
        if lane.kind is not Delivery:
            await lane.turn(room.house.bot)
    for _ in range(4):
        assert await room.house.bot.store.claim(Delivery, far.name, room.house.clock.now(), 60, 1)
        await room.house.clock.advance(61)
    far.fault("lost:reset", chat)
    await room.house.pipeline.settle()
    await room.house.clock.advance(3)
    await room.house.pipeline.settle()
    assert await room.outcomes(alert) == {str(chat): Outcome.TOLD}
    assert far.accepted(chat) == (1 if far.name == "discord" else 2)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("choice", OnUncertain)
async def test_on_discord_nobody_is_told_twice_and_nobody_is_listed(api, discord, tmp_path, choice, how):
    async with newsroom(tmp_path, api, discord, patience=patience(how), on_uncertain=choice) as room:
        far = room.sides["discord"]
        lost, unheard = chats = far.chats(2)
        await room.follow(*chats)
        far.fault(f"lost:{how}", lost)
        far.fault(f"unheard:{how}", unheard)
        alert = await room.release()
        for _ in range(10):
            await room.house.pass_time(1)
        assert [far.accepted(chat) for chat in chats] == [1, 1]
        assert set((await room.outcomes(alert)).values()) == {Outcome.TOLD}


@pytest.mark.parametrize("choice", OnUncertain)
async def test_on_discord_the_history_tells_after_the_nonce_s_minutes(api, discord, tmp_path, choice):
    async with newsroom(tmp_path, api, discord, on_uncertain=choice) as room:
        far = room.sides["discord"]
        lost, unheard, unread = chats = far.chats(3)
        await room.follow(*chats)
        for chat in (lost, unread):
            far.fault("lost:reset", chat)
        far.fault("unheard:reset", unheard)
        alert = await room.release()
        discord.mute = {unread.id}
        await room.house.pass_time(3600)
        skipped = choice is OnUncertain.SKIP
        assert [far.accepted(chat) for chat in chats] == [1, 1, 1 if skipped else 2]
        outcomes = await room.outcomes(alert)
        assert outcomes.pop(str(unread)) is (Outcome.UNCERTAIN if skipped else Outcome.TOLD)
        assert set(outcomes.values()) == {Outcome.TOLD}


async def test_what_was_found_in_the_history_shows_what_is_right_by_now(room):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    far.fault("lost:reset", chat)
    alert = await room.release()
    await room.house.say(f"/correct {alert.id} {WRONG}\nSmall fire")
    await room.house.pass_time(3600)
    assert far.standing(chat)[0] == corrected().replace("09:00", "10:00")
    assert far.accepted(chat) == len(far.standing(chat))


@pytest.mark.parametrize("seconds", [10, 3600], ids=["by its nonce", "in the history"])
async def test_what_was_found_as_it_should_be_is_left_as_it_is(room, seconds):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    far.fault("lost:reset", chat)
    alert = await room.release()
    far.fault("uneditable", chat, edit=True, times=9)
    await room.house.pass_time(seconds)
    assert far.standing(chat) == [FIRE]
    assert far.accepted(chat) == 1
    assert not any(each.edits for each in far.reached)
    assert await room.outcomes(alert) == {str(chat): Outcome.TOLD}


@pytest.mark.parametrize("seconds", [10, 3600], ids=["by its nonce", "in the history"])
async def test_what_was_found_and_can_not_be_edited_is_answered(room, seconds):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    far.fault("lost:reset", chat)
    alert = await room.release()
    await room.house.say(f"/correct {alert.id} {WRONG}\nSmall fire")
    far.fault("uneditable", chat, edit=True, times=9)
    await room.house.pass_time(seconds)
    first, reply, *_ = far.standing(chat)
    assert (first, reply.replace("10:00", "09:00")) == (FIRE, corrected())
    assert await room.outcomes(alert) == {str(chat): Outcome.TOLD}


# ------------------------------------------------------------------------------------------------ chats that are gone


SHUT = {
    "telegram": [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (403, "Forbidden: user is deactivated"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
    ],
    "discord": [(404, 10003), (403, 50001), (403, 50013), (403, 50007)],
}


@pytest.mark.parametrize(("name", "why"), [(name, why) for name in SHUT for why in SHUT[name]])
async def test_a_chat_that_is_gone_is_asked_once_counted_and_out_of_the_next_audience(room, api, discord, name, why):
    far = room.sides[name]
    chat, *others = far.chats(4)
    await room.follow(chat, *others)
    if name == "telegram":
        api.refuse(*why, chat=int(chat.id), times=100)
    else:
        discord.fault("error", f"POST /channels/{chat.id}", status=why[0], code=why[1], times=100)
    alert = await room.release()
    assert room.texts(others) == [[FIRE]] * 3
    assert (await room.delivery(alert, chat)).outcome is Outcome.GONE
    assert (await room.delivery(alert, chat)).problem == "error.chat_gone"
    assert "gone 1" in await room.house.say(f"/report {alert.id}")
    second = await room.release("Flood")
    await room.house.pass_time(100)
    assert await room.delivery(second, chat) is None
    assert len([each for each in far.reached if each.chat == chat.id]) == 1


async def test_who_blocked_us_is_told_again_from_the_moment_they_are_back(api, discord, tmp_path):
    async with newsroom(tmp_path, api, discord) as room:
        ann, ben = Person(api, 3001), Person(api, 3002)
        chats = room.sides["telegram"].chats(2)
        await room.follow(*chats)
        for person in (ann, ben):
            api.room(person.id).shut = "bot was blocked by the user"
        assert set((await room.outcomes(await room.release())).values()) == {Outcome.GONE}
        api.room(ann.id).shut = api.room(ben.id).shut = ""
        async with room.listening("telegram"):
            await ann.member("kicked", "member")
            await ben.says("/list")  # Telegram's word that he is back got lost
            await room.release("Flood")
            assert [texts[-1] for texts in room.texts(chats)] == ["URGENT: Flood"] * 2


async def test_a_channel_that_let_us_in_again_is_told_from_the_next_word_there(room, discord):
    reader = DiscordPerson(discord, "900000000000000102").private
    chat = Chat("discord", dm(reader.id))
    await room.follow(chat)
    discord.fault("error", f"POST /channels/{chat.id}", status=403, code=50007)
    assert await room.outcomes(await room.release()) == {str(chat): Outcome.GONE}
    async with room.listening("discord"):
        await until(lambda: discord.listening)
        await reader.slash("list")
        await room.release("Flood")
        assert reader.texts[-1] == "URGENT: Flood"


async def test_a_subscription_that_changes_at_that_moment_is_out_of_the_next_audience_all_the_same(room, far):
    (chat,) = far.chats(1)
    await room.follow(chat)
    far.fault("gone", chat)
    store = room.house.bot.store
    kept, meddled = store.commit, []

    async def meddling(*changes):
        settles = any(isinstance(each, Swap) and isinstance(each.old, Subscriber) for each in changes)
        if settles and not meddled:
            meddled.append(changes)
            (before,) = await store.find(Subscriber)
            await kept(Put(Subscriber(id=before.id, chat=chat, since=before.since, topics=("*", "harbour"))))
        return await kept(*changes)

    store.commit = meddling
    alert = await room.release()
    (after,) = await store.find(Subscriber)
    assert meddled
    assert (after.topics, after.gone) == (("*", "harbour"), "error.chat_gone")
    assert await room.outcomes(alert) == {str(chat): Outcome.GONE}


# ------------------------------------------------------------------------------------------------ chats that move


class Watched:
    """What a store was asked to keep, commit by commit."""

    def __init__(self, store) -> None:
        self.commits: list[tuple] = []
        kept = store.commit

        async def commit(*changes):
            losers = await kept(*changes)
            self.commits += [] if losers else [changes]
            return losers

        store.commit = commit


def moved(api, old: int = -700, new: int = -100700) -> tuple[Chat, Chat]:
    """Turn a group into a supergroup, which counts its messages anew."""
    api.room(new)
    api.room(old).moved_to = new
    return Chat("telegram", str(old)), Chat("telegram", str(new))


async def test_a_chat_moves_with_all_it_follows_has_and_is_owed_in_one_step_and_once(room, api):
    store = room.house.bot.store
    api.room(-700)
    old = Chat("telegram", "-700")
    await room.follow(old)
    told, waits = await room.release("Told before"), await room.release("Held", settle=False)
    await room.house.say(f"/hold {waits.id}")
    await room.house.pipeline.settle()
    _, new = moved(api)
    first, second = await room.release("Fire", settle=False), await room.release("Flood", settle=False)
    watched = Watched(store)
    await room.house.pipeline.settle()  # both are claimed, and find out one after the other
    assert api.texts(int(new.id)) == [FIRE, "URGENT: Flood"]
    assert await store.get(Subscriber, str(old)) is None
    assert (await store.get(Subscriber, str(new))).topics == ("*",)
    assert await store.find(Delivery, {"chat": old}) == []
    leaving = [each for each in watched.commits if any(_is_leaving(change, old) for change in each)]
    assert len(leaving) == 1, "the subscription moves once"
    with_it = {
        change.old.about for change in leaving[0] if isinstance(change, Swap) and isinstance(change.old, Delivery)
    }
    assert with_it >= {told.id, first.id}
    await room.house.say(f"/release {waits.id}")
    await room.house.pass_time(1)
    assert api.texts(int(new.id))[2:] == (["URGENT: Held"] if await room.delivery(waits, new) else [])
    for alert in (told, first, second):
        await store.commit(Put(FanOut(id=alert.id, lane=outbox.LANE, due=room.house.clock.now())))
    before = len(api.ledger)
    await room.house.pass_time(1)
    assert len(api.ledger) == before, "nor is anybody told twice by a fan-out that is repeated"


def _is_leaving(change, old: Chat) -> bool:
    return isinstance(change, Swap) and isinstance(change.old, Subscriber) and change.old.chat == old and not change.new


async def test_a_correction_of_what_stands_at_the_old_address_is_said_at_the_new_one(room, api):
    api.room(-700)
    old = Chat("telegram", "-700")
    await room.follow(old)
    alert = await room.release()
    _, new = moved(api)
    other = await room.release("Flood")
    assert api.texts(int(new.id)) == ["URGENT: Flood"]
    await correct(room, alert)
    await room.house.pass_time(10)
    assert corrected() in api.texts(int(new.id))
    assert "URGENT: Flood" in api.texts(int(new.id)), "the message that has the old one's number is left alone"
    await correct(room, alert, "It was out by then.", "No fire")
    await room.house.pass_time(10)
    assert corrected("It was out by then.", "URGENT: No fire") in api.texts(int(new.id))
    assert corrected() not in api.texts(int(new.id))
    assert {(await room.delivery(each, new)).outcome for each in (alert, other)} == {Outcome.TOLD}


async def test_what_is_just_being_sent_while_its_chat_moves_is_told_once(room, api):
    api.room(-700)
    old = Chat("telegram", "-700")
    await room.follow(old)
    alerts = [await room.release(text, settle=False) for text in ("Fire", "Flood")]
    lanes = {lane.kind: lane for lane in room.house.pipeline.lanes if lane.name in {"telegram", outbox.LANE}}
    while await room.house.bot.store.find(FanOut):
        await lanes[FanOut].turn(room.house.bot)
    fire, flood = await room.house.bot.store.claim(Delivery, "telegram", room.house.clock.now(), 60, 2)
    adapter = room.house.bot.adapters["telegram"]
    send = adapter.send

    async def meanwhile(*args, **more):
        adapter.send = send
        receipt = await send(*args, **more)
        moved(api)
        await lanes[Delivery].handle(flood)
        return receipt

    adapter.send = meanwhile
    await lanes[Delivery].handle(fire)
    await room.house.pass_time(61)
    assert (api.texts(-700), api.texts(-100700)) == ([FIRE], ["URGENT: Flood"])
    assert [list((await room.outcomes(alert)).values()) for alert in alerts] == [[Outcome.TOLD]] * 2


async def test_a_withdrawal_of_what_stands_at_the_old_address_is_said_at_the_new_one(room, api):
    api.room(-700)
    await room.follow(Chat("telegram", "-700"))
    alert = await room.release()
    _, new = moved(api)
    await room.house.say(f"/retract {alert.id} There was none.")
    await room.house.pass_time(1)
    assert set(api.texts(int(new.id))) == {"WITHDRAWN 09:00 UTC\n\nThere was none."}
    assert await room.outcomes(alert) == {str(new): Outcome.TOLD}


@pytest.mark.parametrize("leased", [False, True])
async def test_a_fan_out_on_its_way_misses_nobody_who_moves_behind_it(room, api, monkeypatch, leased):
    monkeypatch.setattr(outbox, "CHUNK", 2)
    far, store, now = room.sides["telegram"], room.house.bot.store, room.house.clock.now()
    lanes = {lane.kind: lane for lane in room.house.pipeline.lanes if lane.name in {"telegram", outbox.LANE}}
    old = Chat("telegram", "-700")
    await room.follow(*far.chats(3), Chat("telegram", "-200"), Chat("telegram", "-300"), old)
    for id in (-200, -300, -700):
        api.room(id)
    first = await room.release("Flood", settle=False)
    while await store.find(FanOut):
        await lanes[FanOut].turn(room.house.bot)
    _, new = moved(api)
    second = await room.release("Fire", settle=False)
    if leased:  # a worker has read its page, and is about to keep it
        kept = store.commit

        async def late(*changes):
            store.commit = kept
            await lanes[Delivery].turn(room.house.bot)
            return await kept(*changes)

        (job,) = await store.claim(FanOut, outbox.LANE, now, 60, 1)
        store.commit = late
        await lanes[FanOut].handle(job)
    else:
        while not (await store.get(Alert, second.id)).released:
            await lanes[FanOut].turn(room.house.bot)
        assert (await store.get(FanOut, second.id)).cursor == "telegram:-300"
        await lanes[Delivery].turn(room.house.bot)
    assert await room.delivery(first, old) is None
    assert await store.get(Subscriber, str(old)) is None
    await room.house.pipeline.settle()
    assert sorted(api.texts(int(new.id))) == [FIRE, "URGENT: Flood"]
    assert [sorted(texts) for texts in room.texts(far.chats(3))] == [[FIRE, "URGENT: Flood"]] * 3


async def test_a_correction_on_its_way_misses_no_copy_that_moves_behind_it(room, api, monkeypatch):
    monkeypatch.setattr(outbox, "CHUNK", 2)
    monkeypatch.setattr(recall, "CHUNK", 2)
    far = room.sides["telegram"]
    lanes = {lane.kind: lane for lane in room.house.pipeline.lanes if lane.name in {"telegram", outbox.LANE}}
    await room.follow(*far.chats(3), *(Chat("telegram", str(api.room(id).id)) for id in (-200, -300, -700)))
    alert = await room.release()
    _, new = moved(api)
    await room.house.say(f"/correct {alert.id} {WRONG}\nSmall fire")
    for _ in range(2):  # it takes effect, and goes through the first copies
        await lanes[Recall].turn(room.house.bot)
    other = await room.release("Flood", settle=False)
    for _ in range(2):
        await lanes[FanOut].turn(room.house.bot)
    while await room.house.bot.store.get(Subscriber, "telegram:-700"):
        await lanes[FanOut].turn(room.house.bot)
        await lanes[Delivery].turn(room.house.bot)
    await room.house.pass_time(10)
    assert corrected() in api.texts(int(new.id))
    assert set((await room.outcomes(alert)).values()) == set((await room.outcomes(other)).values()) == {Outcome.TOLD}


async def test_a_chat_that_is_sent_in_circles_is_listed_in_the_end(room, api):
    api.room(-700).moved_to = -701
    api.room(-701).moved_to = -700
    await room.follow(Chat("telegram", "-700"))
    alert = await room.release()
    await room.house.pass_time(100)
    assert list((await room.outcomes(alert)).values()) == [Outcome.FAILED]
    assert len(room.sides["telegram"].reached) <= 10


async def test_a_topic_that_is_gone_moves_to_its_group_with_all_it_has(room, api):
    api.room(-100800).topics.update({5: True})
    topic, whole = Chat("telegram", "-100800", "5"), Chat("telegram", "-100800")
    await room.follow(topic)
    alert = await room.release()
    del api.room(-100800).topics[5]
    await room.release("Flood")
    assert [post.topic for post in api.bot_posts(-100800)] == [5, None]
    assert [chat.id for chat in await room.house.bot.store.find(Subscriber)] == [str(whole)]
    await correct(room, alert)
    assert api.texts(-100800)[0] == corrected(), "its messages are where they were, and can be edited"


async def test_a_locked_thread_is_gone_and_nothing_of_its_story_is_lost(room, discord):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    far.fault("archived", chat)
    alert = await room.release()
    assert (await room.delivery(alert, chat)).outcome is Outcome.GONE
    (subscriber,) = await room.house.bot.store.find(Subscriber)
    assert subscriber.gone == "error.topic_gone"


async def test_an_archived_thread_is_corrected_by_a_reply_that_opens_it_again(room):
    far = room.sides["discord"]
    (chat,) = far.chats(1)
    await room.follow(chat)
    alert = await room.release()
    far.fault("archived", chat, edit=True)
    await correct(room, alert)
    assert far.standing(chat)[:2] == [FIRE, corrected()]


# ------------------------------------------------------------------------------------------------ refused messages


async def test_what_is_refused_as_it_is_goes_out_as_words_alone(room, api):
    far = room.sides["telegram"]
    chat, other = far.chats(2)
    await room.follow(chat, other)
    far.fault("refused", chat)
    alert = await room.release("https://paper.example/fire Fire")
    assert [post.entities for post in api.bot_posts(int(chat.id))] == [[]]
    assert room.texts([chat, other]) == [[f"{FIRE}\n\nRead on"]] * 2
    assert (await room.delivery(alert, chat)).outcome is Outcome.TOLD


async def test_what_is_always_refused_is_listed_after_five_tries_and_holds_up_nobody(room, far):
    poisoned, *others = far.chats(20)
    await room.follow(poisoned, *others)
    far.fault("refused", poisoned, times=1000)
    alert = await room.release()
    assert room.texts(others) == [[FIRE]] * 19
    for _ in range(60):
        await room.house.pass_time(1)
    kept = await room.delivery(alert, poisoned)
    assert (kept.outcome, kept.problem, kept.due) == (Outcome.FAILED, "error.rejected", None)
    tries = {each.at for each in far.reached if each.chat == poisoned.id}
    assert len(tries) == 5
    await room.house.pass_time(10_000)
    assert len({each.at for each in far.reached if each.chat == poisoned.id}) == 5
    assert "failed 1" in await room.house.say(f"/report {alert.id}")


async def test_a_message_that_breaks_the_program_is_listed_as_well(room, far):
    poisoned, *others = far.chats(5)
    await room.follow(poisoned, *others)
    adapter = room.house.bot.adapters[far.name]
    send = adapter.send

    async def breaks(chat, *args, **more):
        return 1 / 0 if chat == poisoned else await send(chat, *args, **more)

    adapter.send = breaks
    with capture_logs() as log:
        alert = await room.release()
        for _ in range(60):
            await room.house.pass_time(1)
    assert sum(bool(line.get("exc_info")) for line in log) == 5, "the operator finds out why"
    kept = await room.delivery(alert, poisoned)
    assert (kept.outcome, kept.problem, kept.due) == (Outcome.FAILED, "error.unknown", None)
    assert room.texts(others) == [[FIRE]] * 4


# ------------------------------------------------------------------------------------------------ what can't be edited


async def test_what_can_not_be_edited_is_answered_and_from_then_on_the_answer_is_edited(room, far, api, discord):
    chat, other = far.chats(2)
    await room.follow(chat, other)
    alert = await room.release()
    far.fault("uneditable", chat, edit=True)
    await correct(room, alert)
    first, reply, notice = far.standing(chat)
    assert (first, reply) == (FIRE, corrected())
    assert notice.startswith("CORRECTED")
    posts = api.bot_posts(int(chat.id)) if far.name == "telegram" else discord.standing(chat.id)
    assert posts[1].under == posts[0].id
    await correct(room, alert, "It was out by then.", "No fire")
    texts = far.standing(chat)
    assert texts[:2] == [FIRE, corrected("It was out by then.", "URGENT: No fire")]
    assert far.standing(other)[0] == texts[1]
    assert (await room.delivery(alert, chat)).receipt.id == posts[1].id if far.name == "discord" else str(posts[1].id)


@pytest.mark.parametrize("choice", OnUncertain)
async def test_an_answer_whose_fate_is_unknown_is_repeated_or_listed_like_any_copy(api, discord, tmp_path, choice):
    async with newsroom(tmp_path, api, discord, on_uncertain=choice) as room:
        far = room.sides["telegram"]
        (chat,) = far.chats(1)
        await room.follow(chat)
        alert = await room.release()
        far.fault("uneditable", chat, edit=True, times=2)
        far.fault("lost:reset", chat)
        await room.house.say(f"/refile {alert.id} {WRONG}\nSmall fire")
        for _ in range(10):
            await room.house.pass_time(1)
        skipped = choice is OnUncertain.SKIP
        assert far.standing(chat) == [FIRE, *[corrected()] * (1 if skipped else 2)]
        kept = await room.delivery(alert, chat)
        assert kept.outcome is (Outcome.UNCERTAIN if skipped else Outcome.TOLD)


class Killed(BaseException):
    """The program is no more."""


@pytest.mark.parametrize("uneditable", [False, True], ids=["a first copy", "an answer"])
async def test_what_the_program_died_over_is_not_repeated_where_repeats_are_to_be_skipped(
    api, discord, tmp_path, uneditable
):
    async with newsroom(tmp_path, api, discord, on_uncertain=OnUncertain.SKIP) as room:
        far = room.sides["telegram"]
        (chat,) = far.chats(1)
        await room.follow(chat)
        adapter = room.house.bot.adapters["telegram"]
        send = adapter.send

        async def dies(*args, **more):
            await send(*args, **more)
            adapter.send = send
            raise Killed

        if uneditable:
            alert = await room.release()
            far.fault("uneditable", chat, edit=True, times=9)
            adapter.send = dies
            await room.house.say(f"/refile {alert.id} {WRONG}\nSmall fire")
            with pytest.raises(Killed):
                await room.house.pipeline.settle()
        else:
            adapter.send = dies
            with pytest.raises(Killed):
                await room.release()
        (alert,) = await room.house.bot.store.find(Alert)
        await room.house.pass_time(61)
        await room.house.pass_time(61)
        assert far.accepted(chat) == 1 + uneditable
        assert await room.outcomes(alert) == {str(chat): Outcome.UNCERTAIN}


# ------------------------------------------------------------------------------------------------ shut out, cut off


async def test_a_revoked_token_stops_its_platform_alone_and_everything_stays_pending(api, discord, tmp_path, name):
    async with newsroom(tmp_path, api, discord) as room:
        far = room.sides[name]
        other = room.sides[PLATFORMS[name == "telegram"]]
        await room.follow(*far.chats(5), *other.chats(5))
        if name == "telegram":
            revoked = api.refuse(401, "Unauthorized", times=10_000)
        else:
            revoked = discord.fault("error", "POST", status=401, times=10_000)
        alert = await room.release()
        for _ in range(10):
            await room.house.pass_time(100)
        assert room.texts(other.chats(5)) == [[FIRE]] * 5
        assert set((await room.outcomes(alert, name)).values()) == {Outcome.PENDING}
        assert discord.invalid <= 1, "Discord counts every one"
        revoked.times = 0
    async with newsroom(tmp_path, api, discord, Hasty(room.house.clock.now() + timedelta(seconds=100))) as room:
        await room.house.pipeline.settle()
        assert room.texts(far.chats(5)) == [[FIRE]] * 5
        assert [far.accepted(chat) for chat in far.chats(5)] == [1] * 5


@pytest.mark.parametrize("how", ["reconnect", "drop", "4000", "4004", "4014"])
async def test_a_fan_out_does_not_mind_the_gateway(room, discord, how):
    far = room.sides["discord"]
    await room.follow(*far.chats(20))
    final = how in {"4004", "4014"}
    async with room.listening("discord", ends=final):
        await until(lambda: discord.listening)
        await discord.disturb(how)
        alert = await room.release()
        assert room.texts(far.chats(20)) == [[FIRE]] * 20
        assert set((await room.outcomes(alert)).values()) == {Outcome.TOLD}
        if not final:
            await until(lambda: discord.listening)  # the library leaves a thread behind where it is stopped before
