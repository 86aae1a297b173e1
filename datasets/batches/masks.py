"""SpecAugment as the soft-label paper (`maestro`) has it: by its authors' code, and by its text."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class ShareMasks:
    """Masks whose widths are shares of bands and frames, each a band of frequencies and a stretch of time.

    probability: that a sample has any. least, most: how many, uniform. frequency_share, time_share: largest widths as
    shares of all bands and frames; widths are uniform from 0 on, rounded down or to the nearest.
    fill: what is masked becomes the minimum of the sample, or what the features have where there is no sound.
    """

    probability: float
    least: int
    most: int
    frequency_share: float
    time_share: float
    fill: Literal["minimum", "silence"]
    rounded: Literal["down", "nearest"] = "down"

    def __call__(self, x: Tensor, generator: torch.Generator, silence: float = 0.0) -> Tensor:
        """The batch x (B, T, D) masked; `generator` is one of the CPU, so that all devices draw the same."""
        rows, frames, bands = x.shape
        draws = torch.rand((rows, 2 + 4 * self.most), generator=generator).to(x.device, non_blocking=True)
        count = self.least + (draws[:, 1] * (self.most - self.least + 1)).long()
        used = (torch.arange(self.most, device=x.device) < count[:, None]) & (draws[:, :1] < self.probability)
        frequency, time = draws[:, 2:].unflatten(1, (2, self.most, 2)).unbind(1)
        up = 0.5 if self.rounded == "nearest" else 0.0
        in_bands = _stretches(frequency, self.frequency_share, bands, used, up)
        in_frames = _stretches(time, self.time_share, frames, used, up)
        fill = x.amin((1, 2), keepdim=True) if self.fill == "minimum" else x.new_full((), silence)
        return torch.where(in_bands[:, None] | in_frames[..., None], fill, x)


def _stretches(draws: Tensor, share: float, length: int, used: Tensor, up: float) -> Tensor:
    """Which of `length` places a mask that is used covers: (B, length), from draws (B, masks, 2), uniform in [0, 1)."""
    widths = (draws[..., 0] * (share * length) + up).long()
    starts = (draws[..., 1] * (length - widths)).long()
    at = torch.arange(length, device=draws.device)
    covered = (at >= starts[..., None]) & (at < (starts + widths)[..., None])
    return (covered & used[..., None]).any(1)


#: The authors' code. The paper's text: two masks, coefficients of the spectrogram that become zero, on average 15 % of
#: the bands and 20 % of the frames; assumed: of every sample, and on average in all, so that each mask has on average
#: half of it (less what two share), and zero before the logarithm.
MASKS = {
    "code": ShareMasks(0.5, 1, 2, 0.15, 0.20, "minimum"),
    "paper": ShareMasks(1.0, 2, 2, 0.15, 0.20, "silence", "nearest"),
}
