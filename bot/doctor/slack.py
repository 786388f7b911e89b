"""The two tokens, what the bot may do with them, and the clock, for which Slack's answer carries the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.doctor.finding import Finding, State
from bot.settings import Settings
from checks import Text

TIMEOUT_S = 8
CLOCK_S = 30.0
"""How far the clock may be off: the Date field counts whole seconds, and an answer may take some."""

REQUIRED_SCOPES = ("commands", "chat:write", "app_mentions:read", "users:read")
OPTIONAL_SCOPES = ("channels:history", "groups:history", "im:history", "mpim:history", "channels:read", "groups:read")
"""What manifest.yml asks for beyond the required ones; its comments say what is lost without them."""

_NOT_ACCEPTED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "not_allowed_token_type",
        "missing_scope",
        "access_denied",
        "org_login_required",
        "ekm_access_denied",
        "team_access_not_granted",
    }
)
"""Errors that are about the token. Any other (a fault of Slack's, a rate limit) says nothing of it."""

_UNSET = Text(en="`{name}` is not set.", ja="`{name}` が設定されていません。")
_SET_BOT = Text(
    en="Create the Slack app from `manifest.yml`, install it in the workspace, and set `{name}` to the Bot User OAuth Token (`xoxb-...`) of its page OAuth & Permissions.",
    ja="`manifest.yml` からSlackアプリを作成してワークスペースにインストールし、「OAuth & Permissions」ページのBot User OAuth Token(`xoxb-...`)を `{name}` に設定してください。",
)
_SET_APP = Text(
    en="On the page Basic Information of the Slack app, generate an App-Level Token with the scope `connections:write`, and set `{name}` to it (`xapp-...`).",
    ja="Slackアプリの「Basic Information」ページで、スコープ `connections:write` を付けたApp-Level Tokenを発行し、`{name}` に設定してください(`xapp-...`)。",
)
_NOT_ACCEPTED_TEXT = Text(
    en="Slack does not accept `{name}`: `{error}`.", ja="Slackが `{name}` を受け付けません(`{error}`)。"
)
_NO_ANSWER = Text(
    en="Slack did not say whether it accepts `{name}`: `{error}`.",
    ja="Slackが `{name}` を受け付けるかどうか確認できません(`{error}`)。",
)
_REACH_SLACK = Text(
    en="See that this machine reaches `{url}` (HTTPS, port 443, DNS), then run the doctor again.",
    ja="このマシンから `{url}` へHTTPS(443番ポート)で接続でき、名前解決もできることを確認してから、もう一度実行してください。",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a call came to: the answer and its header fields; `error` and `is_about_token` where it was refused."""

    data: Mapping[str, Any]
    headers: Mapping[str, str]
    error: str | None = None
    is_about_token: bool = False


async def examine_slack(settings: Settings, now: Callable[[], datetime], *, running: bool) -> list[Finding]:
    """`running`: the bot of this very process holds its socket, so the app token is known to be good."""
    if running:
        return await _examine_bot_token(settings, now)
    told, app_token = await asyncio.gather(_examine_bot_token(settings, now), _examine_app_token(settings))
    return [*told, app_token]


async def _examine_bot_token(settings: Settings, now: Callable[[], datetime]) -> list[Finding]:
    facts = {"name": "SLACK_BOT_TOKEN", "url": settings.slack_api_url}
    if settings.slack_bot_token is None:
        told = Finding("bot_token", State.WRONG, _UNSET, facts, _SET_BOT)
        return [told, _scopes_unknown(), _clock_unknown()]
    client = AsyncWebClient(
        token=settings.slack_bot_token.get_secret_value(), base_url=settings.slack_api_url, timeout=TIMEOUT_S
    )
    asked_at = now()
    answer = await _answered(client.auth_test())
    if answer.error is not None:
        told = _refused("bot_token", answer, facts, _SET_BOT)
        return [told, _scopes_unknown(), _clock(answer.headers, asked_at, now())]
    who = {"user": str(answer.data.get("user", "?"))[:80], "team": str(answer.data.get("team", "?"))[:80]}
    seen = Text(
        en="Slack accepts the bot token; the bot is `{user}` in the workspace `{team}`.",
        ja="Slackはボットトークンを受け付けます。ボットはワークスペース「`{team}`」の `{user}` です。",
    )
    told = Finding("bot_token", State.OK, seen, who)
    return [told, _scopes(answer.headers), _clock(answer.headers, asked_at, now())]


async def _examine_app_token(settings: Settings) -> Finding:
    facts = {"name": "SLACK_APP_TOKEN", "url": settings.slack_api_url}
    if settings.slack_app_token is None:
        return Finding("app_token", State.WRONG, _UNSET, facts, _SET_APP)
    client = AsyncWebClient(base_url=settings.slack_api_url, timeout=TIMEOUT_S)
    answer = await _answered(client.apps_connections_open(app_token=settings.slack_app_token.get_secret_value()))
    if answer.error is not None:
        return _refused("app_token", answer, facts, _SET_APP)
    seen = Text(
        en="Slack accepts the app-level token and lets the bot open a socket.",
        ja="Slackはアプリレベルトークンを受け付け、ソケットの接続を許可しています。",
    )
    return Finding("app_token", State.OK, seen)


async def _answered(call: Awaitable[AsyncSlackResponse]) -> _Answer:
    try:
        answer = await call
    except SlackApiError as error:
        response: Any = error.response  # where Slack's answer is no JSON, the SDK puts something else here
        headers = getattr(response, "headers", None) or {}
        try:
            code = str(response["error"])
        except (TypeError, KeyError):
            code = "no JSON"
        return _Answer({}, _lower(headers), code[:80], code in _NOT_ACCEPTED)
    except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
        return _Answer({}, {}, type(error).__name__)
    data = answer.data if isinstance(answer.data, dict) else {}
    return _Answer(data, _lower(answer.headers))


def _lower(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _refused(finding_id: str, answer: _Answer, facts: Mapping[str, str], fix: Text) -> Finding:
    facts = {**facts, "error": answer.error or ""}
    if answer.is_about_token:
        return Finding(finding_id, State.WRONG, _NOT_ACCEPTED_TEXT, facts, fix)
    return Finding(finding_id, State.UNKNOWN, _NO_ANSWER, facts, _REACH_SLACK)


def _scopes(headers: Mapping[str, str]) -> Finding:
    told = headers.get("x-oauth-scopes")
    if told is None:
        return _scopes_unknown()
    granted = {scope.strip() for scope in told.split(",")}
    required = tuple(scope for scope in REQUIRED_SCOPES if scope not in granted)
    optional = tuple(scope for scope in OPTIONAL_SCOPES if scope not in granted)
    if required:
        seen = Text(
            en="The bot lacks scopes that it needs: {missing:code}.",
            ja="ボットに必要なスコープがありません: {missing:code}。",
        )
        return Finding("scopes", State.WRONG, seen, {"missing": required + optional}, _REINSTALL)
    if optional:
        seen = Text(
            en="The bot has the scopes that it needs, but not all of `manifest.yml`: {missing:code} missing.",
            ja="必要なスコープはありますが、`manifest.yml` のうち {missing:code} がありません。",
        )
        fix = Text(
            en="If that is on purpose, nothing. Without a history scope the bot follows its own threads only when it is mentioned, and may post twice after a crash; without `im:history` commands in direct messages do not work; without `channels:read` and `groups:read` it does not introduce itself. To have them, reinstall the app with the scopes of `manifest.yml`.",
            ja="意図した設定であれば、対応は不要です。historyのスコープがないと、ボットはスレッド内でメンションされたときだけ応答し、異常終了後に二重投稿することがあります。`im:history` がないと、ダイレクトメッセージのスレッドではコマンドが使えません。`channels:read` と `groups:read` がないと、チャンネル参加時の自己紹介を行いません。追加する場合は、`manifest.yml` のスコープでアプリを再インストールしてください。",
        )
        return Finding("scopes", State.OK, seen, {"missing": optional}, fix)
    return Finding(
        "scopes",
        State.OK,
        Text(en="The bot has every scope of `manifest.yml`.", ja="`manifest.yml` のスコープがすべて付与されています。"),
    )


_REINSTALL = Text(
    en="On the page OAuth & Permissions of the Slack app, add them under Bot Token Scopes (or put `manifest.yml` into App Manifest), then press Reinstall to Workspace.",
    ja="Slackアプリの「OAuth & Permissions」ページでBot Token Scopesに追加し(または「App Manifest」に `manifest.yml` を貼り付け)、「Reinstall to Workspace」を実行してください。",
)


def _scopes_unknown() -> Finding:
    seen = Text(
        en="Slack did not say which scopes the bot has.",
        ja="ボットに付与されたスコープを、Slackの応答から確認できません。",
    )
    fix = Text(
        en="Compare the Bot Token Scopes on the page OAuth & Permissions of the Slack app with `manifest.yml`.",
        ja="Slackアプリの「OAuth & Permissions」ページのBot Token Scopesを `manifest.yml` と比べてください。",
    )
    return Finding("scopes", State.UNKNOWN, seen, {}, fix)


def _clock(headers: Mapping[str, str], asked_at: datetime, answered_at: datetime) -> Finding:
    """Slack's time lies between our question and its answer, or the clock is off by as much as it does not."""
    try:
        theirs = parsedate_to_datetime(headers["date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError):
        return _clock_unknown()
    late_s = (asked_at - theirs).total_seconds()
    early_s = (theirs - answered_at).total_seconds()
    if max(late_s, early_s) <= CLOCK_S:
        seen = Text(
            en="The clock agrees with Slack's to within {seconds} seconds.",
            ja="時刻のずれは、Slackの時計と比べて{seconds}秒以内です。",
        )
        return Finding("clock", State.OK, seen, {"seconds": int(CLOCK_S)})
    if late_s > early_s:
        seen = Text(
            en="The clock is {seconds} seconds ahead of Slack's.", ja="時計がSlackより{seconds}秒進んでいます。"
        )
    else:
        seen = Text(en="The clock is {seconds} seconds behind Slack's.", ja="時計がSlackより{seconds}秒遅れています。")
    return Finding("clock", State.WRONG, seen, {"seconds": round(max(late_s, early_s))}, _SET_CLOCK)


_SET_CLOCK = Text(
    en="Let the system keep its time: `timedatectl set-ntp true`, or chrony. A wrong clock makes signatures and certificates look expired or not yet valid.",
    ja="`timedatectl set-ntp true` またはchronyで時刻を同期してください。時計がずれていると、署名や証明書を期限切れまたは有効期間前と誤って判定します。",
)


def _clock_unknown() -> Finding:
    seen = Text(
        en="Slack's answer carried no time to compare the clock with.",
        ja="時計と比べるための時刻を、Slackの応答から得られませんでした。",
    )
    fix = Text(
        en="`timedatectl` says whether the clock is synchronized.",
        ja="時刻が同期しているかどうかは `timedatectl` で確認できます。",
    )
    return Finding("clock", State.UNKNOWN, seen, {}, fix)
