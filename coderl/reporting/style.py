"""How the page looks: two palettes, by day and by night, and one style sheet for both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

NUM_SHADES = 11
"""Colours of the scale from 0 to 1, the middle one being the page itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Palette:
    """Colours as `#rrggbb`."""

    page: str
    text: str
    quiet: str
    """Text that matters less; still readable."""
    line: str
    """Rules and grids."""
    first: str
    """Curves and bars of the first series."""
    second: str
    low: str
    """Behind a token: certain to fail."""
    high: str
    """Behind a token: certain to pass."""

    def shade(self, index: int) -> str:
        """The colour of the scale at `index`, in 0..NUM_SHADES-1."""
        middle = NUM_SHADES // 2
        end = self.high if index > middle else self.low
        return _mix(self.page, end, abs(index - middle) / middle)


LIGHT = Palette(
    page="#fcfcfa",
    text="#1b1d20",
    quiet="#5a5f66",
    line="#d9dad6",
    first="#22639f",
    second="#a9500c",
    low="#f0a050",
    high="#7bb0e6",
)
DARK = Palette(
    page="#15171a",
    text="#e6e7e9",
    quiet="#a3a9b1",
    line="#34383d",
    first="#7db8ef",
    second="#f0a860",
    low="#8a4a10",
    high="#1f5c98",
)


def shade_class(probability: float) -> str:
    """The class of the colour of a probability, in [0, 1]."""
    return f"v{round(probability * (NUM_SHADES - 1))}"


def stylesheet() -> str:
    """All of the page's CSS."""
    shades = "".join(f".v{i}{{background:var(--v{i})}}" for i in range(NUM_SHADES))
    dark = f"@media (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    return f":root{{color-scheme:light dark;{_variables(LIGHT)}}}{dark}{_RULES}{shades}"


def _variables(palette: Palette) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in _colours(palette))


def _colours(palette: Palette) -> Iterator[tuple[str, str]]:
    for name in ("page", "text", "quiet", "line", "first", "second"):
        yield name, getattr(palette, name)
    for index in range(NUM_SHADES):
        yield f"v{index}", palette.shade(index)


def _mix(start: str, end: str, share: float) -> str:
    """The colour at `share` of the way from start to end."""
    pairs = zip(bytes.fromhex(start[1:]), bytes.fromhex(end[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


_RULES = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 5rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 1rem;font-weight:650;letter-spacing:-.01em}
h2{font-size:1.25rem;margin:3.5rem 0 .75rem;padding-top:1rem;border-top:1px solid var(--line);
font-weight:650}
h3{font-size:1rem;margin:1.75rem 0 .4rem;font-weight:650}
p{margin:.5rem 0;max-width:44rem}
.lead{font-size:1.08rem}
.quiet,caption,figcaption,small{color:var(--quiet)}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:.9rem;padding-bottom:.4rem}
th,td{padding:.45rem 1.1rem .45rem 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
thead th{font-weight:500;color:var(--quiet);font-size:.9rem;vertical-align:bottom}
tbody th{font-weight:500}
th small{display:block;font-weight:400;min-width:9rem;max-width:17rem;line-height:1.35}
td.number,th.number{text-align:right}
td small{display:block;white-space:nowrap}
td b{font-weight:650}
.total>*{border-top:2px solid var(--line)}
svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif}
svg text{fill:var(--text)}
svg .soft{fill:var(--quiet)}
svg .grid{stroke:var(--line)}
svg .zero{stroke:var(--quiet)}
svg .seed,svg .mean{fill:none;stroke-linejoin:round}
svg .seed{opacity:.4;stroke-width:1}
svg .mean{stroke-width:2.2}
svg .first{stroke:var(--first)}
svg .second{stroke:var(--second)}
svg .mean.second{stroke-dasharray:7 3}
svg rect.first,svg circle.first{fill:var(--first);stroke:none}
svg circle.second{fill:var(--second);stroke:none}
svg rect.plain{fill:var(--quiet)}
.interval{width:9rem;margin-top:.2rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));
gap:1.5rem 2rem;margin:1rem 0}
figure{margin:0}
figure.wide{max-width:30rem;margin:1rem 0}
figcaption{font-size:.9rem}
figcaption b{color:var(--text);font-weight:600}
figcaption b.first{color:var(--first)}
figcaption b.second{color:var(--second)}
.scale{display:flex;align-items:center;gap:.6rem;max-width:30rem;font-size:.9rem;margin:1rem 0}
.scale span{flex:1;height:1.1rem}
.scale div{display:flex;flex:1;border:1px solid var(--line)}
article{margin:2rem 0;padding-left:1rem;border-left:3px solid var(--line)}
article h3{margin-top:0}
article p{overflow-wrap:anywhere}
.statement{white-space:pre-line}
pre{overflow-x:auto;margin:.75rem 0;padding:.75rem .9rem;border:1px solid var(--line);
border-radius:4px;line-height:1.75;tab-size:4}
code,output{font:.86rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre code{line-height:inherit}
pre span{padding:.12em 0;border-radius:2px}
pre .end{margin-left:.4em;padding:.12em .4em;font-family:system-ui,sans-serif;font-size:.85em}
output{display:block;min-height:1.4em;color:var(--quiet)}
summary{cursor:pointer;padding:.3rem 0}
:focus-visible{outline:2px solid var(--first);outline-offset:2px}
@media print{body{print-color-adjust:exact;-webkit-print-color-adjust:exact}
article{break-inside:avoid}}
"""
