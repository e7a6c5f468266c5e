/** map: all items in chunks, all results in order. */

import { bound } from "../process/caller_context.ts";
import type { Call } from "./call.ts";
import type { Items, MapOptions } from "./options.ts";
import { isAsync } from "./options.ts";

/** Chunks that each worker gets, so that one that is slow doesn't keep the others waiting. CPython's choice. */
const CHUNKS_PER_WORKER = 4;

/** Runs a call of map over `items`, with `size` workers. */
export function runMap(
  call: Call,
  items: Items<unknown>,
  options: MapOptions,
  size: number,
  resolve: (values: unknown[]) => void,
  reject: (error: unknown) => void,
): void {
  const onProgress = options.onProgress && bound(options.onProgress);
  const fail = (error: unknown) => {
    call.end();
    reject(error);
  };
  const run = (all: readonly unknown[]) => {
    const { chunksize = Math.max(1, Math.ceil(all.length / (CHUNKS_PER_WORKER * size))) } = options;
    const results: unknown[] = new Array(all.length);
    let done = 0;
    const finish = () => {
      call.end();
      resolve(results);
    };
    if (all.length === 0) return finish();
    for (let at = 0; at < all.length && !call.isOver; at += chunksize) {
      const chunk = all.slice(at, at + chunksize);
      call.submitChunk(chunk, at, {
        done(values) {
          for (let i = 0; i < values.length; i++) results[at + i] = values[i];
          done += chunk.length;
          try {
            onProgress?.(done, all.length);
          } catch (error) {
            return fail(error);
          }
          if (done === all.length) finish();
        },
        failed: fail,
      });
    }
  };
  if (isAsync(items)) {
    void readAll(call, items, run).catch(fail);
  } else {
    try {
      run(Array.isArray(items) ? items : [...items]);
    } catch (error) {
      fail(error);
    }
  }
}

/** Reads an input, then runs it. One that has nothing yet may never have: when the call is over it is told, but not waited for. */
async function readAll(
  call: Call,
  items: AsyncIterable<unknown>,
  run: (all: readonly unknown[]) => void,
): Promise<void> {
  const all: unknown[] = [], iterator = items[Symbol.asyncIterator]();
  let isAtEnd = false;
  const close = async () => void (!isAtEnd && await iterator.return?.());
  const done = call.keepOpen(() => void close().catch(() => {}));
  try {
    while (!call.isOver) {
      const step = await iterator.next();
      isAtEnd = step.done === true;
      if (isAtEnd) return run(all);
      all.push(step.value);
    }
  } finally {
    done();
  }
}
