"""Work done side by side in processes; whoever asked gets the answers as they come, and no process is left behind."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from multiprocessing.connection import Connection, wait
from typing import TypeVar

from lastgasp.errors import InternalError, LastgaspError

Answer = TypeVar("Answer")


class Lost(Exception):
    """A process ended without an answer: it was killed, or ran out of memory."""


def race(
    work: Mapping[str, Callable[[], Answer]],
    *,
    jobs: int | None = None,
    seconds: float | None = None,
    megabytes: int | None = None,
) -> Generator[tuple[str, Answer | LastgaspError | Lost], None, None]:
    """Run every piece of work in a process of its own and yield each name with its answer, in the order of arrival.

    At most ``jobs`` run at a time. An error of this library is yielded like an answer; a process that ends without one
    yields :class:`Lost`. Those that have not answered after ``seconds``, or when the caller stops listening, are ended,
    and so they are when this process ends. ``megabytes`` bounds each of them.
    """
    running: dict[Connection, tuple[str, multiprocessing.Process]] = {}
    waiting = list(work.items())
    until = None if seconds is None else time.monotonic() + seconds
    try:
        while waiting or running:
            while waiting and (jobs is None or len(running) < jobs):
                name, job = waiting.pop(0)
                mine, theirs = multiprocessing.Pipe(duplex=False)
                process = multiprocessing.Process(target=_work, args=(job, theirs, megabytes))
                process.start()
                theirs.close()
                running[mine] = name, process
            ready = wait(list(running), None if until is None else max(0.0, until - time.monotonic()))
            if not ready:
                for name in (*(name for name, _ in running.values()), *(name for name, _ in waiting)):
                    yield name, Lost(f"no answer in {seconds} s")
                return
            for pipe in ready:
                assert isinstance(pipe, Connection)
                name, process = running.pop(pipe)
                try:
                    answer = pipe.recv()
                except (EOFError, OSError):
                    answer = Lost("its process ended without an answer (killed, or out of memory)")
                pipe.close()
                process.join()
                yield name, answer
    finally:
        for pipe, (_, process) in running.items():
            process.kill()
            process.join()
            pipe.close()


def _work(job: Callable[[], object], pipe: Connection, megabytes: int | None) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if megabytes is not None:
        import resource  # noqa: PLC0415 (not on every system)

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    try:
        pipe.send(job())
    except LastgaspError as error:
        pipe.send(error)
    except (MemoryError, KeyboardInterrupt):
        pass
    except Exception as error:
        pipe.send(InternalError(f"{type(error).__name__}: {error}"))
    finally:
        pipe.close()
        os._exit(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
