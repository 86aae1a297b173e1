"""kill -9, at moments and at places: of a worker, of the launcher, of all at once, again and again."""

from tests.soak.faults import Fault
from tests.soak.orders import Order
from tests.soak.rounds import Round

#: Where workers change something: the operation, and the path.
OF_WORKERS = (
    ("os.mkdir", r"/\.attempts/[^/]+/[^/]+$"),
    ("open", r"/\.claims/"),
    ("open", r"/\.run\.json\.\w+$"),
    ("open", r"/\.progress\.json\."),
    ("os.rename", r"/progress\.json$"),
    ("open", r"/\.checkpoint\.ckpt\."),
    ("os.rename", r"/checkpoint\.ckpt$"),
    ("open", r"/history\.csv$"),
    ("open", r"/scores_\w+\.npz$"),
    ("open", r"/probes\.npz$"),
    ("open", r"/reference_\w+\.csv$"),
    ("os.remove", r"/\.attempts/"),
    ("open", r"/\.result\.json\."),
    ("os.rename", r"/result\.json$"),
    ("os.rename", r"/runs/[^/.]+$"),
    ("shutil.rmtree", r"/\.attempts/[^/]+$"),
    ("os.rename", r"/features/\w+\.(npy|json)$"),
)
#: Where launchers do.
OF_LAUNCHERS = (
    ("open", r"/\.ledger\.json\."),
    ("os.rename", r"/ledger\.json$"),
    ("open", r"/\.sweeps/"),
    ("os.rename", r"/\.sweeps/"),
    ("os.remove", r"/\.sweeps/"),
    ("open", r"/cache/checked/"),
    ("os.rename", r"/cache/(metrics|checked|items|values|census)/"),
    ("open", r"/runs/report/.*\.md\."),
    ("os.rename", r"/report\.json$"),
    ("os.rename", r"/index\.html$"),
)


def at_moments(one: Round, victim: str) -> None:
    """One to three kills, each some time after the same command has begun (again)."""
    for _ in range(one.draw.choice((1, 1, 2, 3))):
        command = one.start()
        one.pause()
        one.kill(command, victim)
        if victim == "worker" or one.draw.random() < 0.7:
            one.end(command)
        # else the next command meets what this one has left


def of_worker_at(one: Round) -> None:
    """A worker dies just before it changes something."""
    for _ in range(one.draw.choice((1, 2))):
        operation, path = one.draw.choice(OF_WORKERS)
        order = Order("worker", operation, path, "kill", one.draw.choice((1, 1, 2)), times=one.draw.choice((1, 1, 2)))
        one.end(one.start(order))


def of_launcher_at(one: Round) -> None:
    """The launcher dies just before it changes something."""
    for _ in range(one.draw.choice((1, 2))):
        operation, path = one.draw.choice(OF_LAUNCHERS)
        one.end(one.start(Order("launcher", operation, path, "kill", one.draw.choice((1, 1, 2, 5)))))


def of_both_at(one: Round) -> None:
    """All die while a worker is about to change something."""
    operation, path = one.draw.choice(OF_WORKERS)
    command = one.start(Order("worker", operation, path, "wait", one.draw.choice((1, 1, 2))))
    one.until(one.stage.orders.reached, command)
    one.kill(command, "both")
    one.end(command)


def of_program(one: Round) -> None:
    """As at moments, of a command that was started as a program, which forks its own workers."""
    victim = one.draw.choice(("worker", "launcher", "both"))
    command = one.start(is_program=True)
    one.until(one.stage.starter.workers, command)
    one.pause()
    one.kill(command, victim)
    one.end(command)


FAULTS = (
    Fault("kill -9 of a worker", lambda one: at_moments(one, "worker")),
    Fault("kill -9 of the launcher", lambda one: at_moments(one, "launcher")),
    Fault("kill -9 of both", lambda one: at_moments(one, "both")),
    Fault("kill -9 of a worker at a file", of_worker_at),
    Fault("kill -9 of the launcher at a file", of_launcher_at),
    Fault("kill -9 of both at a file", of_both_at),
    Fault("kill -9 of programs", of_program, is_slow=True),
)
