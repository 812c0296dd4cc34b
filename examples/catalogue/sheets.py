"""Safety data sheets of the demo's goods, drawn as PDF: the same sheet always gives the same bytes."""

import io
from html import escape

from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate

_ABOUT = {
    "Irritant": "Irritates skin and eyes. Keep out of reach of children. Rinse with plenty of water.",
    "Eye damage": "Causes serious damage to eyes. Wear goggles. Rinse for minutes; ask a doctor at once.",
    "Corrosive": "Burns skin and eyes. Wear gloves and goggles. Rinse at once; ask a doctor at once.",
}
HAZARDS = frozenset(_ABOUT)


def draw_sheet(*, name: str, brand: str, hazard: str) -> bytes:
    """A page on what to mind with a product of this hazard. Raises KeyError for one that is not known."""
    style = getSampleStyleSheet()
    story = [
        Paragraph("Safety data sheet", style["Title"]),
        Paragraph("A sheet of a demonstration: no goods of this name are sold.", style["Italic"]),
        Paragraph("1. Product", style["Heading2"]),
        Paragraph(escape(f"{name}, {brand}"), style["BodyText"]),
        Paragraph("2. Hazard", style["Heading2"]),
        Paragraph(hazard, style["BodyText"]),
        Paragraph("4. First aid and handling", style["Heading2"]),
        Paragraph(_ABOUT[hazard], style["BodyText"]),
    ]
    paper = io.BytesIO()
    title = f"Safety data sheet: {name}"
    SimpleDocTemplate(paper, invariant=1, title=title, author=brand, lang="en").build(story)
    return paper.getvalue()
