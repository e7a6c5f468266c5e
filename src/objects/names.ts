/**
 * The family's directory of names: the same name is the same object in every process, without passing it.
 *
 * ```
 * name entry (payload of a KIND_NAME block)
 *   0  next entry of its bucket     1  address of the object     2  bytes of the name     3…  the name, UTF-8
 * ```
 */

import { JSON, TextDecoder, TextEncoder } from "../base/originals.ts";
import { copies, thisCopy, twoCopies } from "../base/copies.ts";
import { MisuseError } from "../errors/base.ts";
import type { Family } from "../family/family.ts";
import { eventually } from "../family/retries.ts";
import { registerCare } from "../family/care.ts";
import {
  BLOCK_PART,
  BLOCK_TRANSIT,
  C_NAMES,
  C_NAMES_LOCK,
  H_LINK,
  H_NAME,
  H_STATE,
  HEADER_WORDS,
  KIND_NAME,
  NAME_BUCKETS,
} from "../memory/layout.ts";
import { RobustLock } from "../memory/robust_lock.ts";

const locks = new WeakMap<Family, RobustLock>();
// A byte order mark is a part of the name.
const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function namesLock(family: Family): RobustLock {
  let lock = locks.get(family);
  if (lock === undefined) {
    lock = new RobustLock(family.arena, family, family.arena.segment(0), C_NAMES_LOCK, "the directory of names");
    locks.set(family, lock);
  }
  return lock;
}

function bucketOf(name: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of name) hash = Math.imul(hash ^ byte, 0x01000193);
  return C_NAMES + (hash >>> 0) % NAME_BUCKETS;
}

/** Names in use here from which on those of closed objects are forgotten. */
let crowded = 64;

/** MisuseError for a name that another copy of this package uses, or whose family is another's: there it is another object. */
function ensureOurs(name: string): void {
  const { child, names } = copies, other = child ?? names.get(name)?.copy;
  if (other === undefined || other === thisCopy) return;
  if (other !== child && names.get(name)?.isOpen() !== true) return;
  throw new MisuseError(
    `Cannot use the name "${name}", which means another object to another copy: ${twoCopies(other)}`,
  );
}

/** This process has an object by that name. */
function noteName(family: Family, name: string, address: number): void {
  const { names } = copies, generation = family.allocator.generationOf(address);
  if (names.size >= crowded) {
    for (const [known, use] of names) if (!use.isOpen()) names.delete(known);
    crowded = Math.max(64, 2 * names.size);
  }
  names.set(name, { copy: thisCopy, isOpen: () => family.allocator.isHeld(address, generation) });
}

/** Address of the word that leads to the entry of `name`, and the entry; entry 0 = there is none. */
function find(family: Family, bucket: number, name: string): { link: number; entry: number } {
  let link = bucket;
  for (;;) {
    const entry = family.arena.load(link) >>> 0;
    if (entry === 0 || nameIn(family, entry) === name) return { link, entry };
    link = entry + HEADER_WORDS;
  }
}

function nameIn(family: Family, entry: number): string {
  const segment = family.arena.segment(entry), at = entry - segment.start + HEADER_WORDS;
  // A copy: TextDecoder refuses shared memory.
  return decoder.decode(segment.u8.slice((at + 3) * 4, (at + 3) * 4 + (segment.i32[at + 2] as number)));
}

/** Completes what a dead agent committed to the directory; part of recovery. */
export function settleNames(family: Family): void {
  namesLock(family).with(() => {});
}

/** The name of an object, if it has one. */
export function nameOf(family: Family, address: number): string | undefined {
  const entry = family.arena.load(address + H_NAME) >>> 0;
  return entry === 0 ? undefined : nameIn(family, entry);
}

/**
 * Joins the object called `name`, or creates it. `create` prepares a block in this agent's hands; `check` throws when the
 * object found is not what the caller means. Either way this agent then holds it.
 */
export function joinOrCreate(
  family: Family,
  name: string,
  create: () => number,
  check: (address: number) => void,
): number {
  if (typeof name !== "string" || name === "") {
    throw new MisuseError("Cannot use a name that is not a non-empty string");
  }
  if (!name.isWellFormed()) {
    throw new MisuseError(`Cannot use the name ${JSON.stringify(name)}: it has half of a character (a lone surrogate)`);
  }
  ensureOurs(name);
  const bytes = encoder.encode(name);
  const bucket = bucketOf(bytes);
  const lock = namesLock(family);
  const joined = lock.with(() => {
    const found = find(family, bucket, name);
    if (found.entry !== 0) {
      const address = family.arena.load(found.entry + HEADER_WORDS + 1) >>> 0;
      check(address);
      family.allocator.addHolder(address); // it can't go: its name, which this lock guards, would go first
      return address;
    }
    const address = create();
    const entry = family.allocator.allocate(12 + bytes.length);
    const segment = family.arena.segment(entry), at = entry - segment.start + HEADER_WORDS;
    segment.i32[at] = 0;
    segment.i32[at + 1] = address;
    segment.i32[at + 2] = bytes.length;
    segment.u8.set(bytes, (at + 3) * 4);
    family.allocator.setKind(entry, KIND_NAME);
    family.allocator.publish(address);
    lock.stage(found.link, entry);
    lock.stage(entry + H_STATE, BLOCK_PART);
    lock.stage(address + H_NAME, entry);
    lock.commit();
    return address;
  });
  noteName(family, name, joined);
  return joined;
}

/**
 * Takes an object's name out of the directory while `unused()`; false when it got a user in the meantime. `unused` is asked in
 * a `still` section of the allocator: it must be false when the block is another's by now.
 */
export function unlinkName(family: Family, address: number, unused: () => boolean): boolean {
  const lock = namesLock(family);
  let entry = 0;
  const gone = lock.with(() => {
    // With a name it can't go afterwards: that would go first. Without one it can, and its words be somebody's payload.
    const word = family.allocator.still(() => unused() ? family.arena.load(address + H_NAME) : undefined);
    if (word === undefined) return false;
    entry = word >>> 0;
    if (entry === 0) return true;
    const name = nameIn(family, entry);
    const found = find(family, bucketOf(encoder.encode(name)), name);
    lock.stage(found.link, family.arena.load(entry + HEADER_WORDS));
    lock.stage(entry + H_LINK, family.self);
    lock.stage(entry + H_STATE, BLOCK_TRANSIT);
    lock.stage(address + H_NAME, 0);
    lock.commit();
    return true;
  });
  if (entry !== 0 && gone) {
    const generation = family.allocator.generationOf(entry);
    eventually(() => family.allocator.free(entry, generation));
  }
  return gone;
}

registerCare(KIND_NAME);
