"""The newsroom's own nouns: frozen documents whose methods return new values and touch nothing.

What happens (an article, an alert) has a time-ordered id; what has a natural key (a chat, a feed, a delivery)
uses it. Every time is an aware UTC `datetime`.
"""

from bot.core.model.alert import (
    Act,
    Alert,
    Amendment,
    Audience,
    Delivery,
    FanOut,
    OnUncertain,
    Outcome,
    Progress,
    Recall,
    Revision,
    Severity,
    State,
)
from bot.core.model.document import Document, Job, Priority
from bot.core.model.news import INTAKE, Article, Feed, Kind, Page, Poll, Reading, Rhythm, Timetable
from bot.core.model.people import EVERYTHING, Chat, Folder, Person, QuietHours, Receipt, Role, Subscriber, same_person
from bot.core.model.photo import Photo, photo_type
from bot.core.model.story import Regrouped, Story
from bot.core.model.topic import Topic

__all__ = [
    "EVERYTHING",
    "INTAKE",
    "Act",
    "Alert",
    "Amendment",
    "Article",
    "Audience",
    "Chat",
    "Delivery",
    "Document",
    "FanOut",
    "Feed",
    "Folder",
    "Job",
    "Kind",
    "OnUncertain",
    "Outcome",
    "Page",
    "Person",
    "Photo",
    "Poll",
    "Priority",
    "Progress",
    "QuietHours",
    "Reading",
    "Recall",
    "Receipt",
    "Regrouped",
    "Revision",
    "Rhythm",
    "Role",
    "Severity",
    "State",
    "Story",
    "Subscriber",
    "Timetable",
    "Topic",
    "photo_type",
    "same_person",
]
