/** Whatever bytes come: plain data, or a SerializationError; in no time, in no more memory than they are worth. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { SerializationError } from "../errors/outcomes.ts";
import { OP } from "./opcodes.ts";
import { pickle, unpickle } from "./pickle.ts";
import { vectors } from "./vectors_testing.ts";

const text = (value: string) => new TextEncoder().encode(value);
const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const joined = (...parts: (Uint8Array | number | number[])[]) =>
  new Uint8Array(parts.flatMap((part) => typeof part === "number" ? [part] : [...part]));
const head = [OP.PROTO, 4];

/** Numbers that look random, the same each time. */
function dice(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ (state >>> 13)) >>> 0) % end;
  };
}

const prototypes: readonly unknown[] = [Object, Array, Map, Set, Date, Uint8Array].map((type) => type.prototype);

/** Fails unless a value consists of what pickles may make. */
function assertPlain(value: unknown): void {
  const met = new Set<unknown>(), left = [value];
  for (let one = left.pop(); left.length > 0 || one !== undefined; one = left.pop()) {
    if (typeof one !== "object" || one === null || met.has(one)) {
      assert(typeof one !== "function" && typeof one !== "symbol" && one !== undefined);
      if (left.length === 0) return;
      continue;
    }
    met.add(one);
    const prototype: unknown = Object.getPrototypeOf(one);
    assert(prototypes.includes(prototype), Object.prototype.toString.call(one));
    if (one instanceof Uint8Array || one instanceof Date) continue;
    if (one instanceof Map) left.push(...one.keys(), ...one.values());
    else if (one instanceof Set) left.push(...one);
    else {
      for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(one))) {
        assert("value" in descriptor);
        left.push(descriptor.value);
      }
    }
  }
}

/** Reads it; whether it is good. */
function attempt(bytes: Uint8Array): boolean {
  const started = performance.now();
  let value: unknown;
  try {
    value = unpickle(bytes);
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    assert.match(error.message, /^Cannot decode the pickle: ./);
    return false;
  } finally {
    const took = performance.now() - started;
    assert(took < 5000, `${bytes.length} bytes took ${took} ms: ${bytes.slice(0, 200)}`);
  }
  assertPlain(value);
  return true;
}

test("10 000 pickles with changed, lost and foreign bytes, and programs of any opcodes, make nothing but data", () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  const seeds = [
    ...vectors.map(([, , base64]) => fromBase64(base64)),
    pickle([new Date(0), new Map([[1, new Set([[1]])]]), { deep: { deeper: ["x", 2n ** 100n, new Uint8Array(50)] } }]),
  ];
  const roll = dice(1), codes = Object.values(OP);
  const anyOf = <T>(list: readonly T[]) => list[roll(list.length)] as T;
  let good = 0, bad = 0;
  for (let n = 0; n < 12_000; n++) {
    let bytes: Uint8Array;
    if (n % 3 === 0) {
      // A program: opcodes with operands that may fit.
      const parts: number[] = [...head];
      for (let length = roll(60); length > 0; length--) {
        const code = anyOf(codes);
        parts.push(
          code,
          ...Array.from({ length: anyOf([0, 0, 0, 1, 1, 2, 4, 8]) }, () => anyOf([0, 1, 2, 3, 10, roll(256)])),
        );
        if (roll(10) === 0) parts.push(...text("os\nsystem\n"));
      }
      bytes = joined(parts, OP.STOP);
    } else {
      bytes = anyOf(seeds).slice();
      for (let changes = 1 + roll(4); changes > 0; changes--) {
        const at = roll(bytes.length);
        switch (roll(5)) {
          case 0:
            bytes[at] = roll(256);
            break;
          case 1:
            bytes[at] = anyOf(codes);
            break;
          case 2:
            bytes = joined(bytes.slice(0, at), anyOf(codes), bytes.slice(at));
            break;
          case 3:
            bytes = joined(bytes.slice(0, at), bytes.slice(at + 1 + roll(3)));
            break;
          default:
            bytes = joined(bytes.slice(0, at), anyOf(seeds).slice(2));
        }
        if (bytes.length === 0) bytes = joined(head, OP.STOP);
      }
    }
    if (attempt(bytes)) good++;
    else bad++;
  }
  assert(good > 100 && bad > 5000, `${good} good, ${bad} bad`);
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});

test("every opcode at every place of a small pickle, and every byte that is none", () => {
  const whole = pickle([1, { a: [2, "x"] }, Object.freeze([3])]);
  for (let code = 0; code < 256; code++) {
    for (let at = 0; at <= whole.length; at++) attempt(joined(whole.slice(0, at), code, whole.slice(at)));
    attempt(joined(head, code));
    attempt(joined(head, code, new Array(20).fill(0), OP.STOP));
  }
});

test("what makes more than data is refused by its name", () => {
  const call = joined(
    head,
    OP.SHORT_BINUNICODE,
    2,
    text("os"),
    OP.SHORT_BINUNICODE,
    6,
    text("system"),
    OP.STACK_GLOBAL,
  );
  const refused: [Uint8Array, RegExp][] = [
    [joined(call, OP.SHORT_BINUNICODE, 2, text("id"), OP.TUPLE1, OP.REDUCE, OP.STOP), /it names os\.system/],
    [joined(head, OP.GLOBAL, text("posix\nsystem\n"), OP.STOP), /it names posix\.system/],
    [joined(head, OP.GLOBAL, text("builtins\neval\n"), OP.STOP), /it names builtins\.eval/],
    [joined(head, OP.GLOBAL, text("__builtin__\ngetattr\n"), OP.STOP), /it names builtins\.getattr/],
    [joined(head, OP.GLOBAL, text("builtins\nset.__class__\n"), OP.STOP), /it names builtins\.set\.__class__/],
    [joined(head, OP.GLOBAL, text("collections\nOrderedDict\n"), OP.STOP), /it names collections\.OrderedDict/],
    [joined(head, OP.GLOBAL, text("datetime\ntimedelta\n"), OP.STOP), /it holds datetime\.timedelta/],
    [joined(head, OP.MARK, OP.INST, text("os\nsystem\n"), OP.STOP), /opcode INST/],
    [joined(head, OP.MARK, OP.NONE, OP.OBJ, OP.STOP), /opcode OBJ/],
    [joined(head, OP.NONE, OP.EMPTY_TUPLE, OP.NEWOBJ, OP.STOP), /opcode NEWOBJ,/],
    [joined(head, OP.NONE, OP.EMPTY_TUPLE, OP.EMPTY_DICT, OP.NEWOBJ_EX, OP.STOP), /opcode NEWOBJ_EX/],
    [joined(head, OP.EMPTY_DICT, OP.EMPTY_DICT, OP.BUILD, OP.STOP), /opcode BUILD/],
    [joined(head, OP.NONE, OP.BINPERSID, OP.STOP), /opcode BINPERSID/],
    [joined(head, OP.PERSID, text("1\n"), OP.STOP), /opcode PERSID/],
    [joined(head, OP.EXT1, 1, OP.STOP), /opcode EXT1/],
    [joined(head, OP.NEXT_BUFFER, OP.STOP), /opcode NEXT_BUFFER/],
    [joined(head, OP.INT, text("1\n"), OP.STOP), /opcode INT/],
    [joined(head, 1, OP.STOP), /opcode 0x1,/],
    [joined(OP.NONE, OP.STOP), /it isn't one of protocol 2 to 5/],
    [joined(OP.PROTO, 6, OP.NONE, OP.STOP), /its protocol is 6/],
    [joined(head, OP.NONE, OP.STOP, 0), /there is more behind its end/],
    [joined(head, OP.NONE, OP.NONE, OP.STOP), /in the middle of a value/],
  ];
  for (const [bytes, message] of refused) {
    assert.throws(
      () => unpickle(bytes),
      (error) => error instanceof SerializationError && message.test(error.message),
      String(message),
    );
  }
});

test("announced lengths, numbers in the memo, depth and copies are held against the bytes that are there", () => {
  const huge = [0xff, 0xff, 0xff, 0x7f], tooLong = [...huge, ...huge];
  for (const code of [OP.BINUNICODE, OP.BINBYTES, OP.LONG4, OP.BINSTRING]) {
    assert(!attempt(joined(head, code, huge, OP.STOP)));
  }
  for (const code of [OP.BINUNICODE8, OP.BINBYTES8, OP.BYTEARRAY8, OP.FRAME]) {
    assert(!attempt(joined(head, code, tooLong, OP.STOP)));
  }
  assert(attempt(joined(head, OP.NONE, OP.LONG_BINPUT, huge, OP.LONG_BINGET, huge, OP.TUPLE2, OP.STOP)));
  const deep = new Uint8Array(300_002).fill(OP.EMPTY_LIST, 2);
  deep.set(head);
  assert(attempt(joined(deep, new Uint8Array(299_999).fill(OP.APPEND), OP.STOP)));
  assert(!attempt(joined(new Uint8Array(deep).fill(OP.MARK, 2), OP.STOP)));
  // A set of the same thousand members, ten thousand times.
  const members = joined(
    OP.EMPTY_LIST,
    OP.MARK,
    ...Array.from({ length: 1000 }, () => OP.NONE),
    OP.APPENDS,
    OP.BINPUT,
    1,
  );
  const again = [OP.BINGET, 0, OP.BINGET, 1, OP.TUPLE1, OP.REDUCE, OP.POP];
  const copies = joined(
    ...[head, OP.GLOBAL, text("builtins\nset\n"), OP.BINPUT, 0, members],
    ...Array.from({ length: 10_000 }, () => again),
    OP.STOP,
  );
  assert.throws(() => unpickle(copies), /builtins\.set copies more than there is/);
});
