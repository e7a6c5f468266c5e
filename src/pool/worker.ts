/** A pool's worker: takes tasks from its inbox, one at a time, and says what came of each. */

import type { Queue } from "../channels/queue.ts";
import { textOf } from "../process/current.ts";
import type { Reference } from "../process/reference.ts";
import { resolveReference } from "../process/resolve.ts";
import { SerializationError } from "../errors.ts";
import { packValue } from "../wire/message.ts";
import type { ResultMessage, TaskMessage } from "./protocol.ts";
import { APPLY, MAP, READY, UNFIT } from "./protocol.ts";

// deno-lint-ignore no-explicit-any -- whatever a task takes
type AnyFunction = (...args: any[]) => unknown;

/** What a worker is started with. */
export interface WorkerOptions {
  readonly index: number;
  readonly inbox: Queue<TaskMessage>;
  readonly results: Queue<ResultMessage>;
  readonly initializer: Reference | null;
  readonly initargs: readonly unknown[];
}

/** The target of a worker's process. Ends when it is told that there are no more tasks. */
export async function serve({ index, inbox, results, initializer, initargs }: WorkerOptions): Promise<void> {
  if (initializer !== null) {
    try {
      await (await resolveReference(initializer))(...initargs);
    } catch (error) {
      await send(results, [index, UNFIT, false, error]);
      return;
    }
  }
  await send(results, [index, READY, true, null]);
  const functions = new Map<number, Promise<AnyFunction> | AnyFunction>();
  for (;;) {
    const message = await inbox.get();
    if (message === null) return;
    const [id, number, mode, payload, reference] = message;
    if (reference !== undefined && !functions.has(number)) functions.set(number, resolveReference(reference));
    let at = 0;
    try {
      let fn = functions.get(number) as Promise<AnyFunction> | AnyFunction;
      if (typeof fn !== "function") functions.set(number, fn = await fn);
      let value: unknown;
      if (mode === APPLY) {
        value = fn(...payload);
        if (isThenable(value)) value = await value;
      } else {
        const values: unknown[] = new Array(payload.length);
        for (; at < payload.length; at++) {
          const item = payload[at];
          const result = mode === MAP ? fn(item) : fn(...item as unknown[]);
          values[at] = isThenable(result) ? await result : result;
        }
        value = values;
      }
      await send(results, [index, id, true, value]);
    } catch (error) {
      await send(results, [index, id, false, error, at]);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** Sends an outcome; what can't travel is replaced by the error that says so. */
async function send(results: Queue<ResultMessage>, message: ResultMessage): Promise<void> {
  try {
    return await results.put(message);
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    const [index, id, ok, value, at] = message;
    if (!ok) return await results.put([index, id, false, new Error(textOf(value)), at ?? 0]);
    await results.put([index, id, false, refusal(results, value) ?? error, 0]);
  }
}

/** Why a result can't travel, with the path inside of it. */
function refusal(results: Queue<ResultMessage>, value: unknown): unknown {
  try {
    packValue(results.family, value, "result");
    return undefined;
  } catch (error) {
    return error;
  }
}
