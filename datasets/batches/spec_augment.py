"""SpecAugment (Park et al., Interspeech 2019) on batches, on whatever device they lie."""

from dataclasses import dataclass

import torch
from torch import Tensor

from datasets.errors import DataError


@dataclass(frozen=True)
class SpecAugment:
    """Time warp, then frequency masks, then time masks, the order of Park et al.; drawn anew for every sample.

    time_masks, frequency_masks: how many of each; 0 for none.
    time_mask_share: largest width of a time mask as a share of the frames, rounded; widths are uniform from 0 on.
    frequency_mask_bands: largest width of a frequency mask in bands; widths are uniform from 0 on.
    time_warp_share: largest displacement of the one anchor as a share of the frames, rounded; uniform, either way.

    The EDC paper gives no sizes; those of its tables are assumed (the common ones of audio tagging, scaled to the frame
    rate). What is masked becomes 0, the mean of standardised features. Raises DataError for values out of range.
    """

    time_masks: int = 0
    time_mask_share: float = 0.064
    frequency_masks: int = 0
    frequency_mask_bands: int = 8
    time_warp_share: float = 0.0

    def __post_init__(self) -> None:
        if min(self.time_masks, self.frequency_masks, self.frequency_mask_bands) < 0:
            raise DataError("SpecAugment: numbers and widths of masks cannot be negative")
        if not 0 <= self.time_mask_share <= 1:
            raise DataError(f"SpecAugment: time_mask_share is a share from 0 to 1, not {self.time_mask_share}")
        if not 0 <= self.time_warp_share < 0.5:
            raise DataError(f"SpecAugment: time_warp_share is a share below 0.5, not {self.time_warp_share}")

    @property
    def is_on(self) -> bool:
        """Whether anything is changed at all."""
        return self.time_masks > 0 or self.frequency_masks > 0 or self.time_warp_share > 0

    def check(self, frames: int, bands: int) -> None:
        """Raises DataError where clips of so many frames and bands have no room for what may be drawn."""
        reach = round(self.time_warp_share * frames)
        if reach and frames - 2 * reach < 3:
            raise DataError(f"SpecAugment: {frames} frames are too few for a warp by {reach}; lower time_warp_share")
        if self.frequency_masks and self.frequency_mask_bands > bands:
            raise DataError(
                f"SpecAugment: {bands} bands have no room for {self.frequency_mask_bands}; lower frequency_mask_bands"
            )

    def __call__(self, x: Tensor, generator: torch.Generator, treated: Tensor | None = None) -> Tensor:
        """The batch x (B, T, D) with its rows in `treated` (B,) bool changed, all of them by default.

        `generator` is one of the CPU, so that all devices draw the same; every row draws, treated or not. Clips must
        pass `check`.
        """
        rows, frames, bands = x.shape
        sizes = [2, 2 * self.frequency_masks, 2 * self.time_masks]
        draws = torch.rand((rows, sum(sizes)), generator=generator).to(x.device, non_blocking=True)
        warp, frequency, time = draws.split(sizes, dim=1)
        if reach := round(self.time_warp_share * frames):
            anchors, shifts = draw_warp(warp, reach, frames)
            x = time_warp(x, anchors, shifts if treated is None else shifts * treated)
        for draw, widest, length, dim in (
            (frequency, self.frequency_mask_bands, bands, 1),
            (time, round(self.time_mask_share * frames), frames, 2),
        ):
            if draw.shape[1]:
                masked = stripes(draw, widest, length)
                masked = masked if treated is None else masked & treated[:, None]
                x = x.masked_fill(masked.unsqueeze(dim), 0.0)
        return x


def draw_warp(draws: Tensor, reach: int, frames: int) -> tuple[Tensor, Tensor]:
    """Anchors and displacements (B,) of whole frames from draws (B, 2), uniform in [0, 1).

    A displacement is -reach ... reach, an anchor any frame that stays between the first and the last one whatever the
    displacement.
    """
    shifts = (draws[:, 0] * (2 * reach + 1)).long() - reach
    anchors = reach + 1 + (draws[:, 1] * (frames - 2 * reach - 2)).long()
    return anchors, shifts


def time_warp(x: Tensor, anchors: Tensor, shifts: Tensor) -> Tensor:
    """x (B, T, D) with frame `anchors` (B,) moved by `shifts` (B,) frames and both ends kept.

    Time is stretched linearly on either side, values are interpolated between the two nearest frames. An anchor and
    where it moves lie between the first and the last frame.
    """
    rows, frames, _ = x.shape
    last = frames - 1
    at = torch.arange(frames, device=x.device)
    anchor, moved = anchors[:, None], (anchors + shifts)[:, None]
    # Products of whole numbers first, so that whole results are exact and no displacement changes nothing.
    source = torch.where(
        at <= moved, at * anchor / moved, anchor + (at - moved) * (last - anchor) / (last - moved)
    ).clamp_(0, last)
    below = source.long()
    flat, first = x.flatten(0, 1), torch.arange(rows, device=x.device)[:, None] * frames
    left, right = (
        flat.index_select(0, (first + place).flatten()).view_as(x) for place in (below, (below + 1).clamp_max_(last))
    )
    return left.lerp_(right, (source - below)[..., None].to(x.dtype))


def stripes(draws: Tensor, widest: int, length: int) -> Tensor:
    """Which of `length` places some stripe covers: (B, length) bool, from draws (B, 2 x stripes), uniform in [0, 1).

    Each stripe has 0 ... widest places, and lies anywhere within.
    """
    width, start = draws.unflatten(1, (-1, 2)).unbind(2)
    widths = (width * (widest + 1)).long()
    starts = (start * (length - widths + 1)).long()
    at = torch.arange(length, device=draws.device)
    return ((at >= starts[..., None]) & (at < (starts + widths)[..., None])).any(1)
