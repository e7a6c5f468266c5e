/** What is closed or lost gives its memory back: blocks in use and granules handed out, before and after. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { familyOf, withMethod } from "../family/families.ts";
import type { Family } from "../family/family.ts";
import { C_GRANULES } from "../memory/layout.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { SharedArray } from "../shared/array.ts";
import { Lock } from "../sync/lock.ts";
import { Pipe } from "./pipe.ts";
import { Queue } from "./queue.ts";

const methods: readonly StartMethod[] = ["process", "worker"];

function blocksOf(family: Family): number {
  let blocks = 0;
  family.allocator.forEachBlock(() => {
    blocks++;
  });
  return blocks;
}

function granulesOf(family: Family): number {
  return Atomics.load(family.arena.control, C_GRANULES);
}

/** Two turns of the event loop and garbage collections, where the runtime can be asked for them. */
async function collectGarbage(): Promise<boolean> {
  const scope = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  const gc = scope.gc ?? (scope.Bun === undefined ? undefined : () => scope.Bun?.gc(true));
  if (gc === undefined) return false;
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    gc();
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  return true;
}

for (const method of methods) {
  test(`${method}: 20 000 queues that are closed leave the memory as it was`, () => {
    withMethod(method, () => {
      const family = familyOf();
      const before = blocksOf(family);
      let granules = 0;
      for (let i = 0; i < 20_000; i++) {
        const queue = new Queue<number>();
        queue.putNowait(i);
        queue.close();
        if (i === 100) granules = granulesOf(family);
      }
      assert.ok(blocksOf(family) <= before, `${blocksOf(family) - before} blocks are left`);
      assert.equal(granulesOf(family), granules);
    });
  });

  test(`${method}: queues that are lost without being closed are reclaimed`, async (context) => {
    const family = familyOf(method);
    const before = blocksOf(family);
    for (let round = 0; round < 5; round++) {
      withMethod(method, () => {
        for (let i = 0; i < 1000; i++) new Queue<number>().putNowait(i);
      });
      if (!await collectGarbage()) return context.skip("this run can't ask for a garbage collection");
    }
    assert.ok(blocksOf(family) < before + 1000, `${blocksOf(family) - before} blocks are left`);
  });

  test(`${method}: a handle that was in a message, read or thrown away, keeps nothing`, async () => {
    const family = familyOf(method);
    const before = blocksOf(family);
    for (const ballast of [0, 100_000]) {
      const queue = withMethod(method, () => new Queue<unknown>());
      const lock = withMethod(method, () => new Lock());
      await queue.put([lock, new Uint8Array(ballast)]);
      const [same] = await queue.get() as [Lock];
      assert.equal(same, lock);
      await queue.put([lock, new Uint8Array(ballast)]);
      lock.close();
      if (ballast > 0) queue.shutdown({ immediate: true });
      queue.close();
    }
    assert.ok(blocksOf(family) <= before, `${blocksOf(family) - before} blocks are left`);
  });

  test(`${method}: pipes, and a large message that nobody reads, go with their ends`, async () => {
    const family = familyOf(method);
    const before = blocksOf(family);
    const [here, there] = withMethod(method, () => Pipe<unknown>());
    await here.send(new Uint8Array(500_000));
    here.close();
    there.close();
    assert.ok(blocksOf(family) <= before, `${blocksOf(family) - before} blocks are left`);
  });

  test(`${method}: a new array is zero, also where another was`, async () => {
    for (let round = 0; round < 3; round++) {
      withMethod(method, () => {
        for (let i = 0; i < 50; i++) {
          const array = new SharedArray("i", 1000);
          assert.ok(array.every((element) => element === 0));
          array.fill(7);
        }
      });
      await collectGarbage();
    }
  });
}
