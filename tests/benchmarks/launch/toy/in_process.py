"""A launcher whose one slot is a thread of this process."""

import queue
import threading

from benchmarks.launch.launcher import Free, Launcher, Slots
from benchmarks.launch.perform import perform


class InProcess(Launcher):
    @classmethod
    def share_out(cls, jobs, device, runs):
        return Slots(jobs=1, device="cpu", checkpoint_seconds=0.0)

    def open(self, slot):
        self.happened = queue.Queue()
        self.stopping = threading.Event()
        self.happened.put(Free(slot))

    def submit(self, slot, planned):
        def work():
            tell = self.happened.put
            tell(perform(slot, planned.run, self.workspace, self.slots, tell, self.stopping.is_set))

        threading.Thread(target=work, daemon=True).start()

    def events(self, seconds):
        try:
            yield self.happened.get(timeout=seconds)
        except queue.Empty:
            return

    def stop(self):
        self.stopping.set()

    def close(self):
        pass
