"""A worker that misbehaves on demand: `python -m tests.work.stub_answers` behind a Pool."""

import ctypes
import os
import time
from collections.abc import Iterator
from typing import Any

import explorer.work.serve
from explorer.language.program import ExplorerError, Span
from explorer.work.serve import serve

rehearsed: list[int] = []
kept: list[bytes] = []  # zero bytes are reserved, and counted against the limit, without being written


def answers(ask: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match ask["do"]:
        case "echo":
            yield {"echo": ask["what"]}
        case "stream":
            for index in range(ask["count"]):
                yield {"index": index}
        case "large":
            yield {"text": "x" * ask["size"]}
        case "infinite":
            yield {"values": [float("inf"), float("-inf"), float("nan"), 0.5]}
        case "unsendable":
            yield {"set": {1, 2}}
        case "process":
            yield {"pid": os.getpid(), "parent": os.getppid()}
        case "sleep":
            yield {"pid": os.getpid()}
            time.sleep(ask.get("seconds", 1000))
        case "loop":
            yield {"pid": os.getpid()}
            while True:
                pass
        case "hang":
            yield {"pid": os.getpid()}
            yield {"never": 9 ** (9**9)}
        case "refuse":
            yield {"before": True}
            raise ExplorerError("log is not defined at −1.", Span(2, 4, 2, 10), "domain")
        case "bug":
            raise ZeroDivisionError("a fault of ours")
        case "leave":
            os._exit(6)
        case "abort":
            os.abort()
        case "segfault":
            ctypes.string_at(0)
        case "noise":
            print("noise on standard output", flush=True)
            os.write(1, b"and below it\n")
            yield {"quiet": True}
        case "memory":
            taken = []
            while True:
                taken.append(bytes(2**26))
        case "rehearsed":
            yield {"pieces": len(rehearsed)}
        case "hoard":
            kept.append(bytes(2**30))
            yield {"kept": True}
        case "recursion":
            yield {"depth": depth(ask["levels"])}


def depth(levels: int) -> int:
    """`levels`, by a recursion through C at every level, as SymPy's is."""
    return 0 if levels == 0 else 1 + max(map(depth, [levels - 1]))


def warm() -> None:
    time.sleep(float(os.environ.get("STUB_WARM_SECONDS", "0")))


def rehearsal() -> Iterator[None]:
    """So long that a question must cut it."""
    for piece in range(10_000):
        rehearsed.append(piece)
        time.sleep(0.005)
        yield


if __name__ == "__main__":
    serving = explorer.work.serve
    if "STUB_LONGEST_SECONDS" in os.environ:
        vars(serving)["_LONGEST_QUESTION_SECONDS"] = float(os.environ["STUB_LONGEST_SECONDS"])
    if "STUB_IDLE_SECONDS" in os.environ:
        serving._IDLE_SECONDS = float(os.environ["STUB_IDLE_SECONDS"])
    serve(answers, warm, rehearsal)
