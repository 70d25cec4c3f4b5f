"""What the pages say beyond the words of the messages, and how they write values."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from alerts import catalogue
from alerts.redaction import Redacted, clean, quote

VALUE_LENGTH = 40

DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")

WORDS: dict[str, dict[str, str]] = {
    "incidents": {"en": "Incidents", "zh": "事件"},
    "all": {"en": "all", "zh": "全部"},
    "open_now": {"en": "Open", "zh": "进行中"},
    "ended": {"en": "Ended", "zh": "已结束"},
    "none_open": {"en": "Nothing is open.", "zh": "当前没有进行中的事件。"},
    "nothing_yet": {
        "en": "No incident has been recorded.",
        "zh": "尚无事件记录。",
    },
    "newer": {"en": "newer", "zh": "较新"},
    "older": {"en": "older", "zh": "较早"},
    "back": {"en": "All incidents", "zh": "全部事件"},
    "since": {"en": "since {time}", "zh": "自 {time}"},
    "opened": {"en": "Opened", "zh": "开始"},
    "latest": {"en": "Updated", "zh": "最近更新"},
    "happened": {"en": "What happened", "zh": "发生了什么"},
    "chart": {"en": "Observed against expected", "zh": "实际与预期"},
    "chart_note": {
        "en": "Counted since {since}. Each dot is a figure that was reported.",
        "zh": "自 {since} 起累计；圆点为已通报的数字。",
    },
    "chart_text": {
        "en": "Observed {observed}, expected {expected}, at {at}.",
        "zh": "{at}：实际 {observed}，预期 {expected}。",
    },
    "observed": {"en": "observed", "zh": "实际"},
    "expected": {"en": "expected", "zh": "预期"},
    "no_chart": {
        "en": "No counts to draw: one event is enough for this alarm.",
        "zh": "无可绘制的计数：此类警报一事即报。",
    },
    "no_signals": {
        "en": "The signals of this incident are no longer in the log.",
        "zh": "该事件的信号已不在日志中。",
    },
    "quotes": {"en": "In their words", "zh": "原话"},
    "signals_of": {"en": "Signals", "zh": "信号"},
    "more_rows": {"en": "{count} more are not shown.", "zh": "另有 {count} 项未显示。"},
    "history": {"en": "History", "zh": "经过"},
    "held": {"en": "{count} signals", "zh": "{count} 个信号"},
    "deliveries": {"en": "Messages sent", "zh": "消息送达"},
    "no_deliveries": {"en": "No message was sent.", "zh": "未发送消息。"},
    "to": {"en": "to {recipient} by {channel}", "zh": "经 {channel} 致 {recipient}"},
    "attempt": {"en": "attempt {number}", "zh": "第 {number} 次"},
    "may_repeat": {"en": "may have arrived twice", "zh": "可能重复送达"},
    "merged_into": {"en": "Continues in", "zh": "并入"},
    "learning_badge": {"en": "learning", "zh": "学习中"},
    "incident.open": {"en": "open", "zh": "进行中"},
    "incident.cleared": {"en": "cleared", "zh": "已解除"},
    "incident.withdrawn": {"en": "withdrawn", "zh": "已撤回"},
    "incident.merged": {"en": "merged", "zh": "已并入"},
    "reason.opened": {"en": "opened", "zh": "立案"},
    "reason.joined": {"en": "another signal joined", "zh": "新信号加入"},
    "reason.revised": {"en": "figures revised", "zh": "数字更新"},
    "reason.escalated": {"en": "escalated", "zh": "升级"},
    "reason.lowered": {"en": "lowered", "zh": "降级"},
    "reason.merged": {"en": "merged into another incident", "zh": "并入其他事件"},
    "reason.cleared": {"en": "cleared: back to normal", "zh": "解除：恢复常态"},
    "reason.withdrawn": {
        "en": "withdrawn: later data did not bear it out",
        "zh": "撤回：后续数据不支持",
    },
    "reason.went-quiet": {"en": "cleared: nothing more came", "zh": "解除：未再出现"},
    "delivery.wanted": {"en": "waiting to be sent", "zh": "等待发送"},
    "again": {"en": "did not arrive, tried again", "zh": "未送达，将重试"},
    "delivery.attempted": {"en": "being sent", "zh": "发送中"},
    "delivery.sent": {"en": "sent", "zh": "已送达"},
    "delivery.failed": {"en": "failed", "zh": "失败"},
    "delivery.unknown": {"en": "unknown whether it arrived", "zh": "是否送达不明"},
    "reach.reading": {
        "en": "Still reading the log; what is shown may be old.",
        "zh": "仍在读取日志，显示内容可能不是最新。",
    },
    "reach.unreachable": {
        "en": "The broker does not answer; what is shown may be old.",
        "zh": "消息系统无响应，显示内容可能不是最新。",
    },
    "live": {"en": "live", "zh": "实时"},
    "lost": {"en": "connection lost", "zh": "连接中断"},
    "sign_in": {"en": "Sign in", "zh": "登录"},
    "sign_out": {"en": "Sign out", "zh": "退出"},
    "token": {"en": "Token", "zh": "令牌"},
    "token_hint": {
        "en": "It was printed when the pages were started, or set by whoever runs them.",
        "zh": "启动页面服务时打印，或由管理员设定。",
    },
    "token_wrong": {"en": "That is not the token.", "zh": "令牌不正确。"},
    "too_often": {
        "en": "Too many wrong tokens. Try again in {seconds} seconds.",
        "zh": "错误次数过多，请 {seconds} 秒后再试。",
    },
    "absent": {"en": "There is no such page.", "zh": "没有此页面。"},
    "absent_incident": {
        "en": "There is no incident {id}, or it is too old to be shown.",
        "zh": "没有事件 {id}，或时间过久已不再显示。",
    },
    "broken": {"en": "Something broke here; it was logged.", "zh": "此处出错，已记录。"},
    "other_language": {"en": "中文", "zh": "English"},
}


def dated(text: str) -> Markup:
    """The text escaped, with its dates held together on one line."""
    return Markup(DATE.sub(r'<span class="date">\g<0></span>', str(escape(text))))  # noqa: S704 - escaped


class Words:
    """One reader's language and zone; raises KeyError for a language that is not there."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language, self._zone = language, zone

    def say(self, key: str, /, **values: object) -> str:
        if key in WORDS:
            return WORDS[key][self.language].format(**values)
        return catalogue.say(key, self.language, **values)

    def name(self, family: str, value: str) -> str:
        """The word for a value of a known set; an unknown one is shown as it is."""
        key = f"{family}.{value}"
        known = key in WORDS or key in catalogue.SENTENCES
        return self.say(key) if known else clean(value, cap=VALUE_LENGTH)

    def fields(self, scope: Mapping[str, str]) -> str:
        ordered = sorted(scope.items(), key=lambda item: item[0] != "stream")
        return self.listed(
            self.say("field", field=self.name("field", field), value=self.name(field, value))
            for field, value in ordered
        )

    def listed(self, parts: Iterable[str]) -> str:
        return self.say("list").join(parts)

    def quoted(self, text: str) -> str:
        return self.say("quote", text=quote(text, self._label))

    def plain(self, text: str) -> str:
        """What another system said, in one line and without what points at a person."""
        return quote(text, self._label)

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return f"{local:%Y-%m-%d %H:%M} {zone_of(local)}"

    def second(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        return f"{local:%Y-%m-%d %H:%M:%S} {zone_of(local)}"

    def hour(self, at: datetime) -> str:
        """Short, for a place that says the zone nearby."""
        return f"{at.astimezone(self._zone):%m-%d %H:%M}"

    def _label(self, kind: Redacted) -> str:
        return self.name("redacted", kind)


def zone_of(local: datetime) -> str:
    offset = f"{local:%z}"
    return "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"


def number(value: float) -> str:
    """As the messages write numbers: three digits, or whole thousands."""
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.3g}"
