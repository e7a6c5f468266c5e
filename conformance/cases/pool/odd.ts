/** Values, results and errors that are odd to look at, or come from elsewhere: they arrive, or fail their task alone. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../../assert.ts";
import type { Case } from "../../case.ts";
import { foreign } from "../../host.ts";
import { difference } from "../../same.ts";
import {
  closed,
  fromElsewhere,
  identity,
  odd,
  oddities,
  throwsFromElsewhere,
  throwsIssues,
  throwsRequestError,
  throwsWithGetter,
} from "../../targets/pool/odd.ts";
import { echo, setUp, who } from "../../targets/pool/tasks.ts";
import { length, lengthOf, measureBy, unitLength, Vector } from "../../targets/pool/vectors.ts";
import { ClosedError, type Pool, SerializationError } from "../../../mod.ts";
import { range, withPool } from "./with_pool.ts";

/** Built-in objects, as expressions that can be evaluated in any realm. */
const builtins: readonly string[] = [
  "{ a: 1, b: { c: [1, 'x'] } }",
  "[[1, 2, 3], [], ['a', , 'c'], [-0, undefined]]",
  "Array.from({ length: 1000 }, (_, i) => i)",
  "[new Map([[{ k: 1 }, new Set([1, new Map()])]]), new Set([[]])]",
  "[new Date(5), /a+/g, Object('text'), Object(1n)]",
  "[new Uint8Array(5000), new Float64Array([1.5]), new DataView(new ArrayBuffer(3), 1), new ArrayBuffer(4)]",
  "((o) => (o.self = o, [o, o]))({})",
];

/** Checks that the pool's only worker is the one that it was. */
async function withOneWorker(pool: Pool, run: () => Promise<void>): Promise<void> {
  const before = await pool.apply(who);
  await run();
  assertEquals(await pool.apply(who), before, "the worker is another one");
}

export const oddCases: readonly Case[] = [
  {
    name: "pool/a result or an error that throws when it is looked at fails its task, and the worker lives",
    async run(env) {
      await withPool(env, 1, (pool) =>
        withOneWorker(pool, async () => {
          for (const what of Object.keys(oddities)) {
            for (const how of ["return", "throw", "reject"] as const) {
              const label = `${what}, ${how}`;
              const error = await assertRejects(() => pool.apply(odd, [[what, how]]), Error, undefined, label);
              assertEquals(typeof error.message, "string", label);
              if (how === "return") assertInstanceOf(error, SerializationError, label);
              const items = [["before", "return"], [what, how], ["after", "return"]] as const;
              await assertRejects(() => pool.map(odd, items, { chunksize: 3 }), Error, undefined, label);
              const [before, bad, after] = await pool.mapSettled(odd, items, { chunksize: 3 });
              assertEquals([before, after].map((one) => one?.status), ["fulfilled", "fulfilled"], label);
              assertEquals(bad?.status, "rejected", label);
            }
          }
        }));
    },
  },
  {
    name: "pool/an error with a getter that throws arrives with all the rest",
    async run(env) {
      await withPool(env, 1, (pool) =>
        withOneWorker(pool, async () => {
          for (const key of ["message", "name", "stack", "cause", "code"]) {
            const error = await assertRejects(() => pool.apply(throwsWithGetter, [key]), RangeError, undefined, key);
            assertMatch(String(Reflect.get(error, key)), /left behind: its getter threw not for you/, key);
            if (key !== "message") assertEquals(error.message, "the message");
            // V8 puts the name and the message into the stack when that is asked for.
            if (key === "cause" || key === "code") assertStringIncludes(error.stack ?? "", "odd.ts");
          }
        }));
    },
  },
  {
    name: "pool/a result that was closed meanwhile fails its task, and the worker lives",
    async run(env) {
      const value = new env.mp.Value("i", 1);
      await withPool(env, 1, (pool) =>
        withOneWorker(pool, async () => {
          await assertRejects(() => pool.apply(closed, [value]), ClosedError);
          await assertRejects(() => pool.map(closed, [value]), ClosedError);
          const [outcome] = await pool.mapSettled(closed, [value]);
          assertEquals(outcome?.status, "rejected");
        }));
      assertEquals(value.value, 1);
      value.close();
    },
  },
  {
    name: "pool/an error whose class makes up its message arrives with it",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const error = await assertRejects(() => pool.apply(throwsIssues), Error, "1 issue: too_small");
        assertEquals(error.name, "IssuesError");
        assertEquals(Reflect.get(error, "issues"), [{ path: ["a"], code: "too_small" }]);
      });
    },
  },
  {
    name: "pool/an error that leads to functions and sockets arrives with all that can travel",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const error = await assertRejects(() => pool.apply(throwsRequestError), TypeError, "Request failed");
        const { code, config, request, response } = error as unknown as Record<string, Record<string, unknown>>;
        assertEquals(code as unknown, "ERR_BAD_REQUEST");
        assertEquals([config?.["url"], config?.["timeout"], request?.["path"]], ["/items", 1000, "/items"]);
        assertMatch(String((config?.["transform"] as unknown[])[0]), /left behind: it is a function/);
        assertMatch(String(config?.["agent"]), /left behind: it is an instance of Socket/);
        assertMatch(String(request?.["socket"]), /left behind: it is an instance of Socket/);
        assertEquals([response?.["status"], response?.["data"]], [404, { reason: "gone" }]);
        assert(response?.["config"] === config && request?.["response"] === response);
      });
    },
  },
  {
    name: "pool/built-in objects of another realm arrive as the receiver's own, as arguments, results and errors",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        for (const expression of builtins) {
          const here: unknown = (0, eval)(`(${expression})`), there = foreign(expression);
          assertEquals(difference(here, await pool.apply(echo, [there])), undefined, expression);
          assertEquals(difference(here, await pool.apply(fromElsewhere, [expression])), undefined, expression);
          assertEquals(difference([here], await pool.map(echo, [there])), undefined, expression);
        }
        const expression = "Object.assign(new RangeError('boo', { cause: new TypeError('why') }), { code: 'E' })";
        const error = await assertRejects(() => pool.apply(throwsFromElsewhere, [expression]), RangeError, "boo");
        assertInstanceOf(error.cause, TypeError);
        assertEquals(Reflect.get(error, "code"), "E");
        const odd = "Object.assign(new RangeError('boo'), { f() {} })";
        await assertRejects(() => pool.apply(throwsFromElsewhere, [odd]), RangeError, "boo");
      });
    },
  },
  {
    name: "pool/an argument whose codec the function's module registers reaches a worker that hasn't loaded it",
    async run(env) {
      const calls = new env.mp.Value("i", 0);
      await withPool(env, 1, async (pool) => {
        const first = range(20).map(() => pool.apply(length, [new Vector(3, 4), calls]));
        assertEquals(await Promise.all(first), range(20).map(() => 5));
        assertEquals(await pool.apply(length, [new Vector(6, 8)]), 10);
      });
      assertEquals(calls.value, 20);
      await withPool(env, 2, async (pool) => {
        const items = range(10).map((i) => [new Vector(i, 0), calls] as const);
        assertEquals(await pool.map(lengthOf, items, { chunksize: 3 }), range(10));
      });
      assertEquals(calls.value, 30);
      await withPool(env, 1, async (pool) => {
        // The module of this function registers no such codec.
        await assertRejects(() => pool.apply(identity, [new Vector(1, 2)]), SerializationError, "conformance Vector");
        assertEquals(await pool.apply(length, [new Vector(3, 4), calls]), 5);
        assertEquals(await pool.apply(identity, [new Vector(1, 2)]), new Vector(1, 2));
      });
      calls.close();
    },
  },
  {
    name:
      "pool/initargs whose codec the initializer's module registers reach each worker, also those that replace others",
    async run(env) {
      const options = { processes: 1, initializer: measureBy, initargs: [new Vector(3, 4)], maxTasksPerChild: 2 };
      await withPool(env, options, async (pool) => {
        for (let i = 0; i < 5; i++) assertEquals(await pool.apply(unitLength), 5);
      });
      // The module of this initializer registers no such codec.
      const unfit = new env.mp.Pool({ processes: 1, initializer: setUp, initargs: [new Vector(3, 4)] });
      await assertRejects(() => unfit.apply(unitLength), SerializationError, "conformance Vector");
      unfit.close();
      await unfit.join();
    },
  },
  {
    name: "pool/a string is an iterable of its characters",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        assertEquals(await pool.map(echo, "añ😀"), ["a", "ñ", "😀"]);
        assertEquals(await pool.mapAsync(echo, ""), []);
        const seen: string[] = [];
        for await (const one of pool.imap(echo, "abc")) seen.push(one);
        assertEquals(seen, ["a", "b", "c"]);
        const settled = await pool.mapSettled(echo, "ab");
        assertEquals(settled, ["a", "b"].map((value) => ({ status: "fulfilled", value })));
      });
    },
  },
];
