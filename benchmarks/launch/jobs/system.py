"""The batch system behind submitit: submit jobs, ask how they are, cancel them; all without Slurm's accounting."""

import getpass
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError, told

#: How long one question to the batch system may take.
ASK_SECONDS = 30.0
#: How often a job may submit itself again; what makes no epoch on the way is given up long before.
REQUEUES = 10_000
#: The states of Slurm in which a job runs or is going to, and those of submitit's processes; all others are ends.
WAITING = frozenset({"PENDING", "REQUEUED", "REQUEUE_HOLD", "CONFIGURING", "RESV_DEL_HOLD", "SPECIAL_EXIT"})
RUNNING = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"})
#: The ends that no run is to blame for.
TAKEN_AWAY = frozenset({"CANCELLED", "NODE_FAIL", "PREEMPTED", "BOOT_FAIL", "REVOKED"})
#: The state of a job that the batch system does not know any more.
FORGOTTEN = "no longer known"


class BatchSystem:
    """Jobs of one sweep. cluster: "slurm", or "local" for processes of this machine in place of jobs."""

    def __init__(self, folder: Path, cluster: str, parameters: Mapping[str, Any]) -> None:
        import submitit

        self._executor = submitit.AutoExecutor(folder=folder, cluster=cluster, slurm_max_num_timeout=REQUEUES)
        self._executor.update_parameters(**parameters)
        self._jobs: dict[str, Any] = {}
        self._is_slurm = cluster == "slurm"

    def submit(self, work: Any, arguments: Sequence[str]) -> list[str]:
        """Submit a job for each argument, together as one array; returns their ids. Raises InputError if refused."""
        from submitit.core.utils import FailedJobError, FailedSubmissionError

        try:
            jobs = self._executor.map_array(work, arguments)
        except (FailedJobError, FailedSubmissionError, OSError) as error:
            said = [line for line in str(error).splitlines() if line.strip()]
            raise InputError(f"the batch system takes no jobs: {said[-1] if said else type(error).__name__}") from error
        self._jobs |= {job.job_id: job for job in jobs}
        return [job.job_id for job in jobs]

    def log(self, job: str) -> Path:
        """Where a job prints to."""
        return Path(self._jobs[job].paths.stderr)

    def states(self) -> dict[str, str] | None:
        """The state of every job that was submitted; None where the batch system does not answer now."""
        if not self._is_slurm:
            return {name: job.state for name, job in self._jobs.items()}
        # Of all jobs of the user: asked for one that it has forgotten, squeue fails as if it could not be reached.
        command = ["squeue", "--noheader", "--array", "--states=all", "--format=%i %T", f"--user={getpass.getuser()}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ASK_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
        found = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)
        return {name: found.get(name, FORGOTTEN).strip() for name in self._jobs}

    def cancel(self, job: str) -> None:
        """Cancel a job, if there still is one."""
        self._jobs[job].cancel(check=False)


def require(cluster: str) -> None:
    """Raises InputError where there is no submitit, or no Slurm."""
    try:
        import submitit  # noqa: F401
    except Exception as error:  # whatever is called so
        raise InputError(
            f"--launcher slurm: submitit cannot be imported ({type(error).__name__}: {told(error)}); "
            "`pip install --editable '.[cluster]'`"
        ) from None
    if cluster == "slurm" and shutil.which("sbatch") is None:
        raise InputError(
            "--launcher slurm: no sbatch here; run this where jobs are submitted, or try --launcher slurm:cluster=local"
        )
