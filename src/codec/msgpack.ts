/** MessagePack, configured: bytes for null, booleans, numbers, bigints, strings, byte arrays, plain objects and arrays. */

// @ts-ignore: this entry of msgpackr, which needs neither eval nor environment access, comes without types.
import * as msgpackr from "msgpackr/index-no-eval";
import { SerializationError } from "../errors/outcomes.ts";

/** The part of msgpackr's `Packr` that is used here. */
interface Packr {
  pack(value: unknown, options: number): Uint8Array & { start: number; end: number };
  unpack(bytes: Uint8Array, range: { start: number; end: number }): unknown;
  useBuffer(buffer: Uint8Array): void;
}

const library = msgpackr as unknown as {
  readonly Packr: new (options: Readonly<Record<string, unknown>>) => Packr;
  readonly REUSE_BUFFER_MODE: number;
  readonly RESET_BUFFER_MODE: number;
  readonly RESERVE_START_SPACE: number;
};

// No extension is registered: msgpackr's registry is one for the whole process, and other code may use it too.
const packr = new library.Packr({
  useRecords: false, // records keep state from one message to the next
  mapsAsObjects: true,
  variableMapSize: true,
  useBigIntExtension: true,
  useToJSON: false,
  structuredClone: false,
  copyBuffers: true,
  writeFunction: () => {
    throw new SerializationError("a function appeared in the value while it was being encoded");
  },
});

/**
 * A longer scratch buffer isn't kept for the next messages. For a string msgpackr makes one of twelve bytes a character, most of
 * which are never touched: this keeps that of a mebibyte.
 */
const SCRATCH_LIMIT = 1 << 24;
const SCRATCH_SIZE = 1 << 13;
const MODE = library.REUSE_BUFFER_MODE | library.RESET_BUFFER_MODE | library.RESERVE_START_SPACE;

/** Also makes its scratch buffer: a throw in the middle of that, for want of stack, would leave half of it made. */
const firstScratch = packr.pack(null, MODE);
/** A throw has ended a call in the middle: msgpackr's buffer and its view of that may be two things. */
let isBroken = false;

/** Packs `value` behind `reserve` (at most 255) free bytes. The result is valid until the next call. */
export function pack(value: unknown, reserve: number): Uint8Array {
  if (isBroken) packr.useBuffer(freshScratch());
  isBroken = true;
  const scratch = packr.pack(value, MODE | reserve);
  isBroken = false;
  // A plain Uint8Array, since `slice` of a node Buffer doesn't copy.
  const bytes = new Uint8Array(scratch.buffer, scratch.byteOffset + scratch.start, scratch.end - scratch.start);
  if (scratch.byteLength > SCRATCH_LIMIT) packr.useBuffer(freshScratch());
  return bytes;
}

/** A buffer of the class that msgpackr has chosen: Buffer of Node where there is one. */
function freshScratch(): Uint8Array {
  const { allocUnsafeSlow } = firstScratch.constructor as { allocUnsafeSlow?: (bytes: number) => Uint8Array };
  return allocUnsafeSlow?.(SCRATCH_SIZE) ?? new Uint8Array(SCRATCH_SIZE);
}

const range = { start: 0, end: 0 };
/** A message up to this length is copied before it is read: that is cheaper than another view. */
const COPY_LIMIT = 1 << 12;
const copy = new Uint8Array(COPY_LIMIT);

/** Reads the one value in `bytes` from `start` to `end`. */
export function unpack(bytes: Uint8Array, start: number, end: number): unknown {
  // Never `bytes` itself: msgpackr leaves a property on what it reads, and its copies take after the class of it.
  if (bytes.length <= COPY_LIMIT) {
    copy.set(bytes);
    range.start = start;
    range.end = end;
    return packr.unpack(copy, range);
  }
  range.start = 0;
  range.end = end - start;
  const { buffer, byteOffset } = bytes;
  // A TextDecoder doesn't read shared memory.
  const isShared = buffer instanceof SharedArrayBuffer;
  return packr.unpack(
    isShared ? bytes.slice(start, end) : new Uint8Array(buffer, byteOffset + start, end - start),
    range,
  );
}
