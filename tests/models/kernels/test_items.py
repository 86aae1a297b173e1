"""Items of a batch shared among threads give what one thread gives, in a forked process, too."""

import multiprocessing

import numpy as np
import pytest
import torch

from models.kernels.items import each


def doubled(numbers, made):
    made[:] = 2 * numbers


def shared_sum():
    numbers = np.arange(12.0)
    made = np.empty_like(numbers)
    each(doubled, (numbers,), (), made)
    return made


@pytest.fixture
def three_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)


def test_threads_share_the_items(three_threads):
    assert np.array_equal(shared_sum(), 2 * np.arange(12.0))


def answer(pipe):
    pipe.send(shared_sum())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are not forked here")
def test_a_forked_process_has_threads_of_its_own(three_threads):
    """The threads of its parent, which had some, are not there; who waits for them waits for ever."""
    shared_sum()
    here, there = multiprocessing.get_context("fork").Pipe()
    child = multiprocessing.get_context("fork").Process(target=answer, args=(there,), daemon=True)
    child.start()
    try:
        assert here.poll(60), "the child hangs"
        assert np.array_equal(here.recv(), 2 * np.arange(12.0))
    finally:
        child.kill()
        child.join()
