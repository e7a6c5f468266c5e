"""CPython's multiprocessing.Pool as a contestant: a line with what to measure comes in, a line with milliseconds goes out."""

import multiprocessing
import sys
import time


def square(x):
    return x * x


def busy(milliseconds):
    end = time.perf_counter() + milliseconds / 1e3
    while time.perf_counter() < end:
        pass
    return milliseconds


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1e3


def measure(pool, what, count, milliseconds):
    if what == "burst":
        return timed(lambda: [r.get() for r in [pool.apply_async(square, (i,)) for i in range(count)]])
    if what == "chunksOfOne":
        return timed(lambda: pool.map(square, range(count), 1))
    if what == "map":
        items = list(range(count))
        return timed(lambda: pool.map(square, items))
    if what == "single":
        took = sorted(timed(lambda: pool.apply(square, (i,))) for i in range(count))
        return took[count // 2]
    return timed(lambda: pool.map(busy, [milliseconds] * count, 1))


if __name__ == "__main__":
    with multiprocessing.Pool(int(sys.argv[1])) as pool:
        for line in sys.stdin:
            what, count, milliseconds = line.split()
            print(measure(pool, what, int(count), float(milliseconds)), flush=True)
