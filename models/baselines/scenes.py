"""The two-layer network that the PB-CNN paper starts from, and the module that trains it.

Source: M. Valenti et al., DCASE 2016 and IJCNN 2017, as public copies rebuild it ("cited" below); the PB-CNN paper
(section 3.2) tells two layers and four band counts.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.initial import initialise
from models.optimizers import Adam
from models.tasks.clips import ClipClassification

#: Kernels of both layers, their size, the first pool, and the groups of bands that the last pool leaves (cited).
KERNELS, SIZE, POOL, GROUPS = (128, 256), 5, 5, 4


class ValentiCNN(nn.Module):
    """Two convolutions 5 x 5 with batch norm, ReLU and maximum pooling, and a dense layer: (B, 1, F, T) -> logits.

    The first pool is 5 x 5. The second one takes all time and a quarter of the bands that are left, rounded down, of
    which four remain and the surplus is dropped (cited for 60 bands; assumed for more: so the size of the network stays
    the same). Borders are padded so that convolutions keep the size (assumed).

    n_mels, n_frames: of the input. seed: of the generator that draws the initial weights, as PyTorch does by default
    (assumed). width_divisor: divides kernels, for quick trials.

    Raises ValueError if the first pool leaves fewer than four bands or no frame.
    """

    def __init__(
        self, n_mels: int = 128, n_frames: int = 150, num_classes: int = 15, seed: int = 0, width_divisor: int = 1
    ) -> None:
        super().__init__()
        if n_mels < GROUPS * POOL or n_frames < POOL:
            raise ValueError(f"{n_mels} bands x {n_frames} frames are too few; {GROUPS * POOL} x {POOL} are the least")
        self.input_shape = (1, n_mels, n_frames)
        first, second = (kernels // width_divisor for kernels in KERNELS)
        self.conv1 = nn.Conv2d(1, first, SIZE, padding=SIZE // 2)
        self.norm1 = nn.BatchNorm2d(first)
        self.conv2 = nn.Conv2d(first, second, SIZE, padding=SIZE // 2)
        self.norm2 = nn.BatchNorm2d(second)
        self.output = nn.Linear(second * GROUPS, num_classes)
        initialise(self, torch.Generator().manual_seed(seed))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a quarter faster on a CPU

    # ReLU stands behind the pools, for a maximum commutes with it.
    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, classes) of log-mel segments x (B, 1, F, T)."""
        maps = F.max_pool2d(self.norm1(self.conv1(x)), POOL).relu()
        maps = self.norm2(self.conv2(maps))
        groups = F.max_pool2d(maps, (maps.shape[2] // GROUPS, maps.shape[3]))[:, :, :GROUPS].relu()
        return self.output(groups.flatten(1))


class ValentiCNNModule(Adam, ClipClassification):
    """ValentiCNN trained with Adam on the cross-entropy (PB-CNN paper, section 3.2); its arguments are ValentiCNN's.

    learning_rate: 0.001 (assumed).
    """

    version = 1
    network: ValentiCNN

    def __init__(
        self,
        n_mels: int = 128,
        n_frames: int = 150,
        learning_rate: float = 0.001,
        num_classes: int = 15,
        seed: int = 0,
        width_divisor: int = 1,
    ) -> None:
        super().__init__(learning_rate, ValentiCNN(n_mels, n_frames, num_classes, seed, width_divisor))
        self.save_hyperparameters()
