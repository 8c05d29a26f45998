"""Bar charts as SVG, written by hand: no library, readable in any browser."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

WIDTH, LEFT, BAR, GAP, TOP = 720, 190, 22, 8, 44
COLOURS = {"quillroom": "#2f6f4f"}
OTHER = "#9aa3ad"


def bars(file: Path, title: str, unit: str, values: Mapping[str, float]) -> None:
    """One horizontal bar a server."""
    longest = max(values.values(), default=0) or 1
    height = TOP + len(values) * (BAR + GAP) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="12" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    for row, (name, value) in enumerate(values.items()):
        top = TOP + row * (BAR + GAP)
        width = max(1.0, value / longest * (WIDTH - LEFT - 120))
        lines += [
            f'<text x="{LEFT - 8}" y="{top + 16}" text-anchor="end">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" rx="3" fill="{COLOURS.get(name, OTHER)}"/>',
            f'<text x="{LEFT + width + 6:.1f}" y="{top + 16}">{value:.4g} {escape(unit)}</text>',
        ]
    file.write_text("\n".join([*lines, "</svg>", ""]))
