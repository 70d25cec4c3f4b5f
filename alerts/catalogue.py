"""Every sentence a recipient may read, in each language; `{name}` marks what is filled in."""

LANGUAGES = ("en", "zh")

SENTENCES: dict[str, dict[str, str]] = {
    "title": {
        "en": "[{colour}] {what} · {id} · {scope}",
        "zh": "【{colour}】{what} · {id} · {scope}",
    },
    "surge": {
        "en": "Far more {stream} than usual about {scope}.",
        "zh": "{scope}的{stream}远多于平常。",
    },
    "total": {
        "en": "Far more {stream} than usual, over the whole stream.",
        "zh": "{stream}总量远多于平常。",
    },
    "trigger": {
        "en": "One report is enough to alert: {named}.",
        "zh": "一条即须示警：{named}。",
    },
    "cleared": {
        "en": "Over: nothing unusual about {scope} any more.",
        "zh": "已平息：{scope}不再异常。",
    },
    "withdrawn": {
        "en": "Withdrawn: later data did not bear the alarm out ({scope}).",
        "zh": "已撤回：后续数据不支持此次警报（{scope}）。",
    },
    "people": {
        "en": "Since {since}: {observed} people, expected {expected}, ×{multiple}; as of {at}.",
        "zh": "自 {since} 起：{observed} 人，预期 {expected} 人，×{multiple}；截至 {at}。",
    },
    "posts": {
        "en": "Since {since}: {observed} posts, expected {expected}, ×{multiple}; as of {at}.",
        "zh": "自 {since} 起：{observed} 条，预期 {expected} 条，×{multiple}；截至 {at}。",
    },
    "reported": {
        "en": "Happened {since}, alarmed {at}.",
        "zh": "发生于 {since}，报警于 {at}。",
    },
    "rule": {
        "en": "Rule: {kind}, {state}; score {score}, threshold {threshold}.",
        "zh": "规则：{kind}，{state}；得分 {score}，阈值 {threshold}。",
    },
    "rule_trigger": {"en": "Rule: {kind}, {state}.", "zh": "规则：{kind}，{state}。"},
    "where": {"en": "Where: {fields}.", "zh": "范围：{fields}。"},
    "because": {"en": "Why {colour}: {because}.", "zh": "定为{colour}：{because}。"},
    "signals": {"en": "Signals: {count}.", "zh": "信号：{count} 个。"},
    "spread": {
        "en": "Signals: {count}; regions and batches: {places}.",
        "zh": "信号：{count} 个；地区与批次：{places}。",
    },
    "harm": {"en": "Harm named: {harm}.", "zh": "涉及伤害：{harm}。"},
    "changed": {"en": "Since the last message: {changes}.", "zh": "较上一条：{changes}。"},
    "takes_over": {"en": "One event: {changes}.", "zh": "同一事件：{changes}。"},
    "change_colour": {"en": "{before} → {now}", "zh": "{before} → {now}"},
    "change_signals": {"en": "signals {before} → {now}", "zh": "信号 {before} → {now}"},
    "change_places": {
        "en": "regions and batches {before} → {now}",
        "zh": "地区与批次 {before} → {now}",
    },
    "change_took": {"en": "takes in {incidents}", "zh": "并入 {incidents}"},
    "change_harm": {"en": "new harm: {harm}", "zh": "新增伤害：{harm}"},
    "learning": {
        "en": "Still learning what is normal here; take it as a hint.",
        "zh": "此处仍在学习常态，仅供参考。",
    },
    "approximate": {
        "en": "People approximate: persons are unknown, so reports were counted.",
        "zh": "人数为近似值：无法识别个人，按条计数。",
    },
    "repetition": {
        "en": "You may have received this message already.",
        "zh": "本消息可能重复送达。",
    },
    "quote": {"en": "“{text}”", "zh": "“{text}”"},
    "more": {"en": "{listed} and {rest} more", "zh": "{listed} 等（另 {rest} 个）"},
    "list": {"en": ", ", "zh": "、"},
    "field": {"en": "{field} {value}", "zh": "{field} {value}"},
    "colour.blue": {"en": "blue", "zh": "蓝色"},
    "colour.yellow": {"en": "yellow", "zh": "黄色"},
    "colour.orange": {"en": "orange", "zh": "橙色"},
    "colour.red": {"en": "red", "zh": "红色"},
    "what.new": {"en": "new", "zh": "新发"},
    "what.escalated": {"en": "escalated", "zh": "升级"},
    "what.updated": {"en": "updated", "zh": "更新"},
    "what.cleared": {"en": "cleared", "zh": "解除"},
    "what.withdrawn": {"en": "withdrawn", "zh": "撤回"},
    "because.safety": {
        "en": "someone may be hurt; that comes before any number",
        "zh": "可能有人受到伤害，优先于任何数量",
    },
    "because.sensitive": {
        "en": "a data leak or a regulator is involved",
        "zh": "涉及数据泄露或监管机构",
    },
    "because.learning": {"en": "the series is still learning", "zh": "该序列仍在学习"},
    "because.points": {
        "en": "speed, number of people, spread and harm together",
        "zh": "综合速度、人数、范围与伤害",
    },
    "kind.surge": {"en": "excess over the usual count", "zh": "数量超出常态"},
    "kind.trigger": {"en": "one event is enough", "zh": "一事即报"},
    "state.provisional": {"en": "provisional", "zh": "暂定"},
    "state.confirmed": {"en": "confirmed", "zh": "已确认"},
    "state.withdrawn": {"en": "withdrawn", "zh": "已撤回"},
    "state.cleared": {"en": "cleared", "zh": "已解除"},
    "stream.complaints": {"en": "complaints", "zh": "投诉"},
    "stream.mentions": {"en": "mentions", "zh": "提及"},
    "stream.updates": {"en": "complaint updates", "zh": "投诉进展"},
    "field.stream": {"en": "stream", "zh": "来源"},
    "field.product": {"en": "product", "zh": "产品"},
    "field.brand": {"en": "brand", "zh": "品牌"},
    "field.batch": {"en": "batch", "zh": "批次"},
    "field.category": {"en": "category", "zh": "类别"},
    "field.region": {"en": "region", "zh": "地区"},
    "field.channel": {"en": "channel", "zh": "渠道"},
    "field.platform": {"en": "platform", "zh": "平台"},
    "field.severity": {"en": "severity", "zh": "严重程度"},
    "harm.injury": {"en": "injury", "zh": "受伤"},
    "harm.death": {"en": "death", "zh": "死亡"},
    "harm.fire": {"en": "fire", "zh": "起火"},
    "harm.poisoning": {"en": "poisoning", "zh": "中毒"},
    "harm.leak": {"en": "data leak", "zh": "数据泄露"},
    "harm.regulator": {"en": "regulator", "zh": "监管机构"},
    "harm.court": {"en": "court", "zh": "诉讼"},
    "harm.media": {"en": "media", "zh": "媒体"},
    "redacted.link": {"en": "[link]", "zh": "[链接]"},
    "redacted.email": {"en": "[e-mail]", "zh": "[邮箱]"},
    "redacted.identity": {"en": "[id number]", "zh": "[证件号]"},
    "redacted.card": {"en": "[card]", "zh": "[卡号]"},
    "redacted.phone": {"en": "[phone]", "zh": "[电话]"},
    "redacted.account": {"en": "[account]", "zh": "[账号]"},
    "redacted.address": {"en": "[address]", "zh": "[地址]"},
    "redacted.number": {"en": "[number]", "zh": "[号码]"},
    "redacted.name": {"en": "[name]", "zh": "[姓名]"},
}


def say(key: str, language: str, /, **values: object) -> str:
    """The sentence filled in; raises KeyError for a key or language that is not there."""
    return SENTENCES[key][language].format(**values)
