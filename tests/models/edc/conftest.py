import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread():
    """Threads that wait for a busy core cost more than they give."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
