/** Pipe: making two connected ends, and freeing them. */

import { ClosedError, MisuseError } from "../errors/base.ts";
import { disposeBlock } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { familyOf } from "../family/families.ts";
import { WaitQueue } from "../family/futex.ts";
import { registerCare } from "../family/care.ts";
import { H_KIND, HEADER_WORDS, KIND_CONNECTION, KIND_PIPE } from "../memory/layout.ts";
import type { Handle } from "../objects/messages.ts";
import { joinOrCreate } from "../objects/names.ts";
import { attach, letGo, type Named } from "../objects/object.ts";
import { ensureOptions } from "../base/options.ts";
import { noteUnnamed } from "../objects/unnamed.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { disposeRing, initRing } from "../wire/ring.ts";
import { connectionOf } from "./connection.ts";
import { ConnectionEngine } from "./connection_engine.ts";
import type { Connection } from "./connection_types.ts";
import {
  DIRECTION_READERS,
  DIRECTION_RING,
  DIRECTION_WRITERS,
  DIRECTIONS,
  END_MODE,
  END_PIPE,
  END_PIPE_GENERATION,
  END_SIDE,
  END_WORDS,
  PIPE_END_GENERATIONS,
  PIPE_ENDS,
  PIPE_GONE,
  PIPE_WORDS,
  READABLE,
  WRITABLE,
} from "./pipe_layout.ts";

/** A pipe and its two ends, all in this agent's hands; the address of end 0. */
function createPipe(family: Family, duplex: boolean): number {
  const { allocator, arena } = family;
  const pipe = allocator.allocate(PIPE_WORDS * 4);
  const segment = arena.segment(pipe), at = pipe - segment.start + HEADER_WORDS;
  segment.i32.fill(0, at, at + PIPE_WORDS);
  allocator.setKind(pipe, KIND_PIPE);
  for (const side of [0, 1] as const) {
    const end = allocator.allocate(END_WORDS * 4);
    arena.store(end + HEADER_WORDS + END_PIPE, pipe);
    arena.store(end + HEADER_WORDS + END_PIPE_GENERATION, family.allocator.generationOf(pipe));
    arena.store(end + HEADER_WORDS + END_SIDE, side);
    arena.store(end + HEADER_WORDS + END_MODE, duplex ? READABLE | WRITABLE : side === 0 ? READABLE : WRITABLE);
    allocator.setKind(end, KIND_CONNECTION);
    segment.i32[at + PIPE_ENDS + side] = end;
    segment.i32[at + PIPE_END_GENERATIONS + side] = family.allocator.generationOf(end);
    const lock = new RobustLock(arena, family, segment, at + DIRECTIONS[side], "a pipe");
    initRing(family, lock, segment, at + DIRECTIONS[side] + DIRECTION_RING);
  }
  // From here on the pipe goes with its ends.
  allocator.embed(pipe);
  return (segment.i32[at + PIPE_ENDS] as number) >>> 0;
}

/** The ends of the pipe that `end` belongs to, which somebody holds; of the other one its holders may be gone. */
function endsOf(family: Family, end: number): [Handle, Handle] {
  const payload = (family.arena.load(end + HEADER_WORDS + END_PIPE) >>> 0) + HEADER_WORDS;
  const handle = (side: 0 | 1): Handle => ({
    address: family.arena.load(payload + PIPE_ENDS + side) >>> 0,
    generation: family.arena.load(payload + PIPE_END_GENERATIONS + side),
  });
  return [handle(0), handle(1)];
}

/**
 * Two connected ends. With `duplex: false` the first only receives and the second only sends.
 * CPython: `multiprocessing.Pipe`.
 *
 * @throws {MisuseError} for options of other types, and when the name is another class's, or a pipe's of the other kind
 * @throws {ClosedError} when the name is a pipe's whose second end everyone has closed
 *
 * @example
 * ```ts
 * import { Pipe } from "@manyproc/multiprocessing";
 *
 * const [here, there] = Pipe<string>();
 * await there.send("hello"); // in another process, say, which got `there` as an argument
 * console.log(await here.recv());
 * ```
 */
export function Pipe<T = unknown>(options: { duplex: false } & Named): [Connection<T, never>, Connection<never, T>];
/**
 * As above, both ends sending and receiving unless `duplex` is false: `A` is what the first end receives, `B` the second.
 *
 * @example
 * ```ts
 * import { Pipe } from "@manyproc/multiprocessing";
 *
 * const [client, server] = Pipe<number, string>(); // strings go there, numbers come back
 * await client.send("four");
 * await server.send((await server.recv()).length);
 * console.log(await client.recv()); // 4
 * ```
 */
export function Pipe<A = unknown, B = A>(
  options?: { duplex?: boolean } & Named,
): [Connection<A, B>, Connection<B, A>];
export function Pipe(options: { duplex?: boolean } & Named = {}): [Connection, Connection] {
  ensureOptions(options, "create a Pipe", { boolean: "duplex", string: "name" });
  const family = familyOf();
  const duplex = options.duplex ?? true;
  const open = (end: Handle) => connectionOf(attach(family, end, (source) => new ConnectionEngine(source)));
  const { name } = options;
  if (name === undefined) {
    noteUnnamed("Pipe");
    const [first, second] = endsOf(family, createPipe(family, duplex));
    family.allocator.publish(first.address);
    family.allocator.publish(second.address);
    return [open(first), open(second)];
  }
  const end = joinOrCreate(family, name, () => {
    const made = createPipe(family, duplex);
    family.allocator.publish(endsOf(family, made)[1].address);
    return made;
  }, (address) => checkEnd(family, address, duplex, name));
  const [first, second] = endsOf(family, end);
  if (!family.allocator.hold(second.address, second.generation)) {
    letGo(family, first);
    throw new ClosedError(
      `Cannot join the Pipe "${name}": everyone has closed its second end; close the first as well to make a new one`,
    );
  }
  return [open(first), open(second)];
}

function checkEnd(family: Family, address: number, duplex: boolean, name: string | undefined): void {
  if (family.arena.load(address + H_KIND) !== KIND_CONNECTION) {
    throw new MisuseError(`Cannot make a Pipe named "${name}": the name is another class's`);
  }
  const mode = family.arena.load(address + HEADER_WORDS + END_MODE);
  if ((mode === (READABLE | WRITABLE)) !== duplex) {
    throw new MisuseError(`Cannot join the Pipe "${name}" with duplex ${duplex}: it was made with ${!duplex}`);
  }
}

registerCare(KIND_PIPE, {
  locks: DIRECTIONS,
  waitQueues: DIRECTIONS.flatMap((at) => [at + DIRECTION_READERS, at + DIRECTION_WRITERS]),
  dispose(family, segment, at) {
    for (const offset of DIRECTIONS) {
      const lock = new RobustLock(family.arena, family, segment, at + offset, "a pipe");
      disposeRing(family, lock, segment, at + offset + DIRECTION_RING);
    }
  },
});

registerCare(KIND_CONNECTION, {
  waitQueues: [],
  dispose(family, { i32 }, at) {
    const pipe = (i32[at + END_PIPE] as number) >>> 0, side = i32[at + END_SIDE] as number;
    // Its maker was killed while making it: the pipe went first.
    if (family.allocator.generationOf(pipe) !== i32[at + END_PIPE_GENERATION]) return;
    const segment = family.arena.segment(pipe), block = pipe - segment.start, pipeAt = block + HEADER_WORDS;
    const gone = Atomics.or(segment.i32, pipeAt + PIPE_GONE, 1 << side) | (1 << side);
    for (const offset of DIRECTIONS) {
      WaitQueue.at(family, segment, pipeAt + offset + DIRECTION_READERS).wakeAll();
      WaitQueue.at(family, segment, pipeAt + offset + DIRECTION_WRITERS).wakeAll();
    }
    if (gone !== 3) return;
    family.allocator.extract(pipe);
    disposeBlock(family, pipe);
  },
});
