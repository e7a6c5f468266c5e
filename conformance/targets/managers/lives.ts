/** What processes do with a manager's dicts. */

import { type DictProxy, type Event, type Queue, registerCodec, task } from "../../../mod.ts";

/** Has a codec that a manager's server doesn't know. */
export class Point {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registerCodec<Point>(Point, {
  name: "conformance Point",
  encode: ({ x, y }) => [x, y],
  decode: ([x, y]: [number, number]) => new Point(x, y),
});

/** Stores what the server has no codec for. */
export async function storePoint(dict: DictProxy<unknown, unknown>): Promise<void> {
  await dict.set("a", new Point(1, 2));
  if (!(await dict.get("a") instanceof Point)) throw new Error("It didn't come back");
}
task(import.meta, storePoint);

/** Has a proxy until it is killed. */
export async function keepDict(dict: DictProxy<string, unknown>, has: Event): Promise<void> {
  if (await dict.get("kept") !== 1) throw new Error("The dict isn't as it was");
  has.set();
  await new Promise(() => setInterval(() => dict, 1000));
}
task(import.meta, keepDict);

/** Uses what comes, and closes it. */
export async function useSent(dicts: Queue<DictProxy<string, number>>): Promise<void> {
  for await (const dict of dicts) {
    await dict.increment("kept");
    dict.close();
  }
}
task(import.meta, useSent);
