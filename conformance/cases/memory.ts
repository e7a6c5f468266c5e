/** Cases about the memory that a family shares: what is given back serves whatever is wanted next. */

import { assert, assertEquals } from "../assert.ts";
import type { Case } from "../case.ts";
import { memoryFileSize } from "../host.ts";
import { many, scratchArray } from "../scale.ts";
import { targets as targetsOf } from "../../mod.ts";
import { killing } from "./death.ts";
import { exchangeSizes } from "../targets/memory.ts";

const targets = targetsOf<typeof import("../targets/memory.ts")>(new URL("../targets/memory.ts", import.meta.url));

export const memoryCases: readonly Case[] = [
  {
    name: "memory/what one size freed serves another",
    growsMemory: true,
    timeLimit: 60_000,
    run({ mp, method }) {
      const queue = new mp.Queue<Uint8Array>();
      const before = method === "process" ? memoryFileSize() : 0;
      // Each time about 144 MB, in sizes that a power of two would make twice as large: 1.3 GB if none served another.
      for (let size = 4_500_000, count = 32; count >= 2; size *= 2, count /= 2) {
        for (let i = 0; i < count; i++) queue.putNowait(new Uint8Array(size).fill(count + i, size - 1));
        for (let i = 0; i < count; i++) {
          const bytes = queue.getNowait();
          assertEquals([bytes.length, bytes[size - 1]], [size, count + i]);
        }
      }
      queue.close();
      if (method === "process") {
        const grown = memoryFileSize() - before;
        assert(grown < 200_000_000, `the memory grew by ${grown} bytes`);
      }
      return Promise.resolve();
    },
  },
  {
    name: "memory/blocks of all sizes are made and freed by many, some of whom are killed",
    growsMemory: true,
    timeLimit: 90_000,
    async run({ mp, method }) {
      const queue = new mp.Queue<Uint8Array>({ maxsize: 20 }), trouble = scratchArray(mp, "i", 1);
      const round = () =>
        killing(
          many(8),
          4,
          () => new mp.Process({ target: targets.exchangeSizesForEver, args: [queue, trouble] as never }),
        );
      await round();
      const before = method === "process" ? memoryFileSize() : 0;
      await round();
      await exchangeSizes(queue, trouble, 50);
      assertEquals(trouble[0], 0);
      while (!queue.empty()) queue.getNowait();
      queue.close();
      if (method === "process") {
        const grown = memoryFileSize() - before;
        assert(grown < 128 * 2 ** 20, `the memory grew by ${grown} bytes`);
      }
    },
  },
];
