/** The base of every shared object's engine: creation, names, handles, closing. */

import { ClosedError, MisuseError } from "../errors/base.ts";
import type { Segment } from "../memory/arena.ts";
import { type Handle, keyOf } from "./messages.ts";
import { disposeBlock, hold, releaseHolder } from "./blocks.ts";
import type { Family } from "../family/family.ts";
import { familyOf } from "../family/families.ts";
import { careOf } from "../family/care.ts";
import { H_KIND, H_NAME, HEADER_WORDS } from "../memory/layout.ts";
import { joinOrCreate, nameOf } from "./names.ts";
import { ensureOptions } from "../base/options.ts";
import { noteUnnamed } from "./unnamed.ts";

/** The option that lets processes share an object without passing it. */
export interface Named {
  /**
   * The same name in one family is the same object: it is made by the first that asks for it, and joined by the others. It is
   * not empty; a library's begins with its package: "my-package/jobs".
   * @default none: a new object, which others get by passing it
   */
  name?: string | undefined;
}

/** In place of a constructor's options: an object that exists already. Never seen by users. */
export class Attachment {
  readonly family: Family;
  readonly handle: Handle;

  constructor(family: Family, handle: Handle) {
    this.family = family;
    this.handle = handle;
  }
}

/** How a new object's block is made. */
export interface Blueprint {
  /** What it is called in errors: "Lock". */
  readonly label: string;
  readonly kind: number;
  readonly words: number;
  /** Prepares the zeroed payload. */
  init?(family: Family, segment: Segment, at: number): void;
  /** Throws MisuseError when the object found under the name isn't what the caller means. */
  check?(family: Family, segment: Segment, at: number): void;
}

/** In place of a constructor's options: an object that belongs to another, and so needs no name. */
export const part: Named = {};

function findOrCreate(family: Family, blueprint: Blueprint, source: Named | undefined): Handle {
  const name = source?.name;
  const create = () => {
    const address = family.allocator.allocate(blueprint.words * 4);
    const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
    segment.i32.fill(0, at, at + blueprint.words);
    family.allocator.setKind(address, blueprint.kind);
    try {
      blueprint.init?.(family, segment, at);
    } catch (error) {
      disposeBlock(family, address);
      throw error;
    }
    return address;
  };
  let address: number;
  if (name === undefined) {
    if (source !== part) noteUnnamed(blueprint.label);
    address = create();
    family.allocator.publish(address);
  } else {
    address = joinOrCreate(family, name, create, (found) => {
      const segment = family.arena.segment(found), at = found - segment.start;
      if (segment.i32[at + H_KIND] !== blueprint.kind) {
        throw new MisuseError(`Cannot make a ${blueprint.label} named "${name}": the name is another class's`);
      }
      blueprint.check?.(family, segment, at + HEADER_WORDS);
    });
  }
  return { address, generation: family.allocator.generationOf(address) };
}

/** An object in a family's memory that this process holds a handle of. Programs see its face (see face.ts). */
export abstract class SharedObject {
  readonly family: Family;
  readonly handle: Handle;
  /** Whether it may come again in a message; one that only keeps the object may not. */
  isSeen: boolean = true;
  /** What the program sees of it: it lives as long as this, so that what comes again in a message is the same object. */
  face: object | undefined;
  /** Its segment and the index of its payload's first word there. */
  protected readonly segment: Segment;
  protected readonly at: number;
  readonly #label: string;
  #closed = false;
  /** Its name when it was closed: the object may be gone since. */
  #lastName: string | undefined;

  constructor(blueprint: Blueprint, source: Attachment | Named | undefined) {
    this.#label = blueprint.label;
    if (source instanceof Attachment) {
      this.family = source.family;
      this.handle = source.handle;
    } else {
      ensureOptions(source, `create a ${blueprint.label}`, { string: "name" });
      this.family = familyOf();
      this.handle = findOrCreate(this.family, blueprint, source);
    }
    const { address } = this.handle;
    this.segment = this.family.arena.segment(address);
    this.at = address - this.segment.start + HEADER_WORDS;
    this.family.objects.set(keyOf(this.handle), [...othersOf(this), new WeakRef<SharedObject>(this)]);
    dropped.register(this, { family: this.family, handle: this.handle }, this);
  }

  /** How it is called in errors: `Lock`, `queue "jobs"`. */
  get title(): string {
    const name = this.#name;
    return name === undefined ? `the ${this.#label}` : `${this.#label} "${name}"`;
  }

  get #name(): string | undefined {
    return this.#closed ? this.#lastName : nameOf(this.family, this.handle.address);
  }

  /** `<lock "print">`, `<queue "jobs" closed>`. */
  toString(): string {
    const name = this.#name;
    return `<${this.#label}${name === undefined ? "" : ` "${name}"`}${this.#closed ? " closed" : ""}>`;
  }

  /** True after close(). */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** ClosedError when this process's handle is closed. `doing`: "put into". */
  ensureOpen(doing: string): void {
    if (this.#closed) throw this.closedError(doing);
  }

  /** What a use after close() throws. */
  protected closedError(doing: string): ClosedError {
    return new ClosedError(`Cannot ${doing} ${this.title}: it is closed`);
  }

  /**
   * Drops this handle; the object goes with the last one. Idempotent. (Two objects that this process made by one name are
   * two handles, though one holder.)
   */
  close(): void {
    if (this.#closed) return;
    this.#lastName = this.#name;
    this.#closed = true;
    try {
      this.onClose();
    } finally {
      dropped.unregister(this);
      dropHandle(this.family, this.handle, othersOf(this));
    }
  }

  /** What a class does before its handle goes; `isClosed` is true already. */
  protected onClose(): void {}
}

/** Handles that a program lost without closing them: the net below close(). */
const dropped = new FinalizationRegistry<{ readonly family: Family; readonly handle: Handle }>(({ family, handle }) => {
  const all = family.objects.get(keyOf(handle)) as WeakRef<SharedObject>[] | undefined;
  if (all === undefined) return;
  const others = all.filter((one) => one.deref() !== undefined);
  if (others.length === 0 && isKept(family, handle)) family.objects.delete(keyOf(handle));
  else dropHandle(family, handle, others);
});

/** This process has one handle less; without `others` it is no holder any more. */
function dropHandle(family: Family, handle: Handle, others: WeakRef<SharedObject>[]): void {
  if (others.length > 0) return void family.objects.set(keyOf(handle), others);
  family.objects.delete(keyOf(handle));
  releaseHolder(family, handle);
}

/**
 * Whether this agent stays a holder though the program has lost its last handle: it has acquired what others know by name, and
 * to them that must not look free. It goes with the agent, or with the close() of one who joins it by name here.
 */
function isKept(family: Family, { address }: Handle): boolean {
  const segment = family.arena.segment(address), at = address - segment.start;
  if (segment.i32[at + H_NAME] === 0) return false;
  // noUncheckedIndexedAccess: the header lies inside
  return careOf(segment.i32[at + H_KIND] as number)?.heldBy?.(family, segment, at + HEADER_WORDS, family.self) ?? false;
}

/** The other open handles of this process for the same object. */
function othersOf(one: SharedObject): WeakRef<SharedObject>[] {
  const all = one.family.objects.get(keyOf(one.handle)) as WeakRef<SharedObject>[] | undefined;
  if (all === undefined) return [];
  return all.filter((other) => {
    const object = other.deref();
    return object !== undefined && object !== one;
  });
}

/** This process holds the object, but makes no handle of it after all. One that it has had before may still be in use. */
export function letGo(family: Family, handle: Handle): void {
  if (!family.objects.has(keyOf(handle))) releaseHolder(family, handle);
}

/** The engine for a handle that came with a message: the one this process has already, or a new one. */
export function attach<T extends SharedObject>(family: Family, handle: Handle, make: (source: Attachment) => T): T {
  for (const one of family.objects.get(keyOf(handle)) ?? []) {
    const known = one.deref() as T | undefined;
    if (known?.isSeen) return known;
  }
  hold(family, handle);
  return make(new Attachment(family, handle));
}
