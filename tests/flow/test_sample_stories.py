"""The sample newsroom's pieces through the story matching: two events were told twice, and no others are one."""

from datetime import timedelta

import pytest

from adapters.sample.stories import Press
from bot.newsroom.cluster import Stories

PRESS = Press(60.0)
ROUND = int(PRESS.round_seconds // 60)
TOLD_TWICE = {
    "harbour-wall-gets-go-ahead": "council-backs-harbour-wall",
    "fishermen-saved-off-gull-point": "lifeboat-tows-trawler-home",
}


@pytest.mark.parametrize("round_", range(4))
def test_each_event_is_one_story(round_):
    stories = Stories(timedelta(hours=72))
    joined = {}
    slugs = {}
    for number in range(round_ * ROUND, (round_ + 1) * ROUND):
        told = PRESS.printed(number)
        text = " ".join(block for block in told.blocks[:4] if not block.startswith("## "))
        id = stories.match(told.headline, text, told.at, "en")
        stories.add(id or str(number), told.headline, text, told.at, "en")
        if id:
            joined[told.piece.slug] = slugs[id]
        slugs.setdefault(str(number), told.piece.slug)
    assert joined == TOLD_TWICE
