/**
 * Batches: many small messages in one frame, each with three words and a value that can be bad without spoiling the others.
 *
 * ```
 * batch        number of entries      then the entries
 * entry        word 0, word 1, word 2, bytes of the value      then the value, encoded, in whole words
 * ```
 *
 * What an entry's three words mean is the business of whoever says something in batches: pool/protocol.ts and
 * managers/protocol.ts name them, and nobody else touches them.
 *
 * As a message it comes behind the list of the handles in the values. One without any is written and read where it lies.
 */

import {
  decode,
  decodeSmall,
  type Encoded,
  encodeInParts,
  encodeSmall,
  inOnePlace,
  isUnregistered,
  unread,
  writeEncoded,
} from "../codec/codec.ts";
import { encodeThrown } from "../codec/thrown.ts";
import { HANDLE_FREE, openInPlace, openMessage, packInPlace, packMessage } from "./parcels.ts";
import { FamilyLink } from "./handles.ts";
import type { Family } from "../family/family.ts";
import { hold } from "../objects/blocks.ts";
import type { Handle } from "../objects/messages.ts";
import { letGo } from "../objects/object.ts";
import { type Frame, LARGE_FRAME, type Parcel } from "./ring.ts";

/** Bytes of an entry's four words, and of a batch's one. */
const HEADER_BYTES = 16, COUNT_BYTES = 4;
/** Words of a writer's memory: at first, and what it keeps for the next batch, at most. */
const LEAST_WORDS = 1024, MOST_KEPT_WORDS = 1 << 20;
/** Bytes that there are at least for a value on the short way; one that needs more than there are goes the long way. */
const LEAST_ROOM_BYTES = 64;
/** Where the first entry of a writer lies: behind the empty list of handles and the number of entries. */
const FIRST_ENTRY = HANDLE_FREE + COUNT_BYTES;

/** An entry that was taken out of a batch; `error` when its value couldn't be rebuilt. */
export interface Received {
  readonly word0: number;
  readonly word1: number;
  readonly word2: number;
  readonly value: unknown;
  readonly error?: Unread;
}

/** Why a value couldn't be rebuilt; `again` tries it once more, if it was for want of a class that may come to be registered. */
export interface Unread {
  readonly reason: unknown;
  readonly again?: () => unknown;
}

/** Collects entries until they are sent. */
export class BatchWriter {
  readonly #link: FamilyLink;
  #words = new Int32Array(LEAST_WORDS);
  #bytes = new Uint8Array(this.#words.buffer);
  #length = FIRST_ENTRY;
  #count = 0;

  constructor(family: Family) {
    this.#link = new FamilyLink(family);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds an entry; SerializationError when its value can't travel, and nothing is added. `root` names it in errors. `bare`: see
   * encodeSmall().
   */
  add(word0: number, word1: number, word2: number, value: unknown, root: string, bare = false): void {
    const start = this.#length, body = start + HEADER_BYTES;
    this.#reserve(body + LEAST_ROOM_BYTES);
    let end = encodeSmall(value, this.#bytes, body, bare);
    if (end < 0) {
      const handles = this.#link.handles.length;
      try {
        end = this.#place(encodeInParts(bare ? [...value as unknown[]] : value, this.#link, root), body);
      } catch (error) {
        this.#link.handles.length = handles;
        throw error;
      }
    }
    this.#close(start, end, word0, word1, word2);
  }

  /** As add, for what was thrown: it always travels, if not unchanged. */
  addThrown(word0: number, word1: number, word2: number, thrown: unknown): void {
    const start = this.#length;
    this.#close(
      start,
      this.#place(inOnePlace(encodeThrown(thrown, this.#link)), start + HEADER_BYTES),
      word0,
      word1,
      word2,
    );
  }

  #place(encoded: Encoded, at: number): number {
    this.#reserve(at + encoded.length);
    writeEncoded(encoded, this.#bytes, at);
    return at + encoded.length;
  }

  #close(start: number, end: number, word0: number, word1: number, word2: number): void {
    const body = start + HEADER_BYTES;
    const at = start >>> 2, words = this.#words;
    words[at] = word0;
    words[at + 1] = word1;
    words[at + 2] = word2;
    words[at + 3] = end - body;
    this.#length = (end + 3) & ~3;
    this.#count++;
  }

  /** The batch as a parcel; valid until the next entry is added. */
  pack(): Parcel {
    const { family, handles } = this.#link, words = this.#words, bytes = this.#bytes, length = this.#length;
    words[HANDLE_FREE >>> 2] = this.#count;
    if (handles.length === 0 && length <= LARGE_FRAME) return packInPlace(words, bytes, length);
    return packMessage(family, { handles: [...handles], bytes: bytes.subarray(HANDLE_FREE, length) });
  }

  /** Starts over. */
  clear(): void {
    this.#length = FIRST_ENTRY;
    this.#count = 0;
    this.#link.handles.length = 0;
    if (this.#words.length > MOST_KEPT_WORDS) this.#allocate(LEAST_WORDS);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const words = this.#words;
    this.#allocate(Math.max(words.length * 2, (bytes + 1024) >>> 2));
    this.#words.set(words);
  }

  #allocate(words: number): void {
    this.#words = new Int32Array(words);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }
}

/** The entries in a frame that was taken out; what the frame leaves behind is freed. */
export function openBatch(family: Family, frame: Frame): Received[] {
  const entries = openInPlace(family, frame, readSmallBatch);
  return entries !== unread ? entries : openMessage(family, frame, (bytes, handles) => {
    // A message begins at a whole word.
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2), link = new FamilyLink(family);
    let kept: KeptHandles | undefined;
    const keep = () => kept ??= new KeptHandles(family, handles);
    return readBatch(words, bytes, 0, (value) => decode(value, link), keep) as Received[];
  });
}

/** The objects of a message that may be read once more: held until nobody can. */
class KeptHandles {
  readonly #family: Family;

  constructor(family: Family, handles: readonly Handle[]) {
    this.#family = family;
    for (const handle of handles) hold(family, handle);
    if (handles.length > 0) unkept.register(this, { family, handles });
  }

  decode(bytes: Uint8Array): unknown {
    return decode(bytes, new FamilyLink(this.#family));
  }
}

const unkept = new FinalizationRegistry<{ readonly family: Family; readonly handles: readonly Handle[] }>(
  ({ family, handles }) => {
    for (const handle of handles) letGo(family, handle);
  },
);

function readSmallBatch({ words, bytes }: Frame): Received[] | typeof unread {
  return readBatch(words, bytes, HANDLE_FREE);
}

/**
 * The entries of the batch at `bytes[at]`; `unread` without `slow`, which reads larger values, when there is one. `keep` keeps
 * what is needed to read one again.
 */
function readBatch(
  words: Int32Array,
  bytes: Uint8Array,
  at: number,
  slow?: (value: Uint8Array) => unknown,
  keep?: () => KeptHandles,
): Received[] | typeof unread {
  const count = words[at >>> 2] as number, entries: Received[] = new Array(count);
  at += COUNT_BYTES;
  for (let i = 0; i < count; i++) {
    // noUncheckedIndexedAccess: what the writer wrote
    const word = at >>> 2, word0 = words[word] as number;
    const word1 = words[word + 1] as number, word2 = words[word + 2] as number;
    const body = at + HEADER_BYTES, end = body + (words[word + 3] as number);
    let value = decodeSmall(bytes, body, end), error: Received["error"];
    if (value === unread) {
      if (slow === undefined) return unread;
      value = undefined;
      try {
        value = slow(bytes.subarray(body, end));
      } catch (reason) {
        const kept = isUnregistered(reason) ? keep?.() : undefined, part = bytes.slice(body, end);
        error = kept === undefined ? { reason } : { reason, again: () => kept.decode(part) };
      }
    }
    entries[i] = error === undefined ? { word0, word1, word2, value } : { word0, word1, word2, value, error };
    at = (end + 3) & ~3;
  }
  return entries;
}
