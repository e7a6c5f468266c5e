/** Writes plain data as pickles of protocol 4, which CPython reads from 3.4 on. The table of what becomes what is in pickle.ts. */

import { ProcessError } from "../errors/base.ts";
import { SerializationError } from "../errors/outcomes.ts";
import { messageOf } from "../base/words.ts";
import {
  hasExtraElements,
  ordinaryValue,
  refuseExtraElements,
  refuseExtras,
  stringKeys,
} from "../codec/own_properties.ts";
import { article, classNameOf, propertyStep, Refusal, refusedType } from "../codec/refusal.ts";
import { builtinNameOf, viewName } from "../codec/realms.ts";
import { BytesWriter } from "./bytes_writer.ts";
import { OP } from "./opcodes.ts";
import { bytesOf } from "./primitives.ts";

const PROTOCOL = 4;
/** In a memo: it is being written. */
const UNFINISHED = -1;

/** A container that is being written. */
interface Frame {
  readonly object: object;
  /** What comes into it, in order: keys and values of a dict in turn. */
  readonly items: readonly unknown[];
  index: number;
  /** What its items become, where that must be hashable: keys of a dict, members of a set. */
  readonly isKey: (index: number) => boolean;
  /** Closes it, when all items are on the stack. */
  readonly close: number;
  /** The memo that it gets into when it is closed: an immutable one is there only then. */
  readonly late: Map<object, number> | undefined;
  readonly step: (index: number) => string;
}

const never = () => false, always = () => true, isEven = (index: number) => index % 2 === 0;

/** The pickle of a value. Throws SerializationError with the path to what has no counterpart in Python. */
export function pickle(value: unknown): Uint8Array {
  return new Pickling().run(value);
}

class Pickling {
  readonly #out = new BytesWriter();
  readonly #frames: Frame[] = [];
  /** Numbers of what was written; as a key, an array is another object than elsewhere. */
  readonly #memo = new Map<object, number>();
  readonly #keys = new Map<object, number>();
  #memoized = 0;

  run(value: unknown): Uint8Array {
    try {
      this.#out.u8(OP.PROTO);
      this.#out.u8(PROTOCOL);
      this.#value(value, false);
      for (let frame = this.#frames.at(-1); frame !== undefined; frame = this.#frames.at(-1)) this.#advance(frame);
      this.#out.u8(OP.STOP);
      return this.#out.finish();
    } catch (error) {
      if (error instanceof Refusal) {
        const key = error.key === undefined ? "" : propertyStep(error.key);
        throw new SerializationError(`${this.#path()}${key} ${error.message}`);
      }
      if (error instanceof ProcessError) throw error;
      throw new SerializationError(`${this.#path()} can't be read: ${messageOf(error)}`, { cause: error });
    }
  }

  #path(): string {
    return `value${this.#frames.map(({ step, index }) => step(index - 1)).join("")}`;
  }

  #advance(frame: Frame): void {
    if (frame.index < frame.items.length) {
      const index = frame.index++;
      this.#value(frame.items[index], frame.isKey(index));
      return;
    }
    this.#frames.pop();
    this.#out.u8(frame.close);
    if (frame.late !== undefined) this.#memoize(frame.object, frame.late);
  }

  #value(value: unknown, isKey: boolean): void {
    switch (typeof value) {
      case "undefined":
        return this.#out.u8(OP.NONE);
      case "boolean":
        return this.#out.u8(value ? OP.NEWTRUE : OP.NEWFALSE);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.#integer(value);
      case "string":
        return this.#out.text(value, OP.SHORT_BINUNICODE, OP.BINUNICODE);
      case "object":
        return value === null ? this.#out.u8(OP.NONE) : this.#object(value, isKey);
      default:
        throw new Refusal(refusedType(value));
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#out.u8(OP.BINFLOAT);
      this.#out.f64(value);
    } else if (value >= 0 && value < 2 ** 8) {
      this.#out.u8(OP.BININT1);
      this.#out.u8(value);
    } else if (value >= 0 && value < 2 ** 16) {
      this.#out.u8(OP.BININT2);
      this.#out.u16(value);
    } else if (value >= -(2 ** 31) && value < 2 ** 31) {
      this.#out.u8(OP.BININT);
      this.#out.i32(value);
    } else {
      this.#integer(BigInt(value));
    }
  }

  #integer(value: bigint): void {
    this.#out.sized(bytesOf(value), OP.LONG1, OP.LONG4);
  }

  #object(object: object, isKey: boolean): void {
    const known = (isKey ? this.#keys : this.#memo).get(object);
    if (known !== undefined) return this.#recall(known);
    const kind = kindOf(object);
    if (isKey && (kind === "Map" || kind === "Object")) {
      throw new Refusal("would be a dict: in Python, that can be neither a key nor in a set");
    }
    switch (kind) {
      case "Array":
        return this.#array(object as readonly unknown[], isKey);
      case "Object":
        return this.#record(object);
      case "Map":
        return this.#map(object as ReadonlyMap<unknown, unknown>);
      case "Set":
        return this.#set(object as ReadonlySet<unknown>, isKey);
      case "Date":
        return this.#date(object as Date);
      case "Uint8Array":
        if (hasExtraElements(object as Uint8Array)) refuseExtraElements(object as Uint8Array);
        return this.#bytes(object as Uint8Array);
      case "ArrayBuffer":
        refuseExtras(object);
        return this.#bytes(new Uint8Array(object as ArrayBuffer));
      default: {
        const name = classNameOf(object);
        throw new Refusal(`is ${article(name)} ${name}, for which Python has no plain data`);
      }
    }
  }

  #array(array: readonly unknown[], isKey: boolean): void {
    for (let index = 0; index < array.length; index++) {
      if (!(index in array)) throw new Refusal(`has a hole at ${index}`);
    }
    if (hasExtraElements(array)) refuseExtraElements(array);
    const step = (index: number) => `[${index}]`;
    if (isKey || Object.isFrozen(array)) {
      this.#open(array, [...array], isKey ? always : never, OP.TUPLE, step, isKey ? this.#keys : this.#memo);
    } else {
      this.#openMutable(array, OP.EMPTY_LIST, [...array], never, OP.APPENDS, step);
    }
  }

  #set(set: ReadonlySet<unknown>, isKey: boolean): void {
    refuseExtras(set);
    const step = (index: number) => ` (its member ${index})`;
    if (isKey) this.#open(set, [...set], always, OP.FROZENSET, step, this.#keys);
    else this.#openMutable(set, OP.EMPTY_SET, [...set], always, OP.ADDITEMS, step);
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    refuseExtras(map);
    const step = (index: number) => index % 2 === 0 ? ` (its key ${index / 2})` : ` (its value ${(index - 1) / 2})`;
    this.#openMutable(map, OP.EMPTY_DICT, [...map].flat(1), isEven, OP.SETITEMS, step);
  }

  #record(object: object): void {
    const names = stringKeys(object);
    const items = names.flatMap((name) => [name, ordinaryValue(object, name)]);
    const step = (index: number) => propertyStep(names[index >> 1] as string);
    this.#openMutable(object, OP.EMPTY_DICT, items, isEven, OP.SETITEMS, step);
  }

  /** One that may lead back to itself: it is there before its items are. */
  #openMutable(
    object: object,
    empty: number,
    items: readonly unknown[],
    isKey: Frame["isKey"],
    close: number,
    step: Frame["step"],
  ): void {
    this.#out.u8(empty);
    this.#memoize(object, this.#memo);
    if (items.length === 0) return;
    this.#out.u8(OP.MARK);
    this.#frames.push({ object, items, index: 0, isKey, close, late: undefined, step });
  }

  /** One that is made of its items. */
  #open(
    object: object,
    items: readonly unknown[],
    isKey: Frame["isKey"],
    close: number,
    step: Frame["step"],
    memo: Map<object, number>,
  ): void {
    memo.set(object, UNFINISHED);
    this.#out.u8(OP.MARK);
    this.#frames.push({ object, items, index: 0, isKey, close, late: memo, step });
  }

  #memoize(object: object, memo: Map<object, number>): void {
    this.#out.u8(OP.MEMOIZE);
    memo.set(object, this.#memoized++);
  }

  #recall(number: number): void {
    if (number === UNFINISHED) throw new Refusal("leads back to itself: in Python, a tuple can't");
    if (number < 256) {
      this.#out.u8(OP.BINGET);
      this.#out.u8(number);
    } else {
      this.#out.u8(OP.LONG_BINGET);
      this.#out.u32(number);
    }
  }

  #bytes(bytes: Uint8Array): void {
    this.#out.sized(bytes, OP.SHORT_BINBYTES, OP.BINBYTES);
  }

  #date(date: Date): void {
    refuseExtras(date);
    const year = date.getUTCFullYear();
    if (!(year >= 1 && year <= 9999)) throw new Refusal("is a Date of no year from 1 to 9999: Python has none");
    const microseconds = date.getUTCMilliseconds() * 1000;
    this.#global("datetime", "datetime");
    this.#out.sized(
      Uint8Array.of(
        ...[
          year >> 8,
          year & 0xff,
          date.getUTCMonth() + 1,
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
        ],
        ...[date.getUTCSeconds(), microseconds >> 16, (microseconds >> 8) & 0xff, microseconds & 0xff],
      ),
      OP.SHORT_BINBYTES,
      OP.BINBYTES,
    );
    this.#global("datetime", "timezone");
    this.#global("datetime", "timedelta");
    for (let part = 0; part < 3; part++) this.#number(0);
    for (const code of [OP.TUPLE3, OP.REDUCE, OP.TUPLE1, OP.REDUCE, OP.TUPLE2, OP.REDUCE]) this.#out.u8(code);
  }

  #global(module: string, name: string): void {
    for (const text of [module, name]) this.#out.text(text, OP.SHORT_BINUNICODE, OP.BINUNICODE);
    this.#out.u8(OP.STACK_GLOBAL);
  }
}

/** The name of its built-in class, of whatever realm; undefined for that of a program's. */
function kindOf(object: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === null || prototype === Object.prototype) return "Object";
  if (prototype === Array.prototype && Array.isArray(object)) return "Array";
  // Also one of a subclass, as a Buffer.
  return ArrayBuffer.isView(object) ? viewName(object) : builtinNameOf(object);
}
