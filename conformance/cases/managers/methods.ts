/** Every method of every type of a manager's objects, here and in a child. */

import { assert, assertEquals } from "../../assert.ts";
import type { SyncManager } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { ITERATE, reportAll, results, type Step } from "../../targets/managers/steps.ts";
import { withManager } from "./with_manager.ts";

const throws = (name: string) => ({ throws: name });

/** A type: how one is made, and what is done with it. */
interface Row {
  readonly type: string;
  readonly create: (manager: SyncManager) => Promise<object>;
  readonly steps: readonly Step[];
}

const locked: readonly Step[] = [
  ["locked", [], false],
  ["acquire", [], true],
  ["locked", [], true],
];

const semaphore: readonly Step[] = [
  ["getValue", [], 2],
  ["acquire", [], true],
  ["acquire", [{ block: false }], true],
  ["acquire", [{ block: false }], false],
  ["acquire", [{ timeout: 10 }], false],
  ["getValue", [], 0],
  ["with", [() => 1, { timeout: 1 }], throws("TimeoutError")],
  ["with", ["no function"], throws("MisuseError")],
  ["release", []],
  ["release", []],
  ["getValue", [], 2],
];

const queue: readonly Step[] = [
  ["put", ["a"]],
  ["put", [{ b: [1n, new Map([[1, 2]])] }, { block: false }]],
  ["put", ["c", { block: false }], throws("Full")],
  ["put", ["c", { timeout: 10 }], throws("Full")],
  ["put", ["c", { timeout: NaN }], throws("MisuseError")],
  ["put", [() => {}], throws("SerializationError")],
  ["qsize", [], 2],
  ["empty", [], false],
  ["full", [], true],
  ["get", [], "a"],
  ["get", [{ timeout: 1000 }], { b: [1n, new Map([[1, 2]])] }],
  ["get", [{ block: false }], throws("Empty")],
  ["get", [{ timeout: 10 }], throws("Empty")],
  ["full", [], false],
  ["empty", [], true],
  ["put", ["d"]],
  ["shutdown", [5], throws("MisuseError")],
];

const ended: readonly Step[] = [
  ["shutdown", []],
  ["put", ["e"], throws("ClosedError")],
  [ITERATE, [], ["d"]],
  ["get", [], throws("ClosedError")],
  ["shutdown", [{ immediate: true }]],
];

const rows: readonly Row[] = [
  {
    type: "dict",
    create: (manager) => manager.dict<unknown>({ a: 1 }),
    steps: [
      ["get", ["a"], 1],
      ["get", ["b"], undefined],
      ["set", ["b", new Map([["deep", [1n, null]]])]],
      ["get", ["b"], new Map([["deep", [1n, null]]])],
      ["has", ["b"], true],
      ["size", [], 2],
      ["keys", [], ["a", "b"]],
      ["values", [], [1, new Map([["deep", [1n, null]]])]],
      ["entries", [], [["a", 1], ["b", new Map([["deep", [1n, null]]])]]],
      [ITERATE, [], [["a", 1], ["b", new Map([["deep", [1n, null]]])]]],
      ["copy", [], new Map<string, unknown>([["a", 1], ["b", new Map([["deep", [1n, null]]])]])],
      ["pop", ["b"], new Map([["deep", [1n, null]]])],
      ["pop", ["b", "instead"], "instead"],
      ["pop", ["b", undefined], undefined],
      ["pop", ["b"], throws("RangeError")],
      ["setdefault", ["c", 5], 5],
      ["setdefault", ["c", 6], 5],
      ["update", [{ c: 7, d: 8 }]],
      ["update", [new Map([["e", 9]])]],
      ["increment", ["c"], 8],
      ["increment", ["c", -0.5], 7.5],
      ["increment", ["new"], 1],
      ["delete", ["c"], true],
      ["delete", ["c"], false],
      ["set", ["word", "text"]],
      ["increment", ["word"], throws("TypeError")],
      ["clear", []],
      ["size", [], 0],
    ],
  },
  {
    type: "list",
    create: (manager) => manager.list<unknown>([1, "b", new Set([3])]),
    steps: [
      ["length", [], 3],
      ["at", [0], 1],
      ["at", [-1], new Set([3])],
      ["at", [3], undefined],
      ["set", [0, 10]],
      ["set", [-2, { b: 1 }]],
      ["set", [3, 1], throws("RangeError")],
      ["set", [-4, 1], throws("RangeError")],
      ["set", [0.5, 1], throws("RangeError")],
      ["copy", [], [10, { b: 1 }, new Set([3])]],
      [ITERATE, [], [10, { b: 1 }, new Set([3])]],
      ["includes", [{ b: 1 }], true],
      ["includes", [{ b: 2 }], false],
      ["indexOf", [new Set([3])], 2],
      ["indexOf", ["10"], -1],
      ["sort", [], throws("TypeError")],
      ["pop", [], new Set([3])],
      ["shift", [], 10],
      ["push", [], 1],
      ["push", [7, 8, 9], 4],
      ["unshift", [5, 6], 6],
      ["slice", [], [5, 6, { b: 1 }, 7, 8, 9]],
      ["slice", [-2], [8, 9]],
      ["slice", [1, -3], [6, { b: 1 }]],
      ["splice", [2, 1, 20, 10], [{ b: 1 }]],
      ["splice", [6], [9]],
      ["splice", [0, 0], []],
      ["copy", [], [5, 6, 20, 10, 7, 8]],
      ["sort", [], undefined],
      ["copy", [], [5, 6, 7, 8, 10, 20]],
      ["reverse", [], undefined],
      ["push", [NaN, 3n], 8],
      ["indexOf", [NaN], 6],
      ["sort", [], undefined],
      ["copy", [], [3n, 5, 6, 7, 8, 10, 20, NaN]],
      ["splice", [0, 8, "b", "B", "a"], [3n, 5, 6, 7, 8, 10, 20, NaN]],
      ["sort", [], undefined],
      ["copy", [], ["B", "a", "b"]],
      ["splice", [0], ["B", "a", "b"]],
      ["pop", [], undefined],
      ["shift", [], undefined],
    ],
  },
  {
    type: "set",
    create: (manager) => manager.set<unknown>(["a", "a", { k: 1 }]),
    steps: [
      ["size", [], 2],
      ["add", [{ k: 1 }]],
      ["add", [new Date(5)]],
      ["add", [new Date(5)]],
      ["add", [-0]],
      ["size", [], 4],
      ["has", [new Date(5)], true],
      ["has", [new Date(6)], false],
      ["has", ["a"], true],
      ["copy", [], new Set<unknown>(["a", { k: 1 }, new Date(5), 0])],
      [ITERATE, [], ["a", { k: 1 }, new Date(5), 0]],
      ["delete", [new Date(5)], true],
      ["delete", [new Date(5)], false],
      ["clear", []],
      ["size", [], 0],
    ],
  },
  {
    type: "Namespace",
    create: (manager) => manager.Namespace({ x: 1 }),
    steps: [
      ["get", ["x"], 1],
      ["get", ["toString"], undefined],
      ["set", ["__proto__", { y: new Date(1) }]],
      ["get", ["__proto__"], { y: new Date(1) }],
      ["delete", ["__proto__"], true],
      ["delete", ["__proto__"], false],
      ["set", ["x", [2]]],
      ["copy", [], { x: [2] }],
    ],
  },
  {
    type: "Lock",
    create: (manager) => manager.Lock(),
    steps: [
      ...locked,
      ["acquire", [{ block: false }], false],
      ["acquire", [{ timeout: 10 }], false],
      ["with", [() => 1, { timeout: 1 }], throws("TimeoutError")],
      ["release", []],
      ["release", [], throws("MisuseError")],
      ["with", ["no function"], throws("MisuseError")],
      ["locked", [], false],
    ],
  },
  {
    type: "RLock",
    create: (manager) => manager.RLock(),
    steps: [
      ...locked,
      ["acquire", [{ block: false }], true],
      ["release", []],
      ["locked", [], true],
      ["release", []],
      ["release", [], throws("MisuseError")],
      ["with", ["no function"], throws("MisuseError")],
      ["locked", [], false],
    ],
  },
  {
    type: "Semaphore",
    create: (manager) => manager.Semaphore(2),
    steps: [...semaphore, ["release", []], ["getValue", [], 3]],
  },
  {
    type: "BoundedSemaphore",
    create: (manager) => manager.BoundedSemaphore(2),
    steps: [...semaphore, ["release", [], throws("MisuseError")], ["getValue", [], 2]],
  },
  {
    type: "Condition",
    create: (manager) => manager.Condition(),
    steps: [
      ["wait", [{ timeout: 0 }], throws("MisuseError")],
      ["notify", [], throws("MisuseError")],
      ["notifyAll", [], throws("MisuseError")],
      ...locked,
      ["acquire", [], true],
      ["wait", [{ timeout: 0 }], false],
      ["wait", [{ timeout: 10 }], false],
      ["notify", [-1]],
      ["notify", [3]],
      ["notifyAll", []],
      ["release", []],
      ["locked", [], true],
      ["release", []],
      ["release", [], throws("MisuseError")],
      ["with", [5], throws("MisuseError")],
    ],
  },
  {
    type: "Event",
    create: (manager) => manager.Event(),
    steps: [
      ["isSet", [], false],
      ["wait", [{ timeout: 0 }], false],
      ["wait", [{ timeout: 10 }], false],
      ["set", []],
      ["set", []],
      ["isSet", [], true],
      ["wait", [], true],
      ["clear", []],
      ["isSet", [], false],
    ],
  },
  {
    type: "Barrier",
    create: (manager) => manager.Barrier(2, { timeout: 20 }),
    steps: [
      ["parties", [], 2],
      ["nWaiting", [], 0],
      ["broken", [], false],
      ["wait", [], throws("BrokenBarrierError")],
      ["broken", [], true],
      ["wait", [{ timeout: 5000 }], throws("BrokenBarrierError")],
      ["reset", []],
      ["broken", [], false],
      ["wait", [{ timeout: 0 }], throws("BrokenBarrierError")],
      ["reset", []],
      ["wait", [{ timeout: 10 }], throws("BrokenBarrierError")],
      ["reset", []],
      ["abort", []],
      ["broken", [], true],
      ["nWaiting", [], 0],
    ],
  },
  { type: "Queue", create: (manager) => manager.Queue(2), steps: [...queue, ...ended] },
  {
    type: "JoinableQueue",
    create: (manager) => manager.JoinableQueue(2),
    steps: [
      ["join", [], true],
      ["taskDone", [], throws("MisuseError")],
      ...queue,
      ["join", [{ timeout: 10 }], false],
      ["taskDone", []],
      ["taskDone", []],
      ["join", [{ timeout: 0 }], false],
      ["taskDone", []],
      ["taskDone", [], throws("MisuseError")],
      ["join", [], true],
      ...ended,
    ],
  },
  {
    type: "Value",
    create: (manager) => manager.Value("B", 250),
    steps: [
      ["get", [], 250],
      ["add", [10], 250],
      ["get", [], 4],
      ["add", [-5], 4],
      ["set", [7]],
      ["set", [256], throws("RangeError")],
      ["set", ["7"], throws("TypeError")],
      ["compareExchange", [8, 1], 7],
      ["compareExchange", [7, 1], 7],
      ["compareExchange", [1, -1], throws("RangeError")],
      ["get", [], 1],
    ],
  },
  {
    type: "Array",
    create: (manager) => manager.Array("q", [3n, 1n, 2n]),
    steps: [
      ["length", [], 3],
      ["at", [-1], 2n],
      ["set", [0, -(2n ** 63n)]],
      ["set", [0, 2n ** 63n], throws("RangeError")],
      ["set", [0, 1], throws("TypeError")],
      ["set", [3, 1n], throws("RangeError")],
      ["indexOf", [1n], 1],
      ["includes", [5n], false],
      ["slice", [1], [1n, 2n]],
      ["splice", [1, 2, 8n, 7n], [1n, 2n]],
      ["splice", [1, 2, 8n], throws("MisuseError")],
      ["splice", [1, 1, 8], throws("TypeError")],
      ["sort", []],
      ["reverse", []],
      ["copy", [], [8n, 7n, -(2n ** 63n)]],
      [ITERATE, [], [8n, 7n, -(2n ** 63n)]],
      ["push", [1n], throws("MisuseError")],
      ["pop", [], throws("MisuseError")],
      ["shift", [], throws("MisuseError")],
      ["unshift", [1n], throws("MisuseError")],
    ],
  },
];

/** What is known of a proxy's methods by its class. */
function methodsOf(proxy: object): string[] {
  const names = new Set<string>();
  for (let at = Object.getPrototypeOf(proxy); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  for (const name of ["constructor", "toString", "close"]) names.delete(name);
  return [...names].sort();
}

/** Whether it can be sent to a child: it has no function in it. */
function travels([, args]: Step): boolean {
  return !args.some((arg) => typeof arg === "function");
}

export const managerMethodCases: readonly Case[] = [
  ...rows.map(({ type, create, steps }): Case => ({
    name: `manager/${type}: every method`,
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const object = await create(manager);
        assertEquals(await results(object, steps), steps.map(([, , result]) => result));
        const used = new Set(steps.map(([method]) => method));
        assertEquals(methodsOf(object).filter((name) => !used.has(name)), [], "methods that no step uses");
        assertEquals((object as { then?: unknown }).then, undefined);
        assert(String(object).startsWith("<proxy"), `it is shown as ${object}`);
      }),
  })),
  {
    name: "manager/every method of every type in a child that got the proxy",
    timeLimit: 60_000,
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const reports = new mp.Queue<unknown[]>(), all: [object, Step[]][] = [];
        for (const { create, steps } of rows) all.push([await create(manager), steps.filter(travels)]);
        const child = new mp.Process({ target: reportAll, args: [all, reports] });
        await child.start();
        for (const [i, [, steps]] of all.entries()) {
          assertEquals(await reports.get(), steps.map(([, , result]) => result), rows[i]?.type);
        }
        assertEquals(await child.join(), 0);
        reports.close();
      }),
  },
  {
    name: "manager/numbers of every type code, and arrays that begin with zeros",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        for (const code of ["b", "B", "h", "H", "i", "I", "l", "L", "f", "d", "c"] as const) {
          const [value, array] = [await manager.Value(code), await manager.Array(code, 2)];
          assertEquals([await value.add(3), await value.get(), await array.copy()], [0, 3, [0, 0]]);
        }
        for (const code of ["q", "Q"] as const) {
          const [value, array] = [await manager.Value(code), await manager.Array(code, 2)];
          assertEquals([await value.add(3n), await value.get(), await array.copy()], [0n, 3n, [0n, 0n]]);
        }
        const float = await manager.Value("f", 0.1);
        assertEquals(await float.get(), Math.fround(0.1));
      }),
  },
];
