"""Every setting, from the environment and `.env`: one field each, with its default and why one would change it."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    AnyWebsocketUrl,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.core.i18n import locales
from bot.core.model import OnUncertain, Role


class Access(StrEnum):
    """Who may use the bot."""

    OPEN = "open"
    INVITED = "invited"
    CLOSED = "closed"


def _split(value: object) -> object:
    """Read `a, b` as two entries."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _numbered(pair: str) -> str:
    """Refuse a host:port whose port is none."""
    if not 1 <= int(pair.rpartition(":")[2]) <= 65535:
        raise ValueError("a port is a number from 1 to 65535")
    return pair


def _spoken(language: str) -> str:
    """Refuse a language there is no catalog for, rather than speak English without a word."""
    if language not in locales():
        raise ValueError(f"choose one of {', '.join(locales())}")
    return language


def _zone(name: str) -> str:
    """Refuse a time zone that nobody knows."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("name a time zone as in Europe/Berlin") from None
    return name


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine, a private address, or a name that only one's own network knows."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return address.is_private


Account = Annotated[str, Field(pattern=r"^[a-z]+:[A-Za-z0-9_-]+$")]
ChatKey = Annotated[str, Field(pattern=r"^[a-z]+:[^\s,/]+(/[^\s,/]+)?$")]
ChatKeys = Annotated[tuple[ChatKey, ...], NoDecode, BeforeValidator(_split)]
Accounts = Annotated[tuple[Account, ...], NoDecode, BeforeValidator(_split)]
HostPort = Annotated[str, Field(pattern=r"^(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}$"), AfterValidator(_numbered)]
HostPorts = Annotated[tuple[HostPort, ...], NoDecode, BeforeValidator(_split)]
Ports = Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], NoDecode, BeforeValidator(_split)]
HttpUrls = Annotated[tuple[AnyHttpUrl, ...], NoDecode, BeforeValidator(_split)]


_YEAR = 365 * 24 * 3600
"""The longest time in seconds that means anything here; without an end, `inf` would stop the bot at its first sum."""

_MUCH = 1_000_000
"""More money than that is a slip."""


class Settings(BaseSettings):
    """What the operator decides. A key in `.env` that is none of these is an error, so that no misspelt one is lost."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    data_dir: Path = Field(Path("var"), description="Folder of everything the bot keeps; only its owner may read it.")
    database_url: str = Field("tinydb:", description="The store: tinydb: in DATA_DIR, or tinydb:FOLDER.")

    web_host: str = Field("127.0.0.1", description="Address the web desk listens on.")
    web_port: int = Field(8080, ge=0, le=65535, description="Port of the web desk.")
    public_url: AnyHttpUrl | None = Field(
        None, description="The desk's address as people reach it, behind a proxy say."
    )

    websub: bool = Field(
        True, description="Whether hubs are asked to push the news of feeds that have one; they need a PUBLIC_URL."
    )

    editors: Accounts = Field(
        (), description="Accounts that post breaking stories: telegram:ID, discord:ID, comma-separated."
    )
    operators: Accounts = Field((), description="Accounts that may do everything, grant and block included.")
    access: Access = Field(
        Access.OPEN, description="Who may use the bot: open, invited (by /invite), closed (editors only)."
    )

    feeds: HttpUrls = Field((), description="The newsroom's own feeds, comma-separated.")
    sample_newsroom: bool | None = Field(
        None, description="The built-in newsroom; left empty it is on while no feed and no token is configured."
    )
    sample_port: int = Field(8081, ge=0, le=65535, description="Port of the sample newsroom.")
    sample_seconds: float = Field(
        60, gt=0, le=_YEAR, description="Seconds between two new stories of the sample newsroom."
    )

    language: Annotated[str, AfterValidator(_spoken)] = Field(
        "en", description="Language of those who chose none: en or de."
    )
    undo_seconds: float = Field(
        10, ge=0, le=3600, description="How long a confirmed alert can still be called back; 0 for not."
    )

    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="The newsroom's time zone, Europe/Berlin say: how times are shown and read."
    )
    second_editor: bool = Field(False, description="Whether another editor than its author has to approve an alert.")
    on_uncertain: OnUncertain = Field(
        OnUncertain.RESEND,
        description="Where nobody can tell whether a chat was told: resend (none lost) or skip (none told twice).",
    )
    canary_chats: ChatKeys = Field((), description="Chats that get every breaking story first: platform:ID.")
    canary_seconds: float = Field(
        10, ge=0, le=3600, description="How long before everybody else the canary chats are told."
    )
    test_chats: ChatKeys = Field((), description="Chats that rehearsals go to, and nothing else: platform:ID.")
    late_seconds: float = Field(
        120, gt=0, le=_YEAR, description="A chat told later than this after the release counts as late."
    )
    receipt_days: float = Field(
        30, gt=0, le=3650, description="How long corrections can reach an alert's copies; then only counts are kept."
    )
    article_days: float = Field(
        90, ge=7, le=3650, description="How long articles and stories can be found after their last news."
    )

    poll_seconds: float = Field(300, gt=0, le=_YEAR, description="Shortest pause between two looks at a feed.")
    poll_quiet_seconds: float = Field(
        3600, gt=0, le=_YEAR, description="Longest pause between two looks at a feed that is well: when it sleeps."
    )
    poll_longest_seconds: float = Field(
        21600, gt=0, le=_YEAR, validate_default=True, description="Longest pause after failures."
    )
    poll_first_entries: int = Field(
        3, ge=0, description="Entries announced on first sight of a feed; the rest counts as seen."
    )
    story_hours: float = Field(
        72, gt=0, le=_YEAR / 3600, description="How long after its last article a story takes in another."
    )
    story_updates: int = Field(
        3, ge=0, le=100, description="Updates of a story that the newsroom's own feeds make by themselves; 0 for none."
    )
    story_update_minutes: float = Field(
        60, ge=0, le=_YEAR / 60, description="The least time between two of them; what comes sooner is not sent."
    )

    photo_max_bytes: int = Field(
        5_000_000, gt=0, le=10_000_000, description="Largest photo of an alert; the platforms take at most 10 MB."
    )

    fetch_max_bytes: int = Field(2_000_000, gt=0, description="Largest document, unpacked.")
    fetch_redirects: int = Field(5, ge=0, description="Redirects followed.")
    fetch_connect_seconds: float = Field(5, gt=0, le=_YEAR, description="Time to connect.")
    fetch_seconds: float = Field(15, gt=0, le=_YEAR, description="Time for a whole document, redirects included.")
    fetch_per_host: int = Field(2, gt=0, description="Requests under way to one host.")
    fetch_ports: Ports = Field((80, 443), description="Ports that addresses given by people and pages may name.")
    trusted_hosts: HostPorts = Field(
        (), description="host:port pairs the address guard lets through: an intranet feed, say."
    )
    cache_seconds: float = Field(
        3600, ge=0, le=_YEAR, description="How long a page that was read, or failed, is remembered."
    )
    parser_seconds: float = Field(2, gt=0, le=_YEAR, description="CPU time a child may spend on one document.")
    parser_megabytes: int = Field(512, ge=128, description="Memory of one parsing child.")

    model_url: AnyHttpUrl | None = Field(
        None,
        description="Root of an OpenAI-compatible API that writes readers' summaries, https://HOST/v1; empty for none.",
    )
    model_name: str = Field("", max_length=200, description="The model that is asked there.")
    model_key: SecretStr | None = Field(
        None, description="The key for MODEL_URL; a model on one's own machine may need none."
    )
    model_seconds: float = Field(
        15,
        gt=0,
        le=300,
        description="How long a reader waits for the model; then the article's own sentences are shown.",
    )
    model_at_once: int = Field(2, gt=0, le=100, description="Questions to the model under way at once.")
    model_daily_tokens: int = Field(
        200_000, ge=0, description="Tokens a day for the model, questions and answers together; 0 for none."
    )
    model_daily_cost: float | None = Field(
        None, ge=0, le=_MUCH, description="Money a day for the model, by the two prices; left empty only tokens count."
    )
    model_question_price: float = Field(0, ge=0, le=_MUCH, description="Price of a million tokens of questions.")
    model_answer_price: float = Field(0, ge=0, le=_MUCH, description="Price of a million tokens of answers.")

    commands_per_minute: int = Field(
        30, gt=0, description="Commands a person, or a chat together, may give in a minute."
    )
    fetches_per_hour: int = Field(
        60, gt=0, description="Pages and feeds a person, or a chat together, may have fetched in an hour."
    )
    subscriptions_per_chat: int = Field(100, gt=0, description="Topics, feeds, names and keywords a chat may follow.")

    telegram_token: SecretStr | None = Field(None, description="The Telegram bot's token, from @BotFather.")
    telegram_api_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://api.telegram.org"), description="Root of the Bot API server: one's own, say."
    )
    telegram_rate: float = Field(30, ge=0, description="Messages a second to Telegram; 0 for no limit of ours.")
    discord_token: SecretStr | None = Field(None, description="The Discord bot's token, from the developer portal.")
    discord_api_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://discord.com/api/v10"), description="Discord's REST API, with its version."
    )
    discord_gateway_url: AnyWebsocketUrl | None = Field(
        None, description="Discord's gateway; left empty it is asked for."
    )
    discord_rate: float = Field(50, ge=0, description="Messages a second to Discord; 0 for no limit of ours.")
    web_rate: float = Field(0, ge=0, description="Alerts a second in the web chat; 0 for no limit.")

    metrics_token: SecretStr | None = Field(
        None, description="What Prometheus shows as its bearer token at /metrics; without one only operators see it."
    )

    log_format: Literal["console", "json"] = Field("console", description="Log lines for people or for machines.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="The least that is logged.")

    @field_validator("poll_longest_seconds")
    @classmethod
    def _pauses_after_failures(cls, seconds: float, info: ValidationInfo) -> float:
        """Refuse to look sooner at what fails than at what is well."""
        usual = info.data.get("poll_seconds", 0)
        if seconds < usual:
            raise ValueError(f"the longest pause has to be at least POLL_SECONDS, which is {usual:g}")
        return seconds

    @field_validator("model_url")
    @classmethod
    def _bare_address(cls, url: AnyHttpUrl | None) -> AnyHttpUrl | None:
        """Refuse a secret in an address: addresses are shown and logged."""
        if url and (url.username or url.password or url.query or url.fragment):
            raise ValueError("give the bare address, and the key as MODEL_KEY")
        return url

    @model_validator(mode="after")
    def _whole_model(self) -> Self:
        """Refuse a model that could not be asked, one whose key would be readable on the way, and a cost of nothing."""
        if not self.model_url:
            return self
        if not self.model_name:
            raise ValueError("MODEL_URL needs a MODEL_NAME")
        if self.model_key and self.model_url.scheme == "http" and not _is_near(self.model_url.host or ""):
            raise ValueError("MODEL_KEY goes over https only, unless MODEL_URL is on your own network")
        if self.model_daily_cost is not None and not (self.model_question_price and self.model_answer_price):
            raise ValueError("MODEL_DAILY_COST needs MODEL_QUESTION_PRICE and MODEL_ANSWER_PRICE")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def samples(self) -> bool:
        """Whether the sample newsroom runs."""
        alone = not (self.feeds or self.telegram_token or self.discord_token)
        return alone if self.sample_newsroom is None else self.sample_newsroom

    def role(self, person: str) -> Role:
        """Return the role that the settings alone give an account."""
        if person in self.operators:
            return Role.OPERATOR
        return Role.EDITOR if person in self.editors else Role.READER
