/**
 * The letter that a child is born with: what it is to run, and who it is.
 *
 * ```
 * 3 words: bytes of the head, of the arguments (0 = there are none), of the fields      then these, then the authkey
 * ```
 *
 * The head is JSON, and small plain arguments are read here, since a child that doesn't need the codec starts sooner. The
 * arguments and fields are encoded by themselves: their classes may be registered by the target's module.
 */

import { JSON, TextDecoder } from "../base/originals.ts";
import { decodeSmall, unread } from "../codec/small_reader.ts";
import type { Reference } from "../targets/reference.ts";

const HEADER_WORDS = 3;

/** What the letter says in plain words. */
export interface Head {
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
  /** Not before the target's module is loaded. `decode` is asked for when there is more in them than small plain values. */
  openArgs(decode: () => Promise<(bytes: Uint8Array) => unknown>): Promise<unknown[]>;
  /** A subclass's own fields; likewise. */
  openFields(decode: () => Promise<(bytes: Uint8Array) => unknown>): Promise<unknown>;
}

/** Reads a letter; `bytes` must not change. */
export function readLetter(bytes: Uint8Array): BootLetter {
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  let at = HEADER_WORDS * 4;
  const [head, args, fields] = [0, 1, 2].map((i) => bytes.subarray(at, at += header.getInt32(i * 4, true))) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const open = async (part: Uint8Array, decode: () => Promise<(bytes: Uint8Array) => unknown>): Promise<unknown> => {
    const value = decodeSmall(part, 0, part.length);
    return value === unread ? (await decode())(part) : value;
  };
  return {
    ...JSON.parse(new TextDecoder().decode(head)) as Head,
    authkey: bytes.slice(at),
    openArgs: (decode) => args.length === 0 ? Promise.resolve([]) : open(args, decode) as Promise<unknown[]>,
    openFields: (decode) => open(fields, decode),
  };
}
