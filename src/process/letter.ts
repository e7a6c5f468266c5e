/**
 * The letter that a child is born with: what it is to run, and who it is.
 *
 * ```
 * 3 words: bytes of the head, of the arguments, of the fields      then these, then the authkey
 * ```
 *
 * The head is JSON, since a child that needs no more of the codec starts 1 ms faster. The arguments and fields are encoded by
 * themselves: their classes may be registered by the target's module.
 */

import type { Family } from "../memory/family.ts";
import { decode, decodeSmall, encode, unread } from "../wire/codec.ts";
import { FamilyLink } from "../wire/message.ts";
import type { Reference } from "./reference.ts";

const HEADER_WORDS = 3;

interface Head {
  readonly target: Reference | null;
  readonly name: string;
  readonly lineage: string;
  readonly daemon: boolean;
  readonly mainModule?: string | undefined;
  /** Least level that is logged. */
  readonly logLevel: string;
  readonly parent: { readonly owner: number; readonly name: string; readonly pid: number; readonly ident: string };
}

/** What a child is told. */
export interface BootLetter extends Head {
  readonly authkey: Uint8Array;
  /** Not before the target's module is loaded. */
  openArgs(): unknown[];
  /** A subclass's own fields; likewise. */
  openFields(): unknown;
}

/** What a letter is made of. */
export interface LetterParts extends Head {
  readonly authkey: Uint8Array;
  readonly args: readonly unknown[];
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The letter's bytes, and the handles in it. SerializationError names the path in `args` or `fields`. */
export function writeLetter(family: Family, { args, fields, authkey, ...head }: LetterParts): {
  readonly link: FamilyLink;
  readonly bytes: Uint8Array;
} {
  const link = new FamilyLink(family);
  const parts: Uint8Array[] = [new TextEncoder().encode(JSON.stringify(head))];
  for (const [root, value] of Object.entries({ args, fields })) parts.push(encode(value, link, root).slice());
  const header = new Int32Array(parts.map(({ length }) => length));
  parts.unshift(new Uint8Array(header.buffer));
  parts.push(authkey);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { link, bytes };
}

/** Reads a letter; `bytes` must not change. */
export function readLetter(family: Family, bytes: Uint8Array): BootLetter {
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  let at = HEADER_WORDS * 4;
  const [head, args, fields] = [0, 1, 2].map((i) => bytes.subarray(at, at += header.getInt32(i * 4, true))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const open = (part: Uint8Array): unknown => {
    const value = decodeSmall(part, 0, part.length);
    return value === unread ? decode(part, new FamilyLink(family)) : value;
  };
  return {
    ...JSON.parse(new TextDecoder().decode(head)) as Head,
    authkey: bytes.slice(at),
    openArgs: () => open(args) as unknown[],
    openFields: () => open(fields),
  };
}
