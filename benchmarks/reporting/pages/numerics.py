"""The page on what other numerics than float32 give: the study that lets them feed verdicts, or keeps them out."""

from collections.abc import Iterator

from benchmarks.reporting.pages import PageKind, Report
from benchmarks.reporting.render.blocks import Page, Text
from benchmarks.reporting.sections.equivalence import study_blocks

ABOUT = (
    "Verdicts are given on networks trained in float32. Other numerics are faster; their runs may stand for those in "
    "float32 only where a study has shown their mean to be the same within a margin, and their spread to be alike. It "
    "runs the same recipes on the same folds with the same seeds in both, so that a pair begins with the same weights "
    "and sees the same batches. Its bounds were fixed before the first run."
)
METHOD = (
    "The folds are no sample, so the spread of a pair's difference is taken over seeds, within recipe and fold, as "
    "that of a verdict is. Of the mean it is a test of equivalence: few or noisy runs end undecided, never shown. The "
    "spread over seeds is judged by its estimate, which is rough; where it is smaller than in float32, verdicts "
    "widen it to that of float32. How many seeds run was fixed, too. Where these left it undecided and more were "
    "added, those have to show it by themselves, which is a second look: each look would take a difference of just the "
    "margin for none in 5 of 100 cases, both together in 10 at most."
)


class NumericsPages(PageKind):
    """A page per paper that asks for such a study."""

    by_paper = True

    def pages(self, report: Report) -> Iterator[Page]:
        """The pages of all papers that do."""
        for tables in report.papers.values():
            studies = tables[0].studies.values()
            if studies:
                paper = tables[0].paper
                blocks = [Text(ABOUT), Text(METHOD), *(block for one in studies for block in study_blocks(one))]
                yield Page(f"{paper.id}/numerics", f"{paper.id}: other numerics than float32", blocks)
