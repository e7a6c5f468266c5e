/**
 * Values that a server keeps as the bytes that they came as: it needs none of the program's codecs for them, and reads them only
 * where an operation looks in. Small plain values travel as they are, since that is quicker.
 *
 * A client seals a value; what is decoded of that on the server is a kept value; what a client decodes of that is the value.
 */

import {
  decode,
  encodeInParts,
  encodeSmall,
  registerShareable,
  shareable,
  type ShareableType,
  writeEncoded,
} from "../codec/codec.ts";
import { queueMicrotask, TextDecoder } from "../base/originals.ts";
import type { Family } from "../family/family.ts";
import { KIND_BYTES } from "../memory/layout.ts";
import { hold } from "../objects/blocks.ts";
import type { Handle } from "../objects/messages.ts";
import { Attachment, SharedObject } from "../objects/object.ts";
import { FamilyLink } from "../wire/handles.ts";

/** Room for a value that is small. */
const scratch = new Uint8Array(512);

/** A value's bytes, and the objects whose handles are in them. */
interface Content {
  readonly bytes: Uint8Array;
  readonly handles: readonly Handle[];
}

/** A value on its way to the server. */
class Sealed {
  readonly content: Content;

  constructor(content: Content) {
    this.content = content;
  }
}

/** Keeps an object that is used in a value: a handle that nobody sees. */
export class Keeper extends SharedObject {
  override isSeen = false;

  constructor(family: Family, handle: Handle) {
    hold(family, handle);
    super({ label: "object", kind: KIND_BYTES, words: 0 }, new Attachment(family, handle));
  }
}

/** A value on the server, which keeps the objects in it. */
export class Kept {
  readonly content: Content;
  readonly #family: Family;
  readonly #keepers: readonly Keeper[];
  #identity: string | undefined;

  constructor(content: Content, family: Family) {
    this.content = content;
    this.#family = family;
    this.#keepers = content.handles.map((handle) => new Keeper(family, handle));
  }

  /** The same for values of equal content. */
  get identity(): string {
    return this.#identity ??= textOf(this.content.bytes);
  }

  /** The value. */
  open(): unknown {
    const value = decode(this.content.bytes, new FamilyLink(this.#family));
    this.drop();
    return value;
  }

  /** The same once more, when it was dropped and a message still carries the objects in it. */
  renewed(): Kept {
    return new Kept(this.content, this.#family);
  }

  /** Nobody needs it any more; what goes out at this moment is still sent. */
  drop(): void {
    if (this.#keepers.length > 0) queueMicrotask(() => this.#keepers.forEach((keeper) => keeper.close()));
  }
}

const latin1 = new TextDecoder("latin1");

/** Bytes as a string that is the same for the same bytes, and for no others. */
export function textOf(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/**
 * A value as it travels to the server, which keeps it; `root` (default "value") names it in errors. SerializationError when it
 * can't travel.
 */
export type Seal = (value: unknown, root?: string) => unknown;

const seals = new WeakMap<Family, Seal>();

/** How the values of a family are sealed. */
export function sealFor(family: Family): Seal {
  let seal = seals.get(family);
  if (seal === undefined) seals.set(family, seal = (value, root = "value") => sealIn(family, value, root));
  return seal;
}

function sealIn(family: Family, value: unknown, root: string): unknown {
  const isPrimitive = typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol";
  if (isPrimitive || value === null || encodeSmall(value, scratch, 0) >= 0) return value;
  const link = new FamilyLink(family), encoded = encodeInParts(value, link, root);
  const bytes = new Uint8Array(encoded.length);
  writeEncoded(encoded, bytes, 0);
  return new Sealed({ bytes, handles: link.handles });
}

/** A value that the server kept is gone from where it was. */
export function drop(value: unknown): void {
  if (value instanceof Kept) value.drop();
}

type Wire = readonly [Uint8Array, readonly number[]];

/** Bytes and handles, as they travel: the message that they are in carries the handles. */
function wireOf({ bytes, handles }: Content, link: FamilyLink): Wire {
  link.handles.push(...handles);
  return [bytes, handles.flatMap(({ address, generation }) => [address, generation])];
}

function contentOf([bytes, words]: Wire): Content {
  const handles: Handle[] = [];
  for (let i = 0; i < words.length; i += 2) {
    handles.push({ address: words[i] as number, generation: words[i + 1] as number }); // they are pairs
  }
  return { bytes, handles };
}

const sealedType: ShareableType<object> = {
  name: "Sealed",
  is: (value): value is Sealed => value instanceof Sealed,
  encode: (value, link) => wireOf((value as Sealed).content, link as FamilyLink),
  decode: (wire, link) => new Kept(contentOf(wire as Wire), (link as FamilyLink).family),
};
const keptType: ShareableType<object> = {
  name: "Kept",
  is: (value): value is Kept => value instanceof Kept,
  encode: (value, link) => wireOf((value as Kept).content, link as FamilyLink),
  decode: (wire, link) => decode((wire as Wire)[0], new FamilyLink((link as FamilyLink).family)) as object,
};
registerShareable(sealedType);
registerShareable(keptType);
Object.defineProperty(Sealed.prototype, shareable, { value: sealedType });
Object.defineProperty(Kept.prototype, shareable, { value: keptType });
