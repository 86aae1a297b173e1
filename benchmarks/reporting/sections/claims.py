"""What the paper says about a table, and what we ask, tested on what came out."""

from collections.abc import Sequence

from benchmarks.judge.table import ClaimTest
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Grid, Heading, Text


def claim_blocks(claims: Sequence[ClaimTest], level: int = 2) -> list[Block]:
    """What the paper says about the table, in its own numbers and in ours."""
    if not claims:
        return []
    paper = [one for one in claims if not one.claim.ours]
    ours = [one for one in claims if one.claim.ours]
    about = (
        "A claim is about the method where both sides have three seeds (or are deterministic), else about these two "
        "models. It holds only if every link of it holds; p is corrected over all links of the table (Holm). "
        "Differences are in favour of the row named first: of error rates, how much lower it is."
    )
    asked = "Not claims of the paper: what we ask to understand its numbers; p is corrected among these questions."
    blocks: list[Block] = [Heading("Claims", level), Text(about), _claim_grid(paper)] if paper else []
    if ours:
        blocks += [Heading("Questions of ours", level), Text(asked), _claim_grid(ours)]
    return blocks


def _claim_grid(claims: Sequence[ClaimTest]) -> Grid:
    rows = []
    for test in claims:
        claim, found = test.claim, test.ours
        in_print = {None: wording.NOTHING, True: "holds", False: "fails"}[test.in_print.holds]
        difference = wording.NOTHING if found.difference is None else f"{found.difference:+.2f}"
        low_high = None if found.low is None or found.high is None else (found.low, found.high)
        rows.append(
            (
                f"{claim.text} ({claim.where})",
                in_print,
                f"**{found.status}**" if found.status in ("holds", "fails") else found.status,
                found.kind or wording.NOTHING,
                difference,
                wording.span(low_high, 2),
                wording.NOTHING if found.p_holm is None else f"{found.p_holm:.3g}",
                found.note,
            )
        )
    head = ("claim", "as printed", "ours", "about", "difference", "95 % interval", "p (Holm)", "note")
    return Grid(head, rows, left=(0, 1, 2, 3, 7))
