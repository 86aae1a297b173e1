"""Layers of training on a CPU that read and write large maps less often than the library's do.

Batch normalisation, ReLU and max-pooling each go over their maps once or more, forward and backward, and in bfloat16
cost as much as the convolutions between them. `norm_relu` does all three at once; see models/kernels/norm.py. Local
response normalisation is one pass instead of a dozen; see models/kernels/response.py. On an accelerator the library can
be told to compile the same pieces; see models/kernels/compiled.py.
"""

from models.kernels.choice import Kernels, begin, choose, used
from models.kernels.linear import Linear
from models.kernels.norm import conv_norm_relu, norm_add_relu, norm_relu
from models.kernels.response import LocalResponseNorm
from models.kernels.sequence import HalfSequential, Sequential

__all__ = [
    "HalfSequential",
    "Kernels",
    "Linear",
    "LocalResponseNorm",
    "Sequential",
    "begin",
    "choose",
    "conv_norm_relu",
    "norm_add_relu",
    "norm_relu",
    "used",
]
