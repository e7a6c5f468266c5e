/** What the children of the benchmarks run. */

import type { Connection, Lock, Queue } from "../mod.ts";
import { smallObject } from "./objects.ts";

/** Sends everything back; ends at the end of the pipe. */
export async function echo(connection: Connection): Promise<void> {
  for await (const value of connection) await connection.send(value);
}

/** As echo, for bytes. */
export async function echoBytes(connection: Connection<number, never>, bytes: Connection): Promise<void> {
  for await (const count of connection) {
    for (let i = 0; i < count; i++) await bytes.sendBytes(await bytes.recvBytes());
  }
}

/** Puts as many small objects as it is told to. */
export async function produce(orders: Connection<number, never>, queue: Queue<unknown>): Promise<void> {
  for await (const count of orders) {
    for (let i = 0; i < count; i++) await queue.put(smallObject(i));
  }
}

/** Acquires and releases as often as it is told to, and says so. */
export async function contend(orders: Connection<number>, lock: Lock): Promise<void> {
  for await (const count of orders) {
    for (let i = 0; i < count; i++) {
      await lock.acquire();
      lock.release();
    }
    await orders.send(count);
  }
}

/** Sends all bytes back; ends at the end of the pipe. */
export async function echoAllBytes(connection: Connection<never>): Promise<void> {
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = await connection.recvBytes();
    } catch (error) {
      if (error instanceof Error && error.name === "EOFError") return;
      throw error;
    }
    await connection.sendBytes(bytes);
  }
}

export function square(x: number): number {
  return x * x;
}
