#!/usr/bin/env python3
"""Writes the tables of this folder from Unicode CLDR, as Babel 2.18 has it (`pip install babel==2.18.0`).

Usage: prepare.py. The result is committed, so this runs only when the selection below changes.

A row begins with a code and has a cell a language. In units.tsv a cell is the short form of the unit, or one form a
plural category (`one=day|other=days`); units that CLDR does not have are written below by hand, without plurals.
"""
from pathlib import Path

from babel import Locale

FOLDER = Path(__file__).parent
LANGUAGES = "en de fr es it nl pt pl ja zh ar he".split()
COUNTRIES = FOLDER / "../../../invoice/src/code_lists/country_iso_3166.txt"

# Northern Ireland has a code in tax matters only; 1A is Kosovo in the norm's list.
NORTHERN_IRELAND = [
    "Northern Ireland", "Nordirland", "Irlande du Nord", "Irlanda del Norte", "Irlanda del Nord", "Noord-Ierland",
    "Irlanda do Norte", "Irlandia Północna", "北アイルランド", "北爱尔兰", "أيرلندا الشمالية", "צפון אירלנד",
]

# UN/ECE Recommendation 20 (and 21 for packages) to the units of CLDR.
UNITS = {
    "ACR": "area-acre", "ANN": "duration-year", "CMK": "area-square-centimeter", "CMQ": "volume-cubic-centimeter",
    "CMT": "length-centimeter", "DAY": "duration-day", "E34": "digital-gigabyte", "4L": "digital-megabyte",
    "E35": "digital-terabyte", "FOT": "length-foot", "FTK": "area-square-foot", "FTQ": "volume-cubic-foot",
    "GLL": "volume-gallon", "GRM": "mass-gram", "HAR": "area-hectare", "HLT": "volume-hectoliter",
    "HUR": "duration-hour", "INH": "length-inch", "KGM": "mass-kilogram", "KMT": "length-kilometer",
    "KWH": "energy-kilowatt-hour", "KWT": "power-kilowatt", "LBR": "mass-pound", "LTR": "volume-liter",
    "MGM": "mass-milligram", "MIN": "duration-minute", "MLT": "volume-milliliter", "MMT": "length-millimeter",
    "MON": "duration-month", "MTK": "area-square-meter", "MTQ": "volume-cubic-meter", "MTR": "length-meter",
    "ONZ": "mass-ounce", "P1": "concentr-percent", "QAN": "duration-quarter", "SEC": "duration-second",
    "SMI": "length-mile", "TNE": "mass-tonne", "WEE": "duration-week", "YRD": "length-yard",
}
BY_HAND = {
    "H87": "pcs|Stk.|pce|uds.|pz.|st.|un.|szt.|個|件|قطعة|יח׳",
    "SET": "set|Satz|lot|juego|set|set|conj.|kpl.|セット|套|طقم|סט",
    "PR": "pair|Paar|paire|par|paio|paar|par|para|組|双|زوج|זוג",
    "DZN": "dozen|Dtzd.|dz|doc.|dozz.|dozijn|dz.|tuzin|ダース|打|دزينة|תריסר",
    "LS": "lump sum|pauschal|forfait|global|a corpo|forfait|global|ryczałt|一式|项|مقطوعية|גלובלי",
    "E49": "working days|Arbeitstage|j. ouvrés|d. háb.|gg. lav.|werkd.|d. úteis|dni rob.|営業日|工作日|يوم عمل|ימי עבודה",
}
SAME_AS = {"EA": "H87", "XPP": "H87"}


def countries():
    for code in COUNTRIES.read_text().split():
        if code == "XI":
            yield code, NORTHERN_IRELAND
            continue
        key = "XK" if code == "1A" else code
        yield code, [Locale.parse(language).territories[key] for language in LANGUAGES]


def forms(language, unit):
    patterns = Locale.parse(language)._data["unit_patterns"][unit]["short"]
    texts = {category: pattern.replace("{0}", "").strip(" \u00a0\u202f\u200e\u200f")
             for category, pattern in patterns.items() if category in ("zero", "one", "two", "few", "many", "other")}
    if len(set(texts.values())) == 1:
        return texts["other"]
    return "|".join(f"{category}={text}" for category, text in texts.items())


def units():
    rows = {code: [forms(language, unit) for language in LANGUAGES] for code, unit in UNITS.items()}
    rows |= {code: words.split("|") for code, words in BY_HAND.items()}
    rows |= {code: rows[other] for code, other in SAME_AS.items()}
    return rows.items()


def write(name, rows):
    lines = ["\t".join(["code", *LANGUAGES])]
    for code, cells in sorted(rows):
        assert len(cells) == len(LANGUAGES) and all(cells), code
        lines.append("\t".join([code, *cells]))
    (FOLDER / name).write_text("\n".join(lines) + "\n")


write("countries.tsv", countries())
write("units.tsv", units())
