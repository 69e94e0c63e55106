"""Photos that go with alerts: bytes that were looked at before anybody is shown them."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime

from bot.core.model.document import Document


class Photo(Document, frozen=True, kw_only=True):
    """An image. The id says what it is: the SHA-256 of its bytes, a dot, and its kind: jpg, png, gif or webp."""

    width: int
    height: int
    data: str
    """The bytes in base64, which a store can keep."""
    at: datetime
    """When it was last given to us."""

    @property
    def name(self) -> str:
        """What it is called as a file."""
        return self.id

    @property
    def type(self) -> str:
        """The content type."""
        return photo_type(self.id)

    @property
    def content(self) -> bytes:
        """The bytes."""
        return b64decode(self.data)


def photo_type(id: str) -> str:
    """Return the content type of the photo of this id."""
    kind = id.rpartition(".")[2]
    return f"image/{'jpeg' if kind == 'jpg' else kind}"
