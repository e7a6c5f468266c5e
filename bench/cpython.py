"""The rows of cpython_rows.ts in CPython: a line with a row and how often comes in, a line with milliseconds goes out."""

import multiprocessing
import sys
import time
from contextlib import contextmanager

MEBIBYTE = 1 << 20
BURST = 10_000


def small_object(i):
    return {"id": i, "name": "a small object", "ok": True}


def nothing():
    pass


def square(x):
    return x * x


def echo(connection):
    try:
        while True:
            connection.send(connection.recv())
    except EOFError:
        pass


def echo_bytes(connection):
    try:
        while True:
            connection.send_bytes(connection.recv_bytes())
    except EOFError:
        pass


def produce(orders, queue):
    try:
        while True:
            for i in range(orders.recv()):
                queue.put(small_object(i))
    except EOFError:
        pass


@contextmanager
def child(context, target, *args):
    here, there = context.Pipe()
    process = context.Process(target=target, args=(there, *args), daemon=True)
    process.start()
    there.close()
    try:
        yield here
    finally:
        here.close()
        process.terminate()
        process.join()


@contextmanager
def pipe(context):
    with child(context, echo) as here:
        def run(times):
            for i in range(times):
                here.send(i)
                here.recv()
        yield run


@contextmanager
def large(context):
    data = bytes([7]) * MEBIBYTE
    with child(context, echo_bytes) as here:
        def run(times):
            for _ in range(times):
                here.send_bytes(data)
                here.recv_bytes()
        yield run


@contextmanager
def queue(context):
    items = context.Queue()
    with child(context, produce, items) as orders:
        def run(times):
            orders.send(times)
            for _ in range(times):
                items.get()
        yield run


@contextmanager
def burst(context):
    items = context.Queue()

    def run(times):
        for _ in range(times):
            for i in range(BURST):
                items.put(small_object(i))
            for _ in range(BURST):
                items.get()
    yield run


@contextmanager
def call(context):
    with context.Pool(1) as pool:
        def run(times):
            for i in range(times):
                pool.apply(square, (i,))
        yield run


@contextmanager
def manager(context):
    with context.Manager() as server:
        entries = server.dict()

        def run(times):
            for i in range(times):
                entries["key"] = i
                entries.get("key")
        yield run


@contextmanager
def start(context):
    def run(times):
        for _ in range(times):
            process = context.Process(target=nothing)
            process.start()
            process.join()
    yield run


ROWS = {row.__name__: (row, "fork") for row in (pipe, large, queue, burst, call, manager)}
ROWS |= {"startFork": (start, "fork"), "startSpawn": (start, "spawn")}


def main():
    opened, run, name = None, nothing, None
    for line in sys.stdin:
        row, times = line.split()
        if row != name:
            if opened is not None:
                opened.__exit__(None, None, None)
            make, method = ROWS[row]
            opened, name = make(multiprocessing.get_context(method)), row
            run = opened.__enter__()
        begun = time.perf_counter()
        run(int(times))
        print((time.perf_counter() - begun) * 1e3, flush=True)
    if opened is not None:
        opened.__exit__(None, None, None)


if __name__ == "__main__":
    main()
