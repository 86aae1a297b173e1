"""The colours of the site, light and dark, and the letter of every state, so that no state is told by colour alone."""

from dataclasses import dataclass

from benchmarks.judge.table import FITTED

#: What is written on what, by theme: each pair is read as text. `accent` is the one colour that is no state's.
THEMES = {
    "light": {
        "ink": "#1d2126", "soft": "#565e67", "line": "#d9dcd8", "ground": "#fcfcfa", "band": "#f2f3ef",
        "accent": "#8a3b12", "mark": "#fdf0d5",
    },
    "dark": {
        "ink": "#e6e7e3", "soft": "#a4abb1", "line": "#3a4046", "ground": "#15181b", "band": "#1f2428",
        "accent": "#f0a46b", "mark": "#4a3412",
    },
}  # fmt: skip
#: Pairs of text and ground that occur.
READ = (
    ("ink", "ground"), ("ink", "band"), ("ink", "mark"), ("soft", "ground"), ("soft", "band"), ("accent", "ground"),
    ("accent", "band"), ("accent", "mark"),
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a state looks: a letter, and the colours of square and letter in light and in dark."""

    letter: str
    light: tuple[str, str]
    dark: tuple[str, str]


#: By state, in the order of benchmarks.reporting.opening.overview.SQUARES; blue, orange and shades that differ in light
#: as well. What came out under a fitted reading has the same colour in a circle and a small letter.
_DECIDED = {
    "reproduced": Look("R", ("#0b6e58", "#ffffff"), ("#5cc8a8", "#0d1f1a")),
    "deviates": Look("D", ("#b5420f", "#ffffff"), ("#f08a55", "#2a1206")),
    "undecided": Look("U", ("#edc948", "#332a05"), ("#d9b53c", "#231c03")),
    "holds": Look("H", ("#1c5d99", "#ffffff"), ("#7db4e6", "#0b1d2e")),
    "fails": Look("F", ("#7a3b80", "#ffffff"), ("#cf93d6", "#26102a")),
}
LOOKS = {
    **{
        name: look
        for state, one in _DECIDED.items()
        for name, look in ((state, one), (f"{state}{FITTED}", Look(one.letter.lower(), one.light, one.dark)))
    },
    "no verdict": Look("N", ("#5f6b76", "#ffffff"), ("#97a3ad", "#14191d")),
    "reduced only": Look("S", ("#f6d9b4", "#4a2e06"), ("#6b4a1e", "#ffe9c9")),
    "stand-in only": Look("O", ("#e4dccb", "#403a29"), ("#4c4636", "#efe8d6")),
    "not yet run": Look("·", ("#fcfcfa", "#565e67"), ("#15181b", "#a4abb1")),
    "quoted": Look("Q", ("#dfe3e6", "#3b434a"), ("#343b41", "#cdd4da")),
}


def css_name(state: str) -> str:
    """The class of a state: "reproduced-fitted", "not-yet-run"."""
    return state.replace(FITTED, "-fitted").replace(" ", "-")


def is_round(state: str) -> bool:
    """Whether a state stands in a circle: that of a fitted reading."""
    return state.endswith(FITTED)


def tints(theme: str) -> list[str]:
    """The grounds of counts by their share in tenths: text stays readable on the deepest."""
    look = LOOKS["holds"]
    deep, ground = (look.dark if theme == "dark" else look.light)[0], THEMES[theme]["ground"]
    return [_mixed(deep, ground, 0.04 + 0.042 * tenths) for tenths in range(11)]


def _mixed(one: str, other: str, share: float) -> str:
    pairs = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours (W3C, Web Content Accessibility Guidelines 2.2): 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
