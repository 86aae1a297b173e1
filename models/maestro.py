"""The networks of Do et al. (2023), DCASE Task 4b: a CRNN that hears a second in its context, with global attention.

Sources: the technical report, and its authors' public code (SED_SoftLabel), which differ: the table comes from the
plain CRNN (`code`), the attention from section 4.3 and Figs. 2 and 3. What neither decides is marked "assumed".
"""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.baselines.maestro import BANDS, FrameEncoder
from models.baselines.wav2vec2 import query_head
from models.initial import initialise
from models.optimizers import PlateauAdam
from models.tasks.activity import Activation, ActivityDetection, Heard, Loss
from models.tasks.predicting import predicting

Query = Literal["own", "crnn", "given"]
AttentionScores = Literal["dot", "additive"]
Judged = Literal["chunk", "second"]

#: Chunks that are judged together in prediction: maps of 205 frames of them take 200 MB.
TOGETHER = 32


class ChunkNetwork(nn.Module, ABC):
    """What the networks have in common: an encoder of all frames of a chunk, and what judges it by them.

    per_second: frames of every second; n_frames: of a chunk, an odd number of seconds. Raises ValueError otherwise.
    """

    has_scenes = False

    def __init__(self, n_mels: int, n_frames: int, per_second: int, dropout: float, width_divisor: int) -> None:
        super().__init__()
        if per_second < 1 or n_frames % per_second or n_frames // per_second % 2 == 0:
            raise ValueError(
                f"{n_frames} frames are no odd number of seconds of {per_second} frames; change per_second, or "
                "chunk_seconds of the data"
            )
        self.input_shape = (1, n_frames, n_mels)
        self.n_frames, self.per_second = n_frames, per_second
        self.encoder = FrameEncoder(n_mels, dropout, width_divisor)

    def forward(self, x: Any) -> Heard:
        """What is heard in chunks x (B, 1, n_frames, D), or (x, query (B, d))."""
        frames, given = x if isinstance(x, tuple) else (x, None)
        return self.judge(self.encoder.features(frames), self.central(frames, 2), given)

    def hear(self, frames: Tensor, places: Tensor, query: Tensor | None) -> Tensor:
        """Activity (seconds, frames of a second, classes) of a recording; see ActivityNetwork."""
        found = []
        for block in torch.arange(len(places), device=places.device).split(TOGETHER):
            features = self.encoder.chunk_features(frames, places[block])
            centre = frames[0][self.central(places[block], 1)][:, None]
            found.append(self.of_target(self.judge(features, centre, None if query is None else query[block]).activity))
        return torch.cat(found)

    def central(self, values: Tensor, dim: int) -> Tensor:
        """Of values with an axis of the chunk's frames those of the central second."""
        return values.narrow(dim, (self.n_frames - self.per_second) // 2, self.per_second)

    def of_target(self, activity: Tensor) -> Tensor:
        """Of activity (B, T, classes) that of the central second."""
        return self.central(activity, 1)

    @abstractmethod
    def judge(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Heard:
        """What is heard by features (B, T, values), the central frames (B, 1, per_second, D) and a given query."""

    @abstractmethod
    def embeddings(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Tensor:
        """What the last dense layer gets (B, T, size)."""


class ContextCRNN(ChunkNetwork):
    """The baseline's CRNN on chunks (code): activity of each frame, or of each second.

    mean_prediction: the embeddings of each second are averaged before the last dense layer.
    seed, width_divisor: see BaselineCRNN.
    """

    def __init__(
        self,
        mean_prediction: bool = False,
        n_mels: int = BANDS,
        n_frames: int = 205,
        per_second: int = 5,
        dropout: float = 0.2,
        num_classes: int = 11,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__(n_mels, n_frames, per_second, dropout, width_divisor)
        self.mean_prediction = mean_prediction
        self.output = nn.Linear(self.encoder.size, num_classes)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def judge(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Heard:
        """Activity (B, T, classes), or (B, seconds, classes) by mean prediction."""
        return Heard(self.output(self.embeddings(features, centre, given)))

    def embeddings(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Tensor:
        """Embeddings (B, T, size), or (B, seconds, size) by mean prediction."""
        found = self.encoder.embed(features)
        return found.unflatten(1, (-1, self.per_second)).mean(2) if self.mean_prediction else found

    def of_target(self, activity: Tensor) -> Tensor:
        """Of activity (B, T or seconds, classes) that of the central second."""
        if self.mean_prediction:
            return activity[:, [activity.shape[1] // 2]]
        return super().of_target(activity)


class AdditiveScores(nn.Module):
    """v tanh(W_q q + W_k k) for a query (B, size) and keys (B, T, size): (B, T).

    Equation 3 without tanh and v gives a vector, no score (assumed: Bahdanau's form).
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(size, size, bias=False), nn.Linear(size, size, bias=False)
        self.score = nn.Linear(size, 1, bias=False)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T)."""
        return self.score(torch.tanh(self.query(query)[:, None] + self.key(keys))).squeeze(-1)


class DotScores(nn.Module):
    """The dot product of a query (B, size) with each key (B, T, size): (B, T) (code)."""

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T)."""
        return torch.einsum("bd,btd->bt", query, keys)


class GlobalAttentionCRNN(ChunkNetwork):
    """The CRNN and what its central second attends to in the whole chunk (section 4.3, Figs. 2 and 3).

    The softmax of the scores weighs all embeddings; their sum is the global vector. A dense layer tells the scene: by
    the global vector with the own query (code), else by the query (the paper's local features).

    judged: activity of every frame of the "chunk", by the global vector laid out over the frames by a linear map from 1
        to n_frames and put beside the embeddings (code); or of the central "second" alone, by the query and the global
        vector beside it (sections 4.2 and 4.3). Two dense layers give it either way.
    query: "own", the mean embedding of the central second (code); "crnn", that of a CRNN of its own, which hears the
        central second alone; "given", 768 values that come with each item, wav2vec2's mean, and a head of three dense
        layers (code).
    scores: "dot" (code) or "additive" (equation 3).
    num_scenes: of the scene head. seed, width_divisor: see BaselineCRNN.
    """

    has_scenes = True

    def __init__(
        self,
        query: Query = "own",
        scores: AttentionScores = "dot",
        judged: Judged = "chunk",
        n_mels: int = BANDS,
        n_frames: int = 205,
        per_second: int = 5,
        dropout: float = 0.2,
        num_scenes: int = 5,
        num_classes: int = 11,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__(n_mels, n_frames, per_second, dropout, width_divisor)
        size, self.query = self.encoder.size, query
        self.judges_second_alone = judged == "second"
        if query == "crnn":
            self.asker: nn.Module | None = FrameEncoder(n_mels, dropout, width_divisor)
        else:
            self.asker = query_head(size, width_divisor) if query == "given" else None
        self.scores = AdditiveScores(size) if scores == "additive" else DotScores()
        self.expand = None if self.judges_second_alone else nn.Linear(1, n_frames)
        self.hidden = nn.Linear(2 * size, size)
        self.output = nn.Linear(size, num_classes)
        self.scene = nn.Linear(size, num_scenes)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU

    def judge(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Heard:
        """Activity (B, T or 1, classes), logits of the scenes (B, scenes). Raises ValueError without a given query."""
        embedded, asked, weights = self.attend(features, centre, given)
        heard = torch.einsum("bt,btd->bd", weights, embedded)
        merged = self._merged(embedded, asked, heard)
        return Heard(self.output(merged), self.scene(heard if self.query == "own" else asked))

    def of_target(self, activity: Tensor) -> Tensor:
        """Of activity (B, T or 1, classes) that of the central second."""
        return activity if self.judges_second_alone else super().of_target(activity)

    def attend(self, features: Tensor, centre: Tensor, given: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings (B, T, size), the query (B, size), and the weights (B, T), which sum to one."""
        embedded = self.encoder.embed(features)
        asked = self._asked(embedded, centre, given)
        return embedded, asked, self.scores(asked, embedded).softmax(1)

    def embeddings(self, features: Tensor, centre: Tensor, given: Tensor | None) -> Tensor:
        """What the last dense layer gets (B, T or 1, size)."""
        embedded, asked, weights = self.attend(features, centre, given)
        return self._merged(embedded, asked, torch.einsum("bt,btd->bd", weights, embedded))

    def _asked(self, embedded: Tensor, centre: Tensor, given: Tensor | None) -> Tensor:
        if self.query == "own":
            return self.central(embedded, 1).mean(1)
        if isinstance(self.asker, FrameEncoder):
            return self.asker.embed(self.asker.features(centre)).mean(1)
        if given is None or self.asker is None:
            raise ValueError("this network is given its query; use data that have one (query: wav2vec2)")
        asked: Tensor = self.asker(given)
        return asked

    def _merged(self, embedded: Tensor, asked: Tensor, heard: Tensor) -> Tensor:
        if self.expand is None:
            return self.hidden(torch.cat([asked, heard], dim=1))[:, None]
        laid_out = self.expand(heard[..., None]).transpose(1, 2)
        return self.hidden(torch.cat([embedded, laid_out], dim=2))


class _ChunkModule(PlateauAdam, ActivityDetection):
    """What both modules show of their networks; the methods take chunks x (B, 1, n_frames, D)."""

    network: ChunkNetwork

    def embeddings(self, x: Tensor) -> Tensor:
        """What the last dense layer gets of the central second: (B, its frames, size), for Fig. 5."""
        network = self.network
        with predicting(self):
            found = [
                network.of_target(network.embeddings(network.encoder.features(some), network.central(some, 2), None))
                for some in x.split(TOGETHER)
            ]
        return torch.cat(found).float()


class ContextCRNNModule(_ChunkModule):
    """ContextCRNN trained with Adam; the network's arguments are those of ContextCRNN.

    activation, loss: see ActivityDetection; the code's linear outputs became sigmoids on the way to the table.
    learning_rate, patience: see PlateauAdam; the code's patience is 0.3 of all epochs.
    """

    version = 1
    network: ContextCRNN

    def __init__(
        self,
        mean_prediction: bool = False,
        activation: Activation = "sigmoid",
        loss: Loss = "mse",
        n_mels: int = BANDS,
        n_frames: int = 205,
        per_second: int = 5,
        dropout: float = 0.2,
        learning_rate: float = 0.001,
        patience: int | None = 9,
        num_classes: int = 11,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        network = ContextCRNN(mean_prediction, n_mels, n_frames, per_second, dropout, num_classes, seed, width_divisor)
        super().__init__(learning_rate, patience, network, activation, loss)
        self.save_hyperparameters()


class GlobalAttentionModule(_ChunkModule):
    """GlobalAttentionCRNN trained with Adam; the network's arguments are those of GlobalAttentionCRNN.

    activation, loss, learning_rate, patience: see ContextCRNNModule. What judges the central second alone is trained on
    its label (data with labels: central). With a loss of the scene beside it the focal loss alone is watched (Fig. 4).
    """

    version = 1
    network: GlobalAttentionCRNN

    def __init__(
        self,
        query: Query = "own",
        scores: AttentionScores = "dot",
        judged: Judged = "chunk",
        activation: Activation = "sigmoid",
        loss: Loss = "mse",
        n_mels: int = BANDS,
        n_frames: int = 205,
        per_second: int = 5,
        dropout: float = 0.2,
        num_scenes: int = 5,
        learning_rate: float = 0.001,
        patience: int | None = 9,
        num_classes: int = 11,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        network = GlobalAttentionCRNN(
            query, scores, judged, n_mels, n_frames, per_second, dropout, num_scenes, num_classes, seed, width_divisor
        )
        watched = "val_focal" if loss == "focal_scene" else "val_loss"
        super().__init__(learning_rate, patience, network, activation, loss, watched=watched)
        self.save_hyperparameters()

    def attention_weights(self, x: Tensor) -> Tensor:
        """How much each frame of the chunks weighs (B, n_frames)."""
        network = self.network
        with predicting(self):
            found = [
                network.attend(network.encoder.features(some), network.central(some, 2), None)[2]
                for some in x.split(TOGETHER)
            ]
        return torch.cat(found).float()
