/** The parent's side of the letter that a child is born with. */

import { JSON, TextEncoder } from "../base/originals.ts";
import type { Family } from "../family/family.ts";
import { encode } from "../codec/codec.ts";
import { FamilyLink } from "../wire/handles.ts";
import type { Head } from "./letter.ts";

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
  parts.push(args.length === 0 ? new Uint8Array() : encode(args, link, "args").slice());
  parts.push(encode(fields, link, "fields").slice());
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
