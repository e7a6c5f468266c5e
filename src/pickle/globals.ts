/** Every name that a pickle may mention, and what is made then: data. Nothing of Python's is looked up, or called. */

import { malformed } from "./malformed.ts";
import { Node, type Other, type Value } from "./values.ts";

/** A name on the list. */
export class Global implements Other {
  readonly isOther = true;
  readonly name: string;
  /** Items and bytes that make() copies. */
  readonly cost: (args: readonly Value[]) => number;
  readonly make: (args: readonly Value[]) => Value;

  constructor(name: string, make: (args: readonly Value[]) => Value | undefined, cost = sizeOfFirst) {
    this.name = name;
    this.cost = cost;
    this.make = (args) => {
      const value = make(args);
      if (value === undefined) throw malformed(`${name} is given what it doesn't take`);
      return value;
    };
  }
}

/** datetime.timedelta or datetime.timezone, which go into a datetime only: so many milliseconds, of an offset. */
class Span implements Other {
  readonly isOther = true;
  readonly name: string;
  readonly milliseconds: number;

  constructor(name: string, milliseconds: number) {
    this.name = name;
    this.milliseconds = milliseconds;
  }
}

function sizeOfFirst([first]: readonly Value[]): number {
  if (typeof first === "string" || first instanceof Uint8Array) return first.length;
  return first instanceof Node ? first.items.length : 0;
}

/** set([…]) and frozenset([…]), as before protocol 4. */
function setOf([items, ...rest]: readonly Value[]): Value | undefined {
  if (items === undefined) return new Node("set", []);
  if (rest.length > 0 || !(items instanceof Node) || items.kind === "dict") return undefined;
  return new Node("set", [...items.items]);
}

/** bytes() and bytearray(…), of bytes or of text with an encoding. */
function bytesFrom(args: readonly Value[]): Value | undefined {
  const [content, encoding] = args;
  if (args.length === 0) return new Uint8Array(0);
  if (args.length === 1 && content instanceof Uint8Array) return content.slice();
  if (args.length !== 2 || typeof content !== "string" || !/^latin-?1$/.test(String(encoding))) return undefined;
  const bytes = new Uint8Array(content.length);
  for (let index = 0; index < bytes.length; index++) {
    const unit = content.charCodeAt(index);
    if (unit > 0xff) return undefined;
    bytes[index] = unit;
  }
  return bytes;
}

const DAY_MS = 86_400_000;

function timedelta(args: readonly Value[]): Value | undefined {
  const [days, seconds, microseconds] = args;
  if (
    args.length !== 3 || typeof days !== "number" || typeof seconds !== "number" || typeof microseconds !== "number"
  ) {
    return undefined;
  }
  return new Span("datetime.timedelta", days * DAY_MS + seconds * 1000 + microseconds / 1000);
}

function timezone([offset, name, ...rest]: readonly Value[]): Value | undefined {
  if (!(offset instanceof Span) || offset.name !== "datetime.timedelta" || Math.abs(offset.milliseconds) >= DAY_MS) {
    return undefined;
  }
  if (rest.length > 0 || (name !== undefined && typeof name !== "string")) return undefined;
  return new Span("datetime.timezone", offset.milliseconds);
}

/** Ten bytes: the year, month, day, hour, minute, second, and three of microseconds; without a time zone it is taken for UTC. */
function datetime([state, zone, ...rest]: readonly Value[]): Value | undefined {
  if (!(state instanceof Uint8Array) || state.length !== 10 || rest.length > 0) return undefined;
  if (zone !== undefined && !(zone instanceof Span && zone.name === "datetime.timezone")) return undefined;
  const view = new DataView(state.buffer, state.byteOffset, 10);
  // The month's highest bit tells the second of two hours when clocks are set back: the zone says all that here.
  const year = view.getUint16(0), month = view.getUint8(2) & 0x7f, day = view.getUint8(3);
  const [hour, minute, second] = [view.getUint8(4), view.getUint8(5), view.getUint8(6)];
  const microseconds = view.getUint8(7) * 65_536 + view.getUint16(8);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || year < 1 || year > 9999 || hour > 23 || minute > 59 || second > 59 || microseconds > 999_999) {
    return undefined;
  }
  const time = date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + microseconds / 1000;
  return new Date(Math.floor(time - (zone?.milliseconds ?? 0)));
}

const globals: ReadonlyMap<string, Global> = new Map(
  [
    new Global("builtins.set", setOf),
    new Global("builtins.frozenset", setOf),
    new Global("builtins.bytes", bytesFrom),
    new Global("builtins.bytearray", bytesFrom),
    new Global("_codecs.encode", bytesFrom),
    new Global("datetime.datetime", datetime),
    new Global("datetime.timezone", timezone),
    new Global("datetime.timedelta", timedelta),
  ].map((global) => [global.name, global]),
);

/** The global of that name. Throws SerializationError for every other. */
export function globalNamed(module: string, name: string): Global {
  const full = `${module === "__builtin__" ? "builtins" : module}.${name}`; // of Python 2
  const global = globals.get(full);
  if (global === undefined) throw malformed(`it names ${full.slice(0, 200)}, which is no plain data`);
  return global;
}
