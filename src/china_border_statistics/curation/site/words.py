"""What the site itself says beside the data: labels in English and Chinese, dates, periods, numbers."""

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from china_border_statistics import plots
from china_border_statistics.curation import explanations
from china_border_statistics.curation.coverage import HOLIDAYS, Occasion

Row = Mapping[str, Any]
Pair = tuple[str, str]

WORDS: dict[str, Pair] = {
    "about": ("about", "约"),
    "address": ("Address", "网址"),
    "agreement": ("Agreement", "一致性"),
    "all_areas": ("China", "中国"),
    "ambiguous": ("ambiguous", "有歧义"),
    "announced": ("Announced", "公布日期"),
    "announcement": ("Announcement", "公布"),
    "average_times_days": ("average × days", "日均×天数"),
    "base": ("Base", "基数"),
    "both": ("growth or level", "两种读法"),
    "claim": ("Growth claim", "增长表述"),
    "comparability": ("Not to be compared", "不可比"),
    "consistent": ("consistent", "一致"),
    "contradiction": ("contradiction", "矛盾"),
    "cumulative": ("running total", "累计"),
    "cumulative_rises": ("running total", "累计上升"),
    "day": ("day", "日"),
    "definition": ("Definition", "定义"),
    "disagrees": ("disagrees", "不一致"),
    "event": ("event", "事件"),
    "exact": ("exact", "精确"),
    "figure": ("Figure", "数字"),
    "figures": ("Figures", "数字"),
    "finding": ("Finding", "发现"),
    "growth": ("growth", "增长"),
    "half": ("half year", "半年"),
    "heat_map": ("Figures by family and year", "按类别和年份的数字"),
    "holiday": ("holiday", "假期"),
    "implied": ("Implied base", "隐含基数"),
    "issuer": ("Issuer", "发布机构"),
    "joint": ("joint claims", "联合"),
    "kind": ("Kind", "种类"),
    "kindred": ("kindred counts", "同类数字"),
    "language": ("Language", "语言"),
    "level": ("level", "水平"),
    "long_series": ("Long series", "长期序列"),
    "left": ("Readings left", "剩余读法"),
    "machine_translation": ("machine translation", "机器翻译"),
    "metric": ("Metric", "指标"),
    "mirror": ("mirror", "镜像"),
    "month": ("month", "月"),
    "nearly": ("nearly", "近"),
    "none": ("none", "无"),
    "note": ("Note", "备注"),
    "occasion": ("Occasion", "场合"),
    "occasions": ("Regular announcements", "例行公布"),
    "official": ("official", "官方"),
    "other": ("other", "其他"),
    "over": ("more than", "多于"),
    "parts_sum": ("sum of parts", "分项之和"),
    "period": ("Period", "时期"),
    "periods_add": ("sum of periods", "时期之和"),
    "point": ("stock", "时点"),
    "previous_holiday": ("on the holiday a year before", "比上年同一假期"),
    "previous_period": ("on the period before", "环比"),
    "printed": ("Printed", "原文"),
    "published": ("Published", "发表"),
    "publisher": ("Publisher", "出版者"),
    "quarter": ("quarter", "季度"),
    "ratio": ("Ratio to base", "与基数之比"),
    "reading": ("Reading", "读法"),
    "reannounced": ("announced again", "再次公布"),
    "republication": ("republication", "转载"),
    "role": ("Role", "角色"),
    "rounded": ("rounded", "四舍五入"),
    "rounds": ("rounds", "约数一致"),
    "same": ("same", "相同"),
    "scope": ("Scope", "范围"),
    "share": ("share", "占比"),
    "source": ("Source", "来源"),
    "sources": ("Sources", "来源"),
    "sources_agree": ("printings", "各来源"),
    "stated_change": ("growth claim", "增长表述"),
    "status_B": ("break in series", "序列中断"),
    "status_D": ("defined otherwise", "定义不同"),
    "status_F": ("forecast", "预测"),
    "status_P": ("provisional", "初步"),
    "status_U": ("mirrors only", "仅见于镜像"),
    "superseded": ("announced again later", "其后再次公布"),
    "undetermined": ("undetermined", "无法判定"),
    "unit": ("Unit", "单位"),
    "verdict": ("Verdict", "判定"),
    "vs_2019": ("on the same days of 2019", "比2019年同期"),
    "whole": ("Part of", "属于"),
    "wire": ("wire", "通讯社"),
    "year": ("year", "年"),
    "yoy": ("on a year earlier", "同比"),
}

# Kinds of regular announcements.
_OCCASIONS: dict[str, Pair] = {
    "first quarter": ("First quarter", "第一季度"),
    "first half": ("First half", "上半年"),
    "third quarter": ("Third quarter", "第三季度"),
    "year": ("Year", "全年"),
    "day against drug abuse": ("Day against Drug Abuse", "国际禁毒日"),
    "forecast": ("forecast", "预测"),
    "outturn": ("outturn", "结果"),
}
_FAMILIES: dict[str, Pair] = {
    "border_control": ("Border control", "边境管控"),
    "border_crime": ("Border crime", "妨害国（边）境管理犯罪"),
    "clearance": ("Clearance", "通关"),
    "conveyances": ("Conveyances", "交通运输工具"),
    "crossings": ("Crossings", "出入境"),
    "documents": ("Documents", "出入境证件"),
    "drugs": ("Drugs", "毒品"),
    "entries": ("Entries", "入境"),
    "exits": ("Exits", "出境"),
    "foreigner_documents": ("Foreigners' documents", "外国人证件"),
    "foreigner_violations": ("Foreigners' violations", "外国人违法"),
    "goods_smuggling": ("Goods smuggling", "走私"),
    "illegal_crossing": ("Illegal crossing", "偷渡"),
    "prosecution": ("Prosecution", "检察起诉"),
    "services": ("Services", "服务"),
    "visa_free_entries": ("Visa-free entries", "免签入境"),
    "visa_policy": ("Visa policy", "签证政策"),
    "weapons": ("Weapons", "枪支弹药"),
}
_CHART = {
    "announced": "公布日期",
    "end of period": "时期末",
    "year": "年",
    "series breaks": "序列中断",
    "Value": "数值",
    "Allowed": "允许区间",
    "Printed": "原文",
    "Qualifier": "限定",
    "Announced": "公布日期",
    "Period": "时期",
    "Source": "来源",
    "Status": "状态",
    "exact": "精确",
    "rounded": "四舍五入",
    "over": "多于",
    "exact or rounded": "精确或四舍五入",
    "more than": "多于",
    "nearly": "近",
    "about": "约",
    "normal": "正常",
    "break in series": "序列中断",
    "defined otherwise": "定义不同",
    "forecast": "预测",
    "provisional": "初步",
    "found on mirrors only": "仅见于镜像",
}
_LARGE = 1000
_HALVES = ("上半年", "下半年")


def bilingual(english: str, chinese: str | None) -> Markup:
    """Write a label in both languages; the reader's choice shows one. Without a Chinese one the English serves."""
    if not chinese or chinese == english:
        return Markup('<span lang="en">{}</span>').format(english)
    return Markup('<span class="in-en" lang="en">{}</span><span class="in-zh" lang="zh-Hans">{}</span>').format(
        english, chinese
    )


def word(key: str) -> Markup:
    """Write one of ``WORDS``; a code that isn't among them is written as it is."""
    return bilingual(*WORDS.get(key, (key.replace("_", " "), None)))


def family_name(family: str) -> Pair:
    """Name a family of metrics; one that has no name yet is called by its code."""
    return _FAMILIES.get(family, (family.replace("_", " ").capitalize(), ""))


def occasion(found: Occasion) -> Pair:
    """Name what a regular announcement is of, without its year: First half, May Day: outturn."""
    english, chinese = _OCCASIONS[found.kind]
    if not found.holiday:
        return english, chinese
    holiday = HOLIDAYS.get(found.holiday, (found.holiday.replace("_", " "), found.holiday))
    return f"{holiday[0]}: {english}", f"{holiday[1]}：{chinese}"


def day(when: datetime.date, precision: str | None = "day") -> Pair:
    """Write a day as exactly as it is known: 29 March 2021, March 2021 or 2021."""
    if precision == "year":
        return f"{when.year}", f"{when.year}年"
    if precision == "month":
        return f"{when:%B} {when.year}", f"{when.year}年{when.month}月"
    return explanations.day(when), f"{when.year}年{when.month}月{when.day}日"


def period(row: Row) -> Pair:
    """Write the period of a figure: 2018, first half of 2024, December 2020 to 29 March 2021."""
    start, end, precision = row["period_start"], row["period_end"], row["period_precision"]
    english_end, chinese_end = day(end)
    if start is None:
        return f"up to {english_end}", f"截至{chinese_end}"
    named = explanations.period_name(dict(row))
    if " to " not in named:
        return named.removeprefix("the "), _chinese_period(start, end)
    english, chinese = day(start, precision)
    return f"{english} to {english_end}", f"{chinese}至{chinese_end}"


def _chinese_period(start: datetime.date, end: datetime.date) -> str:
    """Write a day, month, quarter, half or year in Chinese."""
    months = end.month - start.month + 1
    if start == end:
        return day(start)[1]
    if months == 12:
        return f"{start.year}年"
    if months == 6:
        return f"{start.year}年{_HALVES[(start.month - 1) // 6]}"
    if months == 3:
        return f"{start.year}年第{'一二三四'[(start.month - 1) // 3]}季度"
    return day(start, "month")[1]


def unit(row: Row, value: float) -> Markup:
    """Write a unit after a value: 1 case, 26 cases, 52 %, 62.13 kg."""
    english, chinese = plots.counted(row["label_en"], value), counter(row)
    return bilingual(english, chinese) if chinese else Markup('<span class="in-en" lang="en">{}</span>').format(english)


def counter(row: Row) -> str:
    """Write a unit's word as it stands after a number in Chinese: 人 for 人、名, 辆次 for 辆（架、列、艘）次.

    None is right where a unit has more than two words, each for other things: the metric says what is counted.
    """
    words = re.sub("（.*?）", "", row["label_zh"] or "").split("、")
    return words[0] if len(words) <= 2 else ""


def chart_words(units: Iterable[Row]) -> dict[str, str]:
    """What stands in a chart in English, and the same in Chinese."""
    return _CHART | {plots.counted(row["label_en"]): counter(row) for row in units if counter(row)}


def interval(low: float | None, high: float | None) -> str:
    """Write an interval in either language: 16,650–16,750, ≥ 16,650; large ones in whole numbers."""
    least = float(low or 0)
    least = math.floor(least) if least >= _LARGE else least
    if high is None:
        return f"≥ {explanations.number(least)}"
    return explanations.span((least, math.ceil(high) if high >= _LARGE else high)).replace(" to ", "–")


def growth_or_level(row: Row) -> str:
    """Write the ratios that a stated change allows: 2.975–2.985."""
    return explanations.times((row["ratio_lower"], row["ratio_upper"])).removesuffix(" times").replace(" to ", "–")
