"""Networks of somebody's own: made alike from a seed, trained by the task around them, told what is wrong with them."""

import re

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from models.tasks.activity import ActivityDetection
from models.tasks.own import (
    OwnActivity,
    OwnClips,
    check_shapes,
    completed,
    fault,
    heard_in_chunks,
    same_start,
)

HERE = __name__
SHAPE = (2, 6, 5)


class Linear(nn.Module):
    def __init__(self, num_classes, hidden=4):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.LazyLinear(hidden), nn.ReLU(), nn.Linear(hidden, num_classes))

    def forward(self, x):
        return self.net(x)


class Unseeded(Linear):
    def __init__(self, num_classes):
        super().__init__(num_classes)
        self.register_buffer("drawn", torch.from_numpy(np.random.default_rng().random(3)))


class Text(Linear):
    def forward(self, x):
        return "no tensor"


class Infinite(Linear):
    def forward(self, x):
        return super().forward(x) / 0


class Fixed(Linear):
    def forward(self, x):
        return torch.zeros(len(x), 3)


class Fails(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.net = nn.Linear(1, num_classes)

    def forward(self, x):
        raise RuntimeError("not\nhere")


class Unsettled(Linear):
    def __init__(self, num_classes):
        super().__init__(num_classes)
        self.spare = nn.LazyLinear(3)


class NoModule:
    pass


def made(cls=Linear, seed=0, **options):
    return OwnClips(f"{HERE}.{cls.__name__}", num_classes=3, input_shape=SHAPE, seed=seed, **options)


def test_weights_follow_from_the_seed_alone_and_draw_nothing_from_others():
    before = torch.random.get_rng_state()
    first, again, other = made(seed=1), made(seed=1), made(seed=2)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert same_start(first, again) is None
    assert same_start(first, other) == "network.net.1.weight"
    assert same_start(made(Unseeded), made(Unseeded)) == "network.drawn"


def test_arguments_are_given_and_offered_where_a_network_takes_them():
    wide = made(arguments={"hidden": 7})
    assert wide.network.net[1].weight.shape == (7, 60) and wide.network.net[3].weight.shape == (3, 7)
    with pytest.raises(ValueError, match=r"cannot be made with num_classes=3, hiden=7 \(.*unexpected keyword"):
        made(arguments={"hiden": 7})
    with pytest.raises(ValueError, match=r"NoModule: is no torch\.nn.Module"):
        made(NoModule)
    with pytest.raises(ValueError, match=r"spare\.weight is of a lazy layer that no x has settled"):
        check_shapes(made(Unsettled))
    check_shapes(made())


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        (Linear, None),
        (Text, "gives str; it must give a tensor: logits"),
        (Infinite, "gives values that are no finite floats"),
        (Fixed, "gives what does not depend on any parameter"),
        (Fails, r"fails on a batch \(RuntimeError: not here\); it must give .* here \(4, 3\) of \(4, 2, 6, 5\)"),
    ],
)
def test_what_is_wrong_with_a_network_is_one_line(cls, said):
    found = fault(made(cls), torch.ones(4, *SHAPE), torch.zeros(4, 3), "clips")
    assert (found is None) == (said is None)
    if found is not None:
        assert re.match(said, found) and "\n" not in found


def test_a_wrong_shape_names_both():
    found = fault(made(), torch.ones(4, *SHAPE), torch.zeros(4, 5), "clips")
    assert found.startswith("gives (4, 3); it must give logits (B, classes)") and "here (4, 5)" in found


@pytest.mark.parametrize(("name", "cls"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_the_optimizer_is_as_told(name, cls):
    optimizer = made(optimizer=name, learning_rate=0.5, weight_decay=0.25).configure_optimizers()
    assert type(optimizer) is cls
    assert (optimizer.defaults["lr"], optimizer.defaults["weight_decay"]) == (0.5, 0.25)


def test_sgd_has_momentum_and_others_are_unknown():
    assert made(optimizer="sgd").configure_optimizers().defaults["momentum"] == 0.9
    with pytest.raises(ValueError, match="unknown optimizer 'adm'; known: adam, adamw, sgd"):
        made(optimizer="adm")


@pytest.mark.parametrize(
    ("task", "x", "shape"),
    [
        ("clips", torch.ones(2, 3, *SHAPE), (2, 3, 3)),
        ("tags", torch.ones(2, *SHAPE), (2, 3)),
    ],
)
def test_a_lightning_module_that_lacks_it_learns_to_predict(task, x, shape):
    class Bare(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = made().network

        def forward(self, x):
            return self.network(x)

    module = completed(Bare(), task)
    assert module.kind_of_scores == "logit" and module.predict_step(x, 0).shape == shape


class EveryFrame(nn.Module):
    """Activity of frames: the first band, for each class; or its mean over `every` frames, as seconds have it."""

    def __init__(self, num_classes=2, every=1):
        super().__init__()
        self.scale, self.every, self.num_classes = nn.Parameter(torch.ones(1)), every, num_classes

    def forward(self, x, query=None):
        value = self.scale * x[:, 0, :, 0].unflatten(1, (-1, self.every)).mean(2)
        return value[..., None].expand(-1, -1, self.num_classes) + (0.0 if query is None else query[:, None])


@pytest.mark.parametrize("every", [1, 5])
def test_of_a_recording_the_second_in_the_middle_of_each_chunk_counts(every):
    seconds, per_second = 40, 5
    frames = torch.arange(seconds * per_second, dtype=torch.float32)[None, :, None].expand(1, -1, 3)
    around = (torch.arange(seconds)[:, None] + torch.arange(-1, 2)).clamp(0, seconds - 1)
    places = (around[..., None] * per_second + torch.arange(per_second)).flatten(1)
    module = OwnActivity(f"{HERE}.EveryFrame", {"every": every}, num_classes=2, input_shape=(1, 15, 3))
    heard = module.predict_step((frames, places, None), 0)
    wanted = frames[0, :, 0].unflatten(0, (-1, every)).mean(1)
    assert heard.shape == (1, seconds * per_second // every, 2)
    assert torch.equal(heard[0, :, 0], wanted) and torch.equal(heard[0, :, 1], wanted)
    query = torch.arange(seconds, dtype=torch.float32)[:, None]
    shifted = module.predict_step((frames, places, query), 0)[0, :, 0]
    assert torch.equal(shifted, wanted + torch.arange(seconds).repeat_interleave(per_second // every))
    assert torch.equal(module.predict_step((frames, None, None), 0)[0, :, 0], wanted)
    with pytest.raises(ValueError, match="gives 4 rows of a chunk of 15 frames"):
        heard_in_chunks(lambda x: x[:, 0, :4], frames, places, None)


def test_a_lightning_module_of_soft_activity_is_completed_alike():
    class Plain(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.network = EveryFrame()

        def forward(self, x):
            return self.network(x)

    module = completed(Plain(), "activity")
    frames, places = torch.rand(1, 15, 3), torch.arange(15)[None].expand(3, -1)
    assert module.kind_of_scores == "linear" == ActivityDetection.kind_of_scores
    assert torch.equal(module.predict_step((frames, places, None), 0)[0, :5, 0], frames[0, 5:10, 0])
