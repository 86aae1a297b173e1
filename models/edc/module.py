"""The training of the EDC paper's networks, and what its figures show of a trained one."""

import torch
from torch import Tensor

from models import keras
from models.edc.network import Attention, CornerstoneCRNN, SelfAttention
from models.optimizers import Adam
from models.tasks.predicting import predicting
from models.tasks.tags import ClipTagging

#: Every how many frames the states are shown (figure 3), and the clips whose states are made at a time.
STATE_STEP = 25
CLIPS = 16


class EDCModule(Adam, ClipTagging):
    """CornerstoneCRNN trained as in section 3.1 of the paper; the network's arguments are those of CornerstoneCRNN.

    learning_rate: of Adam (paper).

    The other public methods give what figures show: they take clips x (N, 1, T, D) and run the network as it predicts.
    """

    version = 1
    network: CornerstoneCRNN

    def __init__(
        self,
        num_classes: int = 10,
        n_mels: int = 64,
        channels: int = 64,
        units: int = 64,
        attention: Attention = "none",
        dropout: float = 0.3,
        seed: int = 0,
        width_divisor: int = 1,
        norm_momentum: float = keras.BATCH_NORM_MOMENTUM,
        learning_rate: float = 0.001,
    ) -> None:
        network = CornerstoneCRNN(
            num_classes, n_mels, channels, units, attention, dropout, seed, width_divisor, norm_momentum
        )
        super().__init__(learning_rate, network)
        self.save_hyperparameters()

    def input_map(self, x: Tensor) -> Tensor:
        """What the network gets of the first clip (1, T, D)."""
        return x[:1, 0]

    def frame_probability(self, x: Tensor) -> Tensor:
        """The probability of each class in every frame of the first clip (1, T, classes), before the maximum."""
        with predicting(self):
            return self.network.frame_logits(x[:1]).sigmoid().float()

    def frame_states(self, x: Tensor) -> Tensor:
        """The GRU's output of every 25th frame of all clips (N, T / 25 rounded up, 2 units)."""
        with predicting(self):
            return torch.cat([self.network.states(clips)[:, ::STATE_STEP].float() for clips in x.split(CLIPS)])

    def bottleneck(self, x: Tensor) -> Tensor:
        """The output of the self-attention for the first clip (1, T, width). Raises ValueError if there is none."""
        with predicting(self):
            attention = self._self_attention()
            return attention(self.network.vectors(x[:1])).float()

    def attended_input(self, x: Tensor) -> Tensor:
        """The first clip (1, T, D), its frames mixed by the T x T weights of the self-attention (figure 5b).

        Raises ValueError if there is none.
        """
        with predicting(self):
            attention = self._self_attention()
            return (attention.weights(self.network.vectors(x[:1])) @ x[:1, 0]).float()

    def _self_attention(self) -> SelfAttention:
        if self.network.attention is None:
            raise ValueError("this network has no self-attention; give EDCModule attention='self'")
        return self.network.attention
