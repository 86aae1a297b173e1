"""What the paper says about a table, and what we ask, tested on what came out."""

import math
from collections.abc import Iterator, Sequence

from benchmarks.judge.claims import ClaimResult
from benchmarks.judge.pairs.outcomes import SEEDS_FOR_METHOD
from benchmarks.judge.table import ClaimTest
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Grid, Heading, Text
from benchmarks.spec.claims import tolerance_of
from datasets.acquire.telling import count_of

ABOUT = (
    "Claims stand in our words, and one about several columns or rows once for each. "
    "A claim is about the method where both sides have {seeds} seeds (or come out the same with every seed), else "
    "about these two models. It holds only if every link of it holds, and fails if the opposite of a link is shown. "
    "*As printed* is the paper's own numbers; equal ones are a tie."
)
APART = (
    "Not the paper's experiment, so nothing here is for or against its sentences. Asked of these files and this "
    "schedule they are *seen*, *not seen* (the opposite is shown) or *undecided*. A side of fewer than {seeds} seeds "
    "leaves them undecided, whatever the test says of these two models, as other seeds may turn it."
)
ASKED = "Not claims of the paper: what we ask to understand its numbers."
CORRECTED = (
    "p is corrected (Holm) over the {tests} tested here, all columns of the table together{but}; the intervals are "
    "those of each test by itself."
)
UNABLE = ", but those of so few units that nothing could be shown"
HOW = (
    "Differences are in favour of the row named first: of error rates, how much lower it is. Simulated before that "
    "correction, of equal methods with three seeds at most 6 of 100 seem to differ at the level of 5 %, mostly 2 to "
    "5, and fewer than 2 where three seeds stand on one fold of 80 clips: conservative tests, of low power. The note "
    "says how often they would find a true difference of one margin, or of what a claim allows for, after the "
    "correction: at least so often, as the other tests may leave more room. The page on verdicts tells how a claim is "
    "tested."
)


def claim_blocks(claims: Sequence[ClaimTest], level: int = 2, explained: set[str] | None = None) -> list[Block]:
    """What the paper says about the table, in its own numbers and in ours; elsewhere its questions alone.

    What could not be tested stands behind a title, with what is wanting.

    explained: what the page has explained before, which is not said again; what is explained here is added.
    """
    explained = set() if explained is None else explained

    def once(text: str) -> str:
        is_new = text not in explained
        explained.add(text)
        return text if is_new else ""

    blocks: list[Block] = []
    for is_ours in (False, True):
        told = [one for one in claims if one.claim.ours is is_ours]
        if not told:
            continue
        is_papers = told[0].variant.earns_verdict
        title = "Questions of ours" if is_ours else "Claims" if is_papers else "The paper's questions, asked here"
        tested = [one for one in told if one.ours.status != "not measured"]
        untested = [one for one in told if one.ours.status == "not measured"]
        but = UNABLE if any(not link.tested.can_decide for one in tested for link in one.ours.links) else ""
        corrected = [CORRECTED.format(tests=tests, but=but) for tests in _corrected_over(tested)]
        about = once((ABOUT if is_papers else APART).format(seeds=SEEDS_FOR_METHOD)) if tested else ""
        how = once(HOW) if corrected else ""
        text = " ".join(filter(None, (ASKED if is_ours else "", about, *corrected, how)))
        blocks.append(Heading(title, level))
        blocks += [Text(text)] if text else []
        blocks += [_claim_grid(tested)] if tested else []
        blocks += [_untested(untested)] if untested else []
    return blocks


def _untested(claims: Sequence[ClaimTest]) -> Folded:
    """Claims that could not be tested, with what they come to in the paper's own numbers."""
    is_papers = claims[0].variant.earns_verdict
    is_claim = is_papers and not claims[0].claim.ours
    printed = ("as printed",) if is_papers else ()
    rows = [
        (_sentence(one), *((one.in_print.outcome or wording.NOTHING,) if is_papers else ()), one.ours.note)
        for one in claims
    ]
    called = "claim" if is_claim else "question"
    grid = Grid((called, *printed, "why"), rows, left=tuple(range(3)))
    return Folded(f"Not measured: {count_of(len(claims), called)}", [grid])


def _corrected_over(claims: Sequence[ClaimTest]) -> Iterator[str]:
    """Over how many tests p is corrected; nothing where none was made."""
    for count in {link.n_tests for test in claims for link in test.ours.links} - {0}:
        yield "one link" if count == 1 else f"{count} different links"


def _claim_grid(claims: Sequence[ClaimTest]) -> Grid:
    is_papers = claims[0].variant.earns_verdict
    rows = []
    for one in claims:
        in_print = (one.in_print.outcome or wording.NOTHING,) if is_papers else ()
        rows.append((_sentence(one), *in_print, *_tested(one)))
    printed = ("as printed",) if is_papers else ()
    answer = "ours" if is_papers else "here"
    called = "claim" if is_papers and not claims[0].claim.ours else "question"
    head = (called, *printed, answer, "about", "seeds", "difference", "95 % interval",
            "p (Holm)", "note")  # fmt: skip
    left = [number for number, name in enumerate(head) if name not in ("difference", "95 % interval", "p (Holm)")]
    return Grid(head, rows, left=left)


def _sentence(one: ClaimTest) -> str:
    """The claim, where it stands, and how near is near enough for a difference that it names."""
    within = tolerance_of(one.claim.id, one.claim.test)
    near = "" if within is None else f"; taken to hold within ± {within:g}"
    return f"{one.claim.text} ({one.claim.where}{near})"


def _alone(found: ClaimResult) -> str:
    """Said behind a p that is not corrected, as a test of so few units can show nothing whatever comes out."""
    deciding = [link for link in found.links if link.p_holm == found.p_holm]
    return " (uncorrected)" if deciding and not any(link.n_tests for link in deciding) else ""


def _tested(one: ClaimTest) -> tuple[str, ...]:
    found = one.ours
    low_high = None if found.low is None or found.high is None else (found.low, found.high)
    if low_high and not all(map(math.isfinite, low_high)):  # of units so few that no interval can be given
        low_high = None
    is_decided = found.status in ("holds", "fails") and found.kind == "method"
    return (
        f"**{one.answer}**" if is_decided else one.answer,
        found.kind or wording.NOTHING,
        wording.NOTHING if found.seeds is None else " and ".join(map(str, found.seeds)),
        wording.NOTHING if found.difference is None else f"{found.difference:+.2f}",
        wording.span(low_high, 2),
        wording.NOTHING if found.p_holm is None else f"{found.p_holm:.3g}{_alone(found)}",
        found.note,
    )
