"""Altered copies of recordings as `maestro` alters its training items (section 4.4; its authors' code, WavAugment).

The code alters every item of 41 s anew. Here whole recordings are altered, several times each (assumed), and items are
cut from these copies: a batch is then gathered without touching sound.
"""

import numpy as np

from datasets.features.copies import Copy, Samples, fit_length, pitch_shift
from datasets.maestro_real.hearing.reverberation import reverberated

#: The rate at which the code alters, Hz. Its shift of pitch in cents, from and below; the lowest share of the peak at
#: which a sound is clipped; reverberance, damping and the largest room in percent.
RATE, CENTS, CLIP, REVERB, LARGEST_ROOM = 16000, 300, 0.5, (50, 50), 100
#: Seconds that are clipped by their own peak, as long as the code's longest item.
PIECE = 41


def altered(number: int) -> Copy:
    """The copy of that number: pitch, then clipping, then reverberation, drawn once for the whole recording."""
    return Copy(f"maestro-{number}", _altered)


def _altered(samples: Samples, rate: int, label: str, draw: np.random.Generator) -> Samples:
    import soxr

    cents, share = int(draw.integers(-CENTS, CENTS)), float(draw.triangular(CLIP, 1.0, 1.0))
    room = int(draw.integers(LARGEST_ROOM + 1))
    heard = pitch_shift(soxr.resample(samples, rate, RATE), cents / 100)
    for start in range(0, len(heard), PIECE * RATE):
        piece = heard[start : start + PIECE * RATE]
        peak = np.float32(share * np.abs(piece).max())
        np.clip(piece, -peak, peak, out=piece)
    heard = reverberated(heard, RATE, *REVERB, room)
    return fit_length(soxr.resample(heard, RATE, rate), len(samples))
