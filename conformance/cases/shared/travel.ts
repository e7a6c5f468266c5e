/** Cases in which shared state goes to other processes, or is lost without being closed. */

import { assertEquals, assertThrows } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { until } from "../../host.ts";
import { collectGarbage } from "../../leaks.ts";
import { MisuseError, targets as targetsOf } from "../../../mod.ts";

const targets = targetsOf<typeof import("../../targets/shared/basics.ts")>(
  new URL("../../targets/shared/basics.ts", import.meta.url),
);

/** Makes objects under `names`, and loses them. */
function lose({ mp }: Env, names: readonly string[]): void {
  for (const name of names) {
    new mp.Value("i", 7, { name: `${name} value` });
    new mp.SharedArray("i", [7], { name: `${name} array` });
    new mp.Semaphore({ value: 7, name: `${name} semaphore` });
    new mp.Condition({ name: `${name} condition`, lock: new mp.Lock() });
  }
}

export const sharedTravelCases: readonly Case[] = [
  {
    name: "shared/one of each travels, and is the same there",
    growsMemory: true,
    async run({ mp }) {
      const state = {
        value: new mp.Value("i", 21),
        big: new mp.Value("q", 2n ** 60n),
        array: new mp.SharedArray("d", [1, 2, 3]),
        memory: new mp.SharedMemory({ create: true, size: 100 }),
        list: new mp.ShareableList<unknown>([1, "two", null]),
      };
      state.memory.bytes[0] = 8;
      const results = new mp.Queue<string>();
      const child = new mp.Process({ target: targets.useState as never, args: [state, results] as never });
      await child.start();
      assertEquals(await child.join(), 0);
      assertEquals(await results.get(), `21 ${2n ** 60n} 1+2+3 8 100 1+two+`);
      const { value, big, array, memory, list } = state;
      assertEquals([value.value, big.value, [...array], memory.bytes[1]], [42, 2n ** 60n + 1n, [3, 2, 1], 9]);
      assertEquals([...list], [1, "zwei", null]);
      assertThrows(() => memory.unlink(), MisuseError, "unlinked already");
      list.shm.unlink();
      for (const one of [value, big, memory, list, results]) one.close();
    },
  },
  {
    name: "shared/what a program loses without closing it is gone some day",
    growsMemory: true,
    async run(env) {
      const { mp } = env, names = [0, 1, 2, 3].map(() => `lost-${Math.random()}`);
      lose(env, names);
      // A new one of that name and of another class: only when the old one is gone.
      const isFree = (name: string) => {
        try {
          new mp.Event({ name }).close();
          return true;
        } catch {
          return false;
        }
      };
      for (const kind of ["value", "array", "semaphore", "condition"]) {
        await until(
          () => {
            collectGarbage();
            return names.some((name) => isFree(`${name} ${kind}`));
          },
          15_000,
          `a lost ${kind} to be collected`,
        );
      }
    },
  },
];
