#!/usr/bin/env python3
"""Cuts the Noto Sans files of this folder from their originals (Debian package fonts-noto-core, version 20201225).

Usage: prepare.py FOLDER_OF_THE_ORIGINALS [FOLDER_OF_THE_EAST_ASIAN_ORIGINALS]

The second folder holds NotoSansJP_400Regular.ttf and its likes for SC, KR and HK (npm packages
@expo-google-fonts/noto-sans-jp, -sc, -kr and -hk, version 0.4.3) and NotoEmoji_400Regular.ttf
(@expo-google-fonts/noto-emoji 0.4.7). Needs fonttools. The result is committed, so this runs only when the selection below changes.
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

RANGES = [
    (0x20, 0x7E), (0xA0, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x1E00, 0x1FFF), (0x2000, 0x200D),
    (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022), (0x2026, 0x2026), (0x2030, 0x2030),
    (0x2032, 0x2033), (0x2039, 0x203A), (0x2044, 0x2044), (0x2070, 0x209C), (0x20A0, 0x20C0),
    (0x2113, 0x2113), (0x2116, 0x2117), (0x2120, 0x2120), (0x2122, 0x2122), (0x2126, 0x2126),
    (0x212E, 0x212E), (0x2150, 0x215F), (0x2190, 0x2193), (0x2212, 0x2212), (0x2215, 0x2215),
    (0x25CC, 0x25CC), (0x2C60, 0x2C7F), (0xA720, 0xA7BF), (0xFB01, 0xFB02), (0xFFFD, 0xFFFD),
]
BASE = ["NotoSans-Regular", "NotoSans-Bold"]
# Scripts that need shaping keep all of their layout rules.
SCRIPTS = {
    "NotoSansHebrew": [(0x591, 0x5F4), (0xFB1D, 0xFB4F)],
    "NotoSansArabic": [(0x600, 0x6FF), (0x750, 0x77F), (0xFDFC, 0xFDFC)],
    "NotoSansDevanagari": [(0x900, 0x97F), (0xA8E0, 0xA8FF)],
    "NotoSansThai": [(0xE01, 0xE5B)],
}
# Its files are large, and a function of Lambda is to be small.
BESIDE_THE_PROGRAM = ["NotoSansDevanagari"]
# Scripts of one weight, which lie beside the fonts of East Asia. Khmer has the sign of the riel.
RARER_SCRIPTS = {
    "NotoSansArmenian": [(0x531, 0x58F), (0xFB13, 0xFB17)],
    "NotoSansGeorgian": [(0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)],
    "NotoSansBengali": [(0x964, 0x965), (0x980, 0x9FF)],
    "NotoSansTamil": [(0x964, 0x965), (0xB80, 0xBFF)],
    "NotoSansKhmer": [(0x1780, 0x17FF)],
    "NotoSansSymbols2": [(0x2300, 0x27BF), (0x2B00, 0x2BFF)],
}
# What those fonts have beside their letters and the shaper needs there.
NEUTRAL = [(0x20, 0x20), (0xA0, 0xA0), (0x200C, 0x200F), (0x25CC, 0x25CC)]


def add_minus(font):
    """Noto Sans of that version has no minus sign: take the bar of the plus sign, as wide as it."""
    cmap = font.getBestCmap()
    if 0x2212 in cmap:
        return
    plus = cmap[ord("+")]
    glyphs = font["glyf"]
    points = list(glyphs[plus].coordinates)
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    levels = sorted({y for _, y in points})
    low, high = levels[1], levels[2]
    pen = TTGlyphPen(None)
    pen.moveTo((left, low))
    pen.lineTo((left, high))
    pen.lineTo((right, high))
    pen.lineTo((right, low))
    pen.closePath()
    font.setGlyphOrder(font.getGlyphOrder() + ["minus"])
    glyphs["minus"] = pen.glyph()
    font["hmtx"]["minus"] = (font["hmtx"][plus][0], left)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x2212] = "minus"


def codes_of(ranges):
    return [code for first, last in ranges for code in range(first, last + 1)]


def cut(source, target, codepoints, features, needs_minus):
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    font = TTFont(source, recalcTimestamp=False)
    if needs_minus:
        add_minus(font)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codepoints)
    cutter.subset(font)
    font.save(target)


# Symbols that none of the character sets below has and documents still use.
SYMBOLS = "≈≤≥✓"
# Pictures of one colour, and what joins them; digits and signs of the keyboard are not among them.
EMOJI = {code for code in range(0x200D, 0x110000) if code not in range(0xFE10, 0x1F000)}
# All syllables of Hangul, of which KS X 1001 has the common ones only, and its letters.
HANGUL = [(0x3131, 0x318E), (0xAC00, 0xD7A3)]
HAN = [(0x2E80, 0x9FFF), (0xFF00, 0xFFEF)]
# Units and words in circles and squares.
SQUARES = [(0x3200, 0x33FF)]
RARE_HAN = [(0x20000, 0x2FFFF)]
# Arrows, signs and letters in circles and squares, and Chinese characters that Unicode keeps twice.
MORE_OF_JAPAN = [(0x2100, 0x27BF), (0xF900, 0xFAFF)]


def codes_in(charset, ranges):
    """The characters of these ranges that a character set can write."""
    def is_in(code):
        try:
            return len(chr(code).encode(charset)) <= 2
        except UnicodeEncodeError:
            return False
    return {code for code in codes_of(ranges) if is_in(code)}


def is_common_in_taiwan(code):
    """Whether it is of the first level of Big5."""
    return 0xA4 <= chr(code).encode("big5")[0] <= 0xC6


def codes_in_jis_x_0213():
    """Its characters, and the other Chinese characters beyond the basic plane that names in Japan have."""
    def is_in(code):
        try:
            chr(code).encode("euc_jis_2004")
        except UnicodeEncodeError:
            return False
        return True
    return {code for code in codes_of(HAN + MORE_OF_JAPAN + [(0x3000, 0x4DBF)]) if is_in(code)} | set(codes_of(RARE_HAN))


def east_asian():
    """JIS X 0208 with what cp932 adds, and JIS X 0213; GB 2312, for Traditional Chinese the first level of Big5, and all
    other Chinese characters of the basic plane, which take in those of CNS 11643; Hangul."""
    traditional = {code for code in codes_in("big5", [(0x4E00, 0x9FFF)]) if is_common_in_taiwan(code)}
    japanese = codes_in("cp932", HAN + MORE_OF_JAPAN) | codes_in_jis_x_0213() | set(codes_of(SQUARES)) | set(map(ord, SYMBOLS))
    return {
        "NotoSansJP": japanese,
        "NotoSansSC": codes_in("gb2312", HAN) | traditional | (set(codes_of([(0x3400, 0x9FFF)])) - japanese),
        # Beyond the basic plane: what Hong Kong and Taiwan have (HKSCS).
        "NotoSansHK": set(codes_of(RARE_HAN)),
        # Its rare Chinese characters come from the other two.
        "NotoSansKR": set(codes_of(HANGUL)),
    }


def main():
    originals = Path(sys.argv[1])
    here = Path(__file__).parent
    for name in BASE:
        features = ["kern", "mark", "mkmk", "ccmp", "locl"]
        cut(originals / f"{name}.ttf", here / f"{name}.ttf", codes_of(RANGES), features, True)
    for script, ranges in SCRIPTS.items():
        for weight in ["Regular", "Bold"]:
            name = f"{script}-{weight}.ttf"
            folder = here / "east-asian" if script in BESIDE_THE_PROGRAM else here
            cut(originals / name, folder / name, codes_of(ranges + NEUTRAL), ["*"], False)
    for script, ranges in RARER_SCRIPTS.items():
        name = f"{script}-Regular.ttf"
        cut(originals / name, here / "east-asian" / name, codes_of(ranges + NEUTRAL), ["*"], False)
    if len(sys.argv) > 2:
        for name, codes in east_asian().items():
            source = Path(sys.argv[2]) / f"{name}_400Regular.ttf"
            cut(source, here / "east-asian" / f"{name}-Regular.ttf", sorted(codes), [], False)
        emoji = Path(sys.argv[2]) / "NotoEmoji_400Regular.ttf"
        cut(emoji, here / "east-asian" / "NotoEmoji-Regular.ttf", sorted(EMOJI), ["*"], False)


if __name__ == "__main__":
    main()
