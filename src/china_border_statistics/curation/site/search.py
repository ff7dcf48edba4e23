"""Sphinx's search in English and Chinese: Chinese has no spaces, so it is searched by pairs of characters."""

import re
from itertools import pairwise
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff"


class SearchBilingual(SearchEnglish):
    """English words, stemmed, and pairs of Chinese characters.

    抓获嫌疑人 is indexed as 抓获, 获嫌, 嫌疑 and 疑人; a query is cut alike, and all its pairs must be on the page.
    """

    lang = "bilingual"
    language_name = "English"  # Sphinx makes the stemmer's name of it
    js_splitter_code = f"""
function splitQuery(query) {{
  return (query.match(/[{_CHINESE}]+|(?:(?![{_CHINESE}])[\\p{{Letter}}\\p{{Number}}_])+/gu) || []).flatMap((run) =>
    run.length > 1 && /[{_CHINESE}]/.test(run) ? [...run].slice(1).map((second, at) => run[at] + second) : [run]
  );
}}
"""
    _word_re = re.compile(rf"[{_CHINESE}]+|(?:(?![{_CHINESE}])\w)+")

    def split(self, input: str) -> list[str]:  # noqa: A002  # the name is Sphinx's
        """Split a text into words and pairs of Chinese characters."""
        return [part for run in self._word_re.findall(input) for part in self._parts(run)]

    @staticmethod
    def _parts(run: str) -> list[str]:
        if len(run) == 1 or not re.match(f"[{_CHINESE}]", run):
            return [run]
        return [first + second for first, second in pairwise(run)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the language with Sphinx."""
    app.add_search_language(SearchBilingual)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
