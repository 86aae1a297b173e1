"""A task that global attention makes solvable: what does the sound that the central second names have with it?

A chunk has seven seconds. Before and after the central one, far from it, are two sounds, A and B, in bands of their
own; each comes with a payload in the upper bands, or without. The central second has one of the two sounds, and the
class is whether this sound's companion has the payload: exactly one has. Dense layers stand in the place of
convolutions and GRU, which would carry news from frame to frame, so that an embedding has seen its own frame alone.

Why a network without attention fails, whatever its weights: the central frames have seen nothing of the payloads, and
half of them are right. With attention that weighs all frames alike the global vector is the same wherever the payload
is; behind the attention everything is linear, so that logit = f(sound) + g(payloads): of the four chunks those of one
class sum to the same logit as those of the other. A weight that depends on sound and frame tells them apart.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.baselines.maestro import FrameEncoder
from models.maestro import ChunkNetwork, ContextCRNN, GlobalAttentionCRNN

SECONDS, PER_SECOND, BANDS = 7, 5, 20
FRAMES, LEVEL, NOISE = SECONDS * PER_SECOND, 1.0, 0.2
NARROW, STEPS, BATCH, LEARNING_RATE, TESTED = 2, 200, 64, 0.01, 256


class NoMemory(nn.Module):
    """A dense layer in the place of the GRU."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.layer = nn.Linear(BANDS, 2 * units)

    def forward(self, features: Tensor) -> tuple[Tensor, None]:
        """Values (B, T, 2 x units) of frames (B, T, bands), as a GRU gives them."""
        return self.layer(features).relu(), None


class Alike(nn.Module):
    """Attention that weighs all frames alike."""

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T), all 0."""
        return torch.zeros_like(keys[..., 0])


def chunks(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Maps (count, 1, 35, 20) and their classes (count,)."""
    seconds = NOISE * torch.randn(count, SECONDS, PER_SECOND, BANDS, generator=generator)
    named, paid, first = torch.randint(2, (3, count), generator=generator)
    sounds = torch.eye(2).repeat_interleave(5, 1)  # in bands 0 to 4, and 5 to 9
    rows = torch.arange(count)
    for sound in (0, 1):
        place = torch.where(first == sound, 0, SECONDS - 1)
        seconds[rows, place, :, :10] += LEVEL * sounds[sound]
        seconds[rows, place, :, 15:] += LEVEL * (paid == sound)[:, None, None]
    seconds[:, SECONDS // 2, :, :10] += LEVEL * sounds[named][:, None]
    return seconds.flatten(1, 2)[:, None], (named == paid).long()


def accuracy(against: str, query: Literal["own", "crnn"], seed: int) -> tuple[float, float]:
    """Shares of unseen chunks that are right after training: with global attention, and `against` it.

    against: "local", the CRNN without attention, or "alike", attention that weighs all frames alike.
    """
    shared: dict[str, Any] = {
        "n_mels": BANDS,
        "n_frames": FRAMES,
        "per_second": PER_SECOND,
        "dropout": 0.0,
        "num_classes": 1,
    }
    shared |= {"seed": seed, "width_divisor": NARROW}
    other: ChunkNetwork = ContextCRNN(**shared) if against == "local" else GlobalAttentionCRNN(query, **shared)
    if against == "alike":
        other.scores = Alike()
    return _trained(GlobalAttentionCRNN(query, **shared), seed), _trained(other, seed)


def _trained(network: ChunkNetwork, seed: int) -> float:
    torch.manual_seed(seed)  # of the layers that are put in
    for layer in [one for one in network.modules() if isinstance(one, FrameEncoder)]:
        layer.convolutions, layer.rnn = nn.Sequential(), NoMemory(layer.size)  # type: ignore[assignment]
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    for _ in range(STEPS):
        x, classes = chunks(BATCH, generator)
        optimizer.zero_grad()
        logits = network.of_target(network(x).activity).mean((1, 2))
        F.binary_cross_entropy_with_logits(logits, classes.float()).backward()
        optimizer.step()
    x, classes = chunks(TESTED, generator)
    with torch.no_grad():
        logits = network.of_target(network(x).activity).mean((1, 2))
    return float(((logits > 0) == (classes > 0)).float().mean())
