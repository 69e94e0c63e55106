"""Who is at the browser: sessions by cookie and one-time sign-in links, of which only hashes are kept."""

from __future__ import annotations

import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from msgspec.structs import replace

from bot.core.errors import NotAllowed, StoreError
from bot.core.model import Chat, Document, Person, Role
from bot.core.ports import Add, Clock, Delete, Ids, Put, Store, Swap
from bot.core.settings import Settings

PLATFORM = "web"
LINK_LIFE = timedelta(minutes=15)
READER_IDLE, READER_LIFE = timedelta(days=90), timedelta(days=365)
STAFF_IDLE, STAFF_LIFE = timedelta(hours=12), timedelta(days=7)
_NOTICED = timedelta(minutes=10)
"""How fresh `seen` is kept; not every request is worth a write."""


class SignIn(Document, frozen=True, kw_only=True):
    """A sign-in link that was not used yet. The id is the hash of its secret."""

    person: str
    role: Role
    until: datetime


class Session(Document, frozen=True, kw_only=True):
    """A browser we know. The id is the hash of its cookie."""

    indexes: ClassVar[frozenset[str]] = frozenset({"person"})

    person: str
    since: datetime
    seen: datetime
    staff: bool = False
    """Whether it began with a sign-in link: shorter time-outs."""

    @property
    def chat(self) -> Chat:
        """Return the private chat of whoever this is."""
        return Chat.parse(self.person)

    def over(self, now: datetime) -> bool:
        """Tell whether it was left alone too long, or has lasted long enough."""
        idle, life = (STAFF_IDLE, STAFF_LIFE) if self.staff else (READER_IDLE, READER_LIFE)
        return now - self.seen > idle or now - self.since > life


class Sessions:
    """Begins, recognises and ends sessions."""

    def __init__(self, settings: Settings, store: Store, clock: Clock, ids: Ids) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._ids = ids

    async def link(self, person: str, role: Role) -> str:
        """Keep a sign-in and return its secret, 256 bits, good once and for 15 minutes."""
        secret = secrets.token_urlsafe(32)
        until = self._clock.now() + LINK_LIFE
        await self._store.commit(Add(SignIn(id=hashed(secret), person=person, role=role, until=until)))
        return secret

    def fresh(self) -> tuple[Session, str]:
        """Return a reader's new session, which the caller commits, and its cookie."""
        return self._session(f"{PLATFORM}:{self._ids.new()}", staff=False)

    async def sign_in(self, secret: str, before: str) -> str:
        """Use a link up and return the cookie of the session it opens; the one `before`, if any, ends.

        Raises NotAllowed where the link is unknown, used or too old.
        """
        link = await self._store.get(SignIn, hashed(secret))
        if link is None or link.until < self._clock.now():
            raise NotAllowed("web.link_over")
        session, token = self._session(link.person, staff=True)
        person = await self._store.get(Person, link.person) or Person(id=link.person)
        changes = (
            Swap(link, None),
            Put(replace(person, role=link.role)),
            Add(session),
            Delete(Session, hashed(before)),
        )
        if await self._store.commit(*changes):
            raise NotAllowed("web.link_over")
        return token

    async def sign_out(self, session: Session) -> None:
        """End a session."""
        await self._store.commit(Delete(Session, session.id))

    async def recognise(self, token: str) -> Session | None:
        """Return the session of a cookie, if it is not over, and note that it was seen."""
        session = await self._store.get(Session, hashed(token)) if token else None
        now = self._clock.now()
        if session is None or session.over(now):
            return None
        if now - session.seen > _NOTICED:
            with suppress(StoreError):  # a full disk must not shut readers out
                await self._store.commit(Swap(session, replace(session, seen=now)))
        return session

    async def role(self, session: Session | None) -> Role:
        """Return what whoever this is may do."""
        if session is None:
            return Role.READER
        person = await self._store.get(Person, session.person)
        if person and person.blocked:
            return Role.READER
        return max(self._settings.role(session.person), person.role if person else Role.READER)

    def _session(self, person: str, *, staff: bool) -> tuple[Session, str]:
        token, now = new_token(), self._clock.now()
        return Session(id=hashed(token), person=person, since=now, seen=now, staff=staff), token


def new_token() -> str:
    """Return a new cookie: 256 bits."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """Return what the store knows a secret by."""
    return sha256(token.encode()).hexdigest()


def form_token(token: str) -> str:
    """Return what forms on pages for this cookie carry, so that no other site's form is taken for ours."""
    return hmac.digest(token.encode(), b"form", "sha256").hex()
