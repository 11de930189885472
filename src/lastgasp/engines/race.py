"""Work done side by side in processes; whoever asked gets the answers as they come, and no process is left behind."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from lastgasp.errors import LastgaspError

Answer = TypeVar("Answer")


class Lost(Exception):
    """A process ended without an answer: it was killed, or ran out of memory."""


def race(
    work: Mapping[str, Callable[[], Answer]], *, seconds: float | None = None, megabytes: int | None = None
) -> Iterator[tuple[str, Answer | LastgaspError | Lost]]:
    """Run every piece of work in a process of its own and yield each name with its answer, in the order of arrival.

    An error of this library is yielded like an answer; a process that ends without one yields :class:`Lost`. Those that
    have not answered after ``seconds``, or when the caller stops listening, are ended. ``megabytes`` bounds each one.
    """
    running: dict[Connection, tuple[str, multiprocessing.Process]] = {}
    until = None if seconds is None else time.monotonic() + seconds
    try:
        for name, job in work.items():
            mine, theirs = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.Process(target=_work, args=(job, theirs, megabytes), daemon=True)
            process.start()
            theirs.close()
            running[mine] = name, process
        while running:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = wait(list(running), left)
            if not ready:
                for name, _ in running.values():
                    yield name, Lost(f"no answer in {seconds} s")
                return
            for pipe in ready:
                assert isinstance(pipe, Connection)
                name, process = running.pop(pipe)
                try:
                    yield name, pipe.recv()
                except (EOFError, OSError):
                    yield name, Lost("its process ended without an answer (killed, or out of memory)")
                pipe.close()
                process.join()
    finally:
        for pipe, (_, process) in running.items():
            process.kill()
            process.join()
            pipe.close()


def _work(job: Callable[[], object], pipe: Connection, megabytes: int | None) -> None:
    if megabytes is not None:
        import resource  # noqa: PLC0415 (not on every system)

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    try:
        pipe.send(job())
    except LastgaspError as error:
        pipe.send(error)
    except MemoryError:
        pass
    finally:
        pipe.close()
        os._exit(0)
