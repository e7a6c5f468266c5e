/** The rows of the table: each does the same work our way and the runtime's own way. */

import type * as Package from "../mod.ts";
import type { smallObject } from "./objects.ts";
import { bareChild, type Method, openPeer, type Peer, runtimeName } from "./peer.ts";
import { compare, type Way } from "./measure.ts";

export type Mp = typeof Package;

/** What one row came to. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Absent where the runtime has nothing of the kind. */
  readonly own?: number;
  /** How many times better ours is; less than 1 = worse. */
  readonly ratio?: number;
  /** What is wanted, for a person. */
  readonly target?: string;
  /** Whether it holds; absent where nothing is promised. */
  readonly holds?: boolean;
}

type Row = (mp: Mp, method: Method) => Promise<Figure>;

/** A function of targets.ts. */
const target = (name: keyof typeof import("./targets.ts")) => new URL(`./targets.ts#${name}`, import.meta.url);

const MEBIBYTE = 1 << 20;

async function pipe(mp: Mp, method: Method): Promise<Figure> {
  const [here, there] = mp.Pipe<number>();
  const child = new mp.Process({ target: target("echo"), args: [there] });
  await child.start();
  there.close();
  const peer = await openPeer(method);
  const [ours, own] = await compare([{
    async run(times) {
      for (let i = 0; i < times; i++) {
        await here.send(i);
        await here.recv();
      }
    },
  }, roundTrips(peer, () => 1)]) as [number, number];
  here.close();
  peer.close();
  await child.join();
  return {
    name: "Pipe: round trip of a number",
    unit: "µs",
    ours: ours * 1e3,
    own: own * 1e3,
    ratio: own / ours,
    target: "≥ 5 ×",
    holds: own / ours >= 5,
  };
}

function roundTrips(peer: Peer, message: () => unknown): Way {
  return {
    run: (times) =>
      new Promise<void>((resolve) => {
        let left = times;
        peer.receive = () => {
          if (--left === 0) resolve();
          else peer.send(message());
        };
        peer.send(message());
      }),
  };
}

async function queue(mp: Mp, method: Method): Promise<Figure> {
  const queue = new mp.Queue<ReturnType<typeof smallObject>>();
  const [orders, theirs] = mp.Pipe<number>();
  const child = new mp.Process({ target: target("produce"), args: [theirs, queue] });
  await child.start();
  theirs.close();
  const peer = await openPeer(method);
  const [ours, own] = await compare([{
    async run(times) {
      await orders.send(times);
      for (let i = 0; i < times; i++) await queue.get();
    },
  }, {
    run: (times) =>
      new Promise<void>((resolve) => {
        let left = times;
        peer.receive = () => {
          if (--left === 0) resolve();
        };
        peer.send({ produce: times });
      }),
  }], { sample: 50, turn: 400 }) as [number, number];
  orders.close();
  peer.close();
  await child.join();
  const ratio = own / ours, wanted = runtimeName !== "bun" ? 2 : method === "process" ? 1 : undefined;
  return {
    name: "Queue: small objects, 1 to 1",
    unit: "msg/s",
    ours: 1e3 / ours,
    own: 1e3 / own,
    ratio,
    ...(wanted === undefined ? {} : { target: `≥ ${wanted} ×`, holds: ratio >= wanted }),
  };
}

/** Several, in turn: of a single one in a variable, a compiler may know the fields as constants, which no program's are. */
const IN_TURN = 3;

async function lock(mp: Mp): Promise<Figure> {
  const locks = Array.from({ length: IN_TURN }, () => new mp.Lock());
  const [ours] = await compare([{
    run(times) {
      let got = 0;
      for (let i = 0; i < times; i++) {
        const lock = locks[i % IN_TURN] as Package.Lock; // noUncheckedIndexedAccess
        if (lock.acquireNowait()) got++;
        lock.release();
      }
      if (got !== times) throw new Error("a free lock was not to be had");
      return Promise.resolve();
    },
  }]) as [number];
  for (const lock of locks) lock.close();
  return {
    name: "Lock: acquireNowait and release, free",
    unit: "pair/s",
    ours: 1e3 / ours,
    target: "≥ 20 M",
    holds: 1e3 / ours >= 20e6,
  };
}

async function contended(mp: Mp): Promise<Figure> {
  const lock = new mp.Lock();
  const [orders, theirs] = mp.Pipe<number>();
  const child = new mp.Process({ target: target("contend"), args: [theirs, lock] });
  await child.start();
  theirs.close();
  const [ours] = await compare([{
    async run(times) {
      await orders.send(times);
      for (let i = 0; i < times; i++) {
        await lock.acquire();
        lock.release();
      }
      await orders.recv();
    },
  }]) as [number];
  orders.close();
  await child.join();
  return { name: "Lock: acquire and release, contended by 2", unit: "pair/s", ours: 2e3 / ours };
}

async function value(mp: Mp): Promise<Figure> {
  const values = Array.from({ length: IN_TURN }, () => new mp.Value("i", 0));
  const [ours] = await compare([{
    run(times) {
      for (let i = 0; i < times; i++) (values[i % IN_TURN] as Package.Value).add(1); // noUncheckedIndexedAccess
      return Promise.resolve();
    },
  }]) as [number];
  return { name: "Value: add", unit: "add/s", ours: 1e3 / ours };
}

async function bytes(mp: Mp, method: Method): Promise<Figure> {
  const [here, there] = mp.Pipe<never>();
  const [orders, theirs] = mp.Pipe<number, never>({ duplex: false }).reverse() as [
    Package.Connection<never, number>,
    Package.Connection<number, never>,
  ];
  const child = new mp.Process({ target: target("echoBytes"), args: [theirs, there] });
  await child.start();
  there.close();
  theirs.close();
  const peer = await openPeer(method, true);
  const data = new Uint8Array(MEBIBYTE).fill(7);
  const [ours, own] = await compare([{
    async run(times) {
      await orders.send(times);
      for (let i = 0; i < times; i++) {
        await here.sendBytes(data);
        await here.recvBytes();
      }
    },
  }, roundTrips(peer, () => data)], { sample: 20 }) as [number, number];
  orders.close();
  here.close();
  peer.close();
  await child.join();
  const speed = (milliseconds: number) => (2 * MEBIBYTE) / milliseconds / 1e6;
  return {
    name: "Pipe: echo of 1 MiB, both ways counted",
    unit: "GB/s",
    ours: speed(ours),
    own: speed(own),
    ratio: own / ours,
  };
}

/** Milliseconds that we may take longer than a bare child, from built JavaScript. */
const START = { node: 20, bun: 8, deno: 13 };

function start(title: string, promised: boolean): Row {
  return async (mp, method) => {
    const [ours, own] = await compare([{
      async run(times) {
        for (let i = 0; i < times; i++) {
          const child = new mp.Process({ target: new URL("./nothing.mjs#nothing", import.meta.url) });
          await child.start();
          await child.join();
        }
      },
    }, {
      async run(times) {
        for (let i = 0; i < times; i++) await bareChild(method);
      },
    }], { sample: 1, turn: 500, rounds: 4 }) as [number, number];
    const limit = START[runtimeName];
    return {
      name: title,
      unit: "ms",
      ours,
      own,
      ratio: own / ours,
      ...(promised ? { target: `own + ${limit}`, holds: ours - own <= limit } : {}),
    };
  };
}

/** The rows by a short name. */
export const rows: Readonly<Record<string, Row>> = { pipe, queue, lock, contended, value, bytes };
export const startFromSources: Row = start("Process: start to exit, sources", false);
export const startFromPackage: Row = start("Process: start to exit, package", true);
