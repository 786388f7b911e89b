"""The charsets that mail is written in.

A stranger's charset never reaches Python's codecs: some are no charsets (`zip`), one takes quadratic time (`punycode`).
"""

from __future__ import annotations

_ALIASES = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "utf8": "utf-8",
    # Windows' extensions are sent under the names of the standards.
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_1",
    "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3",
    "iso-2022-jp-2004": "iso2022_jp_2004",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "windows-874": "cp874",
}
_OTHERS = frozenset(
    {
        *(
            "utf-8",
            "cp932",
            "euc-jp",
            "big5",
            "gb18030",
            "iso-2022-kr",
            "koi8-r",
            "koi8-u",
            "tis-620",
        ),
        *("utf-16", "utf-16le", "utf-16be", "big5-hkscs", *(f"iso-8859-{n}" for n in range(1, 17) if n != 12)),
        *(f"windows-{n}" for n in range(1250, 1259)),
    }
)


def decode(octets: bytes, charset: str) -> str:
    """The text, U+FFFD for what cannot be read; an unknown charset is read as UTF-8. Never raises."""
    name = charset.strip().strip('"').lower()[:40]
    codec = _ALIASES.get(name) or (name if name in _OTHERS else "utf-8")
    return octets.decode(codec, "replace")
