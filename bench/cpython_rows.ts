/** The rows of the table beside CPython: what both do in the same words. `cpython.py` has the other side of each. */

import { bareChild, type Method } from "./peer.ts";
import type { Mp } from "./rows.ts";
import { smallObject } from "./objects.ts";

const MEBIBYTE = 1 << 20;
/** Puts, then as many gets. */
const BURST = 10_000;

/** Work that is ready to be done. */
export interface Opened {
  run(times: number): Promise<void>;
  close(): Promise<void>;
}

/** What is wanted of a row. */
export interface Floor {
  /** Times better than the first of `against`. */
  readonly ratio: number;
  /** The figure itself. */
  readonly figure?: number;
}

export interface Row {
  readonly title: string;
  readonly unit: string;
  /** The figure that is shown for the milliseconds of one piece of work; a speed where more is better. */
  figure(milliseconds: number): number;
  readonly open: (mp: Mp, method: Method) => Promise<Opened>;
  /** Who it is compared with: rows of cpython.py, or work of our own. */
  readonly against: readonly { readonly name: string; readonly by: string | ((method: Method) => Opened) }[];
  readonly quiet?: Floor;
  readonly loaded: Floor;
}

const target = (name: keyof typeof import("./targets.ts")) => new URL(`./targets.ts#${name}`, import.meta.url);
const cpython = (by: string) => [{ name: "CPython", by }];
const rate = (count: number) => (milliseconds: number) => count / milliseconds * 1e3;
const micros = { unit: "µs", figure: (milliseconds: number) => milliseconds * 1e3 };

/** `run`, `times` times. */
const repeated = (run: (i: number) => Promise<unknown>) => async (times: number) => {
  for (let i = 0; i < times; i++) await run(i);
};

async function openPipe(mp: Mp): Promise<Opened> {
  const [here, there] = mp.Pipe<number>();
  const child = new mp.Process({ target: target("echo"), args: [there] });
  await child.start();
  there.close();
  return {
    run: repeated(async (i) => {
      await here.send(i);
      await here.recv();
    }),
    async close() {
      here.close();
      await child.join();
    },
  };
}

async function openLarge(mp: Mp): Promise<Opened> {
  const [here, there] = mp.Pipe<never>(), data = new Uint8Array(MEBIBYTE).fill(7);
  const child = new mp.Process({ target: target("echoAllBytes"), args: [there] });
  await child.start();
  there.close();
  return {
    run: repeated(async () => {
      await here.sendBytes(data);
      await here.recvBytes();
    }),
    async close() {
      here.close();
      await child.join();
    },
  };
}

async function openQueue(mp: Mp): Promise<Opened> {
  const queue = new mp.Queue<unknown>();
  const [orders, theirs] = mp.Pipe<number>();
  const child = new mp.Process({ target: target("produce"), args: [theirs, queue] });
  await child.start();
  theirs.close();
  return {
    async run(times) {
      await orders.send(times);
      for (let i = 0; i < times; i++) await queue.get();
    },
    async close() {
      orders.close();
      await child.join();
      queue.close();
    },
  };
}

function openBurst(mp: Mp): Promise<Opened> {
  const queue = new mp.Queue<unknown>();
  return Promise.resolve({
    run: repeated(async () => {
      for (let i = 0; i < BURST; i++) await queue.put(smallObject(i));
      for (let i = 0; i < BURST; i++) await queue.get();
    }),
    close() {
      queue.close();
      return Promise.resolve();
    },
  });
}

async function openCall(mp: Mp): Promise<Opened> {
  const pool = new mp.Pool(1), square = target("square");
  await pool.apply(square, [1]);
  return {
    run: repeated((i) => pool.apply(square, [i])),
    async close() {
      pool.terminate();
      await pool.join();
    },
  };
}

async function openManager(mp: Mp): Promise<Opened> {
  const manager = await mp.Manager();
  const entries = await manager.dict<string, number>();
  return {
    run: repeated(async (i) => {
      await entries.set("key", i);
      await entries.get("key");
    }),
    close: () => manager.shutdown(),
  };
}

function openStart(mp: Mp): Promise<Opened> {
  return Promise.resolve({
    run: repeated(async () => {
      const child = new mp.Process({ target: new URL("./nothing.mjs#nothing", import.meta.url) });
      await child.start();
      await child.join();
    }),
    close: () => Promise.resolve(),
  });
}

const openBare = (method: Method): Opened => ({
  run: repeated(() => bareChild(method)),
  close: () => Promise.resolve(),
});

/** The rows by a short name. */
export const rows: Readonly<Record<string, Row>> = {
  pipe: {
    title: "Pipe: round trip of a number",
    ...micros,
    open: openPipe,
    against: cpython("pipe"),
    loaded: { ratio: 2 },
  },
  large: {
    title: "Pipe: echo of 1 MiB, each way",
    unit: "GB/s",
    figure: (milliseconds) => 2 * MEBIBYTE / milliseconds / 1e6,
    open: openLarge,
    against: cpython("large"),
    quiet: { ratio: 2, figure: 2 },
    loaded: { ratio: 1.5 },
  },
  queue: {
    title: "Queue: small objects, 1 to 1",
    unit: "msg/s",
    figure: rate(1),
    open: openQueue,
    against: cpython("queue"),
    loaded: { ratio: 2 },
  },
  burst: {
    title: "Queue: 10 000 puts, then gets",
    unit: "msg/s",
    figure: rate(BURST),
    open: openBurst,
    against: cpython("burst"),
    loaded: { ratio: 2 },
  },
  call: {
    title: "Pool: one call at a time",
    ...micros,
    open: openCall,
    against: cpython("call"),
    loaded: { ratio: 2 },
  },
  manager: {
    title: "Manager: set and get of a dict",
    ...micros,
    open: openManager,
    against: cpython("manager"),
    loaded: { ratio: 2 },
  },
  start: {
    title: "Process: start to exit",
    unit: "ms",
    figure: (milliseconds) => milliseconds,
    open: openStart,
    against: [
      { name: "a bare child", by: openBare },
      { name: "CPython's fork", by: "startFork" },
      { name: "CPython's spawn", by: "startSpawn" },
    ],
    loaded: { ratio: 1 / 1.5 },
  },
};
