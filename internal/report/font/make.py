"""Makes the fonts of the reports from the web fonts of the npm package inter-ui.

    python3 -m venv venv && venv/bin/pip install fonttools==4.68.0 brotli==1.2.1
    npm pack inter-ui@4.1.1 && tar xzf inter-ui-4.1.1.tgz
    venv/bin/python make.py package .

The PDF library looks glyphs up by character alone, so the feature that the
pages use, figures of one width, is put into the character map.
"""

import io
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
SIGNS = [
    *range(0x2010, 0x2016), *range(0x2018, 0x201F), 0x2020, 0x2022, 0x2026, 0x2009, 0x202F, 0x2030, 0x2032, 0x2033,
    0x2039, 0x203A, *range(0x2074, 0x207A), *range(0x2080, 0x208A), 0x20AC, 0x2116, 0x2122,
    *range(0x2190, 0x2194), 0x2212, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265,
    0x25A0, 0x25B2, 0x25C6, 0x25CB, 0x25CF,
]
# For the PDF also names in other European scripts.
EUROPE = [*range(0x100, 0x180), *range(0x218, 0x21C), *range(0x370, 0x400), *range(0x400, 0x460), 0x490, 0x491, 0x1E9E]

# Signs that keep their own form: only figures and what stands among them line up.
PROPORTIONAL = {0x20, 0xA0, *map(ord, "()[]{}-*")}


def cut(font, characters, features):
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.drop_tables += ["STAT", "MVAR", "DSIG"] + ([] if features else ["GSUB", "GPOS", "GDEF"])
    s = subset.Subsetter(options)
    s.populate(unicodes=characters)
    s.subset(font)


def tabular(font):
    """Keeps the signs that are not figures out of tnum; returns what it swaps."""
    own = {g for c, g in font.getBestCmap().items() if c in PROPORTIONAL}
    gsub = font["GSUB"].table
    swap = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for i in record.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[i].SubTable:
                    table = getattr(table, "ExtSubTable", table)
                    for glyph in list(table.mapping):
                        if glyph.split(".")[0] in own:
                            del table.mapping[glyph]
                    swap.update(table.mapping)
    return swap


def bake(font):
    """Points the character map at the tabular glyphs."""
    swap = tabular(font)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap = {c: swap.get(g, g) for c, g in table.cmap.items()}


def pdf(source, target):
    font = TTFont(source, recalcTimestamp=False)
    bake(font)
    cut(font, LATIN + SIGNS + EUROPE, [])
    # One character map of the kind that the PDF library reads.
    cmap = font["cmap"]
    cmap.tables = [t for t in cmap.tables if (t.platformID, t.platEncID, t.format) == (3, 1, 4)]
    assert cmap.tables, "no cmap of format 4"
    font.flavor = None
    font.save(target)


def page(source, target):
    font = TTFont(source, recalcTimestamp=False)
    made = io.BytesIO()
    instancer.instantiateVariableFont(font, {"opsz": 14, "wght": (400, 700)}).save(made)
    font = TTFont(made, recalcTimestamp=False)
    tabular(font)
    cut(font, LATIN + SIGNS, ["kern", "calt", "ccmp", "tnum"])
    font.flavor = "woff2"
    font.save(target)


if __name__ == "__main__":
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    for weight in ("Regular", "SemiBold", "Bold"):
        pdf(package / "web" / f"Inter-{weight}.woff2", target / f"Inter-{weight}.ttf")
    page(package / "variable" / "InterVariable.woff2", target / "Inter-Variable.woff2")
