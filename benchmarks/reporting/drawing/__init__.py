"""How figures are drawn: plain data in, SVG out."""
