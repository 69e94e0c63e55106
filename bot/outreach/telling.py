"""How a story is told first: the alert in its lead article's words, and whom it is for."""

from __future__ import annotations

from datetime import datetime

from bot.core.errors import NoArticle
from bot.core.model import EVERYTHING, Alert, Article, Audience, Page, Revision, Severity, Story
from bot.core.ports import Add, Bot, Put, Swap
from bot.newsroom.summarise import summarise
from bot.outreach import alerts, outbox

NEWSROOM = "newsroom"
"""The author of alerts that no person wrote."""
_LEDE_SENTENCES, _LEDE_WORDS = 2, 60


def audience_of(article: Article, *, own: bool) -> Audience:
    """The newsroom's own news is for all who follow its topics; anybody else's feed is for those who follow it."""
    if not own:
        return Audience(feeds=(article.feed,))
    text = "\n".join((article.page.title, *article.page.paragraphs[:3]))
    return Audience(topics=(EVERYTHING, *article.topics), feeds=(article.feed,), text=text)


def alert_of(article: Article, audience: Audience, story: str, *, id: str, at: datetime) -> Alert:
    """Return the alert that tells a story in an article's words, approved."""
    page = article.page
    revision = Revision(headline=page.title, text=_teaser(page), url=article.url, sources=(article.source,))
    draft = alerts.drafted(id, revision, Severity.ROUTINE, audience, by=NEWSROOM, at=at, story=story)
    return alerts.approved(draft, by=NEWSROOM, at=at)


def first_told(bot: Bot, article: Article, audience: Audience) -> list[Add | Put | Swap]:
    """A new story, and the alert that tells it."""
    now = bot.clock.now()
    alert = alert_of(article, audience, article.id, id=article.id, at=now)
    story = Story(
        id=article.id,
        headline=article.page.title,
        articles=(article.id,),
        sources=(article.source,),
        updated=article.received,
        alert=alert.id,
    )
    return [Add(story), Add(alert), Add(outbox.fan_out_job(alert, now))]


def _teaser(page: Page) -> tuple[str, ...]:
    """The article's own first sentences; none where there is too little to choose from."""
    try:
        made = summarise(page, sentences=_LEDE_SENTENCES, words=_LEDE_WORDS)
    except NoArticle:
        return page.paragraphs[:1]
    return (" ".join(sentence.text for sentence in made.sentences),)
