/** Cases about views of shared memory that a program keeps for longer than what they are views of. */

import { assert, assertEquals } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { memoryFileSize, sleep } from "../../host.ts";
import { collectGarbage } from "../../leaks.ts";
import { many } from "../../scale.ts";
import { targets as targetsOf } from "../../../mod.ts";

const targets = targetsOf<typeof import("../../targets/shared/basics.ts")>(
  new URL("../../targets/shared/basics.ts", import.meta.url),
);

/** In slabs of several classes, and in runs. */
const SIZES = [16, 1000, 30_000, 140_000, 400_000];
const OLD = 0x11, NEW = 0x22, STRAY = 0x33;

/** Views of some bytes, made in all ways that there are; all they see is OLD. */
function viewsOf(bytes: Uint8Array): Uint8Array[] {
  bytes.fill(OLD);
  const { buffer, byteOffset, length } = bytes;
  return [
    bytes,
    bytes.subarray(1),
    new Uint8Array(buffer, byteOffset, length),
    new (class extends Uint8Array {})(buffer as ArrayBuffer, byteOffset + 4, 8),
    new Uint8Array(new DataView(buffer as ArrayBuffer, byteOffset + 8, 4).buffer, byteOffset + 8, 4),
  ];
}

/** Collects what garbage there is, and lets the package hear of it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await sleep(10);
  }
}

/** Whatever is allocated now lies in nobody's view; nor is it changed by what is written there. */
function expectAlone({ mp }: Env, views: readonly Uint8Array[]): void {
  const others = [1, 2, 3].flatMap(() => SIZES.map((size) => new mp.SharedMemory({ create: true, size })));
  for (const other of others) other.bytes.fill(NEW);
  const open = views.filter(({ length }) => length > 0); // methods of one whose buffer is detached throw
  for (const view of open) {
    assert(view.every((byte) => byte === OLD), `a view of ${view.length} bytes sees ${view.find((b) => b !== OLD)}`);
  }
  for (const view of open) view.fill(STRAY);
  for (const other of others) {
    assert(other.bytes.every((byte) => byte === NEW), `another's ${other.size} bytes were changed`);
    other.unlink();
    other.close();
  }
  for (const view of open) view.fill(OLD);
}

/** Views of objects that are lost. */
function viewsOfLost({ mp }: Env): Uint8Array[] {
  return SIZES.flatMap((size) => {
    const memory = new mp.SharedMemory({ create: true, size }), array = new mp.RawArray("B", size);
    memory.unlink();
    return [...viewsOf(memory.bytes), ...viewsOf(array).slice(1)];
  });
}

export const viewCases: readonly Case[] = [
  {
    name: "views/of closed shared memory: empty, or as it was; never what lies there next",
    growsMemory: true,
    async run(env) {
      const blocks = SIZES.map((size) => new env.mp.SharedMemory({ create: true, size }));
      const views = blocks.flatMap(({ bytes }) => viewsOf(bytes));
      for (const block of blocks) {
        block.unlink();
        block.close();
      }
      expectAlone(env, views);
      await settle();
      expectAlone(env, views);
    },
  },
  {
    name: "views/of shared memory and arrays that are lost: as they were",
    growsMemory: true,
    async run(env) {
      const views = viewsOfLost(env);
      await settle();
      assert(views.every(({ length }) => length > 0), "what isn't closed stays");
      expectAlone(env, views);
    },
  },
  {
    name: "views/of shared memory that another process was the last to close",
    growsMemory: true,
    async run(env) {
      const { mp } = env;
      for (const size of SIZES) {
        const block = new mp.SharedMemory({ create: true, size }), views = viewsOf(block.bytes);
        const [seen, go] = [new mp.Event(), new mp.Event()];
        const child = new mp.Process({ target: targets.closeMemory as never, args: [block, seen, go] as never });
        await child.start();
        await seen.wait();
        block.unlink();
        block.close();
        go.set();
        assertEquals(await child.join(), 0);
        expectAlone(env, views);
        for (const event of [seen, go]) event.close();
      }
    },
  },
  {
    name: "views/shared memory comes again in a message while only a view of it is left",
    growsMemory: true,
    async run({ mp }) {
      const queue = new mp.Queue<InstanceType<typeof mp.SharedMemory>>();
      const block = new mp.SharedMemory({ create: true, size: 1000 }), view = block.bytes;
      view.fill(OLD);
      await queue.put(block);
      block.close();
      const again = await queue.get();
      assert(again !== block && again.bytes.every((byte) => byte === OLD));
      again.bytes[0] = NEW;
      assertEquals(view[0] ?? NEW, NEW);
      again.unlink();
      again.close();
      queue.close();
    },
  },
  {
    name: "views/shared memory that is made, viewed and closed again and again takes no more than a little",
    growsMemory: true,
    timeLimit: 120_000,
    async run({ mp, method }) {
      const size = 2 ** 20, count = many(1000);
      /** Of the family: on "worker" it is one buffer. */
      const taken = (bytes: Uint8Array) => method === "process" ? memoryFileSize() : bytes.buffer.byteLength;
      let first = 0, most = 0;
      for (let i = 0; i < count; i++) {
        const block = new mp.SharedMemory({ create: true, size });
        block.bytes.subarray(10).fill(OLD, 0, 100);
        if (i === 0) first = taken(block.bytes);
        most = Math.max(most, taken(block.bytes));
        block.unlink();
        block.close();
        if (i % 10 === 9) await sleep(0);
      }
      // How many are there at a time is the garbage collector's matter: views keep their blocks. Not all, by far.
      assert(most - first < 600 * 2 ** 20, `${count} blocks of 1 MiB took ${(most - first) / 2 ** 20} MiB`);
    },
  },
];
