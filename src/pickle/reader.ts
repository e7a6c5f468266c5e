/**
 * Reads pickles of protocols 2 to 5 as plain data, and nothing else.
 *
 * A pickle is a program for a small stack machine; what makes it dangerous is that it may name any function and have it called.
 * Here names are only looked up in the short list of globals.ts, and what is on the stack are descriptions of values (Node), never
 * objects that a further opcode could do something to: the values are made at the end, from a graph that is whole.
 *
 * The npm package `pickleparser` (0.2.1) was looked at first. Its resolver of names can be closed, but not the rest: NEWOBJ, OBJ
 * and BUILD construct and write to whatever lies on the stack, APPEND and SETITEM call methods of it, `__proto__` is a key like
 * any, large integers are rounded, and nothing is checked that the bytes say about the stack and the memo.
 */

import { ProcessError } from "../errors/base.ts";
import { messageOf } from "../base/words.ts";
import { TextDecoder } from "../base/originals.ts";
import { Global, globalNamed } from "./globals.ts";
import { malformed } from "./malformed.ts";
import { nameOf, OP } from "./opcodes.ts";
import { integerOf, textOf } from "./primitives.ts";
import { finish, Node, type Value } from "./values.ts";

const OLDEST = 2, NEWEST = 5;

/** The value that a pickle is of. Throws SerializationError, with the name of the opcode or global that is refused. */
export function unpickle(bytes: Uint8Array): unknown {
  try {
    return new Unpickling(bytes).run();
  } catch (error) {
    if (error instanceof ProcessError) throw error;
    throw malformed(messageOf(error), error); // an integer, or a list, that is larger than the runtime can have
  }
}

const ascii = new TextDecoder("latin1");

class Unpickling {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #code = 0;
  readonly #stack: Value[] = [];
  /** Heights of the stack. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, Value>();
  /** Items and bytes that may still be copied from one value to another: honest pickles copy each once. */
  #copies: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#copies = bytes.length;
  }

  run(): unknown {
    if (this.#bytes[0] !== OP.PROTO) throw malformed(`it isn't one of protocol ${OLDEST} to ${NEWEST}`);
    for (;;) {
      this.#code = this.#u8();
      if (this.#code === OP.STOP) break;
      this.#step(this.#code);
    }
    if (this.#at !== this.#bytes.length) throw malformed("there is more behind its end");
    const value = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0) throw malformed("it ends in the middle of a value");
    return finish(value);
  }

  #step(code: number): void {
    switch (code) {
      case OP.PROTO: {
        const protocol = this.#u8();
        if (protocol < OLDEST || protocol > NEWEST) throw malformed(`its protocol is ${protocol}`);
        return;
      }
      case OP.FRAME:
        this.#need(this.#length(8));
        return;
      case OP.NONE:
        return this.#push(null);
      case OP.NEWTRUE:
        return this.#push(true);
      case OP.NEWFALSE:
        return this.#push(false);
      case OP.BININT:
        return this.#push(this.#view.getInt32(this.#skip(4), true));
      case OP.BININT1:
        return this.#push(this.#u8());
      case OP.BININT2:
        return this.#push(this.#view.getUint16(this.#skip(2), true));
      case OP.LONG1:
        return this.#push(integerOf(this.#take(this.#u8())));
      case OP.LONG4:
        return this.#push(integerOf(this.#take(this.#length(4))));
      case OP.BINFLOAT:
        return this.#push(this.#view.getFloat64(this.#skip(8)));
      case OP.SHORT_BINUNICODE:
        return this.#push(this.#text(1));
      case OP.BINUNICODE:
        return this.#push(this.#text(4));
      case OP.BINUNICODE8:
        return this.#push(this.#text(8));
      case OP.SHORT_BINSTRING:
        return this.#push(this.#ascii(1));
      case OP.BINSTRING:
        return this.#push(this.#ascii(4));
      case OP.SHORT_BINBYTES:
        return this.#push(this.#take(this.#u8()).slice());
      case OP.BINBYTES:
        return this.#push(this.#take(this.#length(4)).slice());
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#push(this.#take(this.#length(8)).slice());
      case OP.EMPTY_LIST:
        return this.#node("list", []);
      case OP.EMPTY_DICT:
        return this.#node("dict", []);
      case OP.EMPTY_SET:
        return this.#node("set", []);
      case OP.EMPTY_TUPLE:
        return this.#node("tuple", []);
      case OP.TUPLE1:
        return this.#node("tuple", this.#popItems(1));
      case OP.TUPLE2:
        return this.#node("tuple", this.#popItems(2));
      case OP.TUPLE3:
        return this.#node("tuple", this.#popItems(3));
      case OP.TUPLE:
        return this.#node("tuple", this.#popMark());
      case OP.FROZENSET:
        return this.#node("set", this.#popMark());
      case OP.APPEND:
        return this.#add("list", this.#popItems(1));
      case OP.APPENDS:
        return this.#add("list", this.#popMark());
      case OP.SETITEM:
        return this.#add("dict", this.#popItems(2));
      case OP.SETITEMS: {
        const items = this.#popMark();
        if (items.length % 2 !== 0) throw malformed("SETITEMS has a key without a value");
        return this.#add("dict", items);
      }
      case OP.ADDITEMS:
        return this.#add("set", this.#popMark());
      case OP.MARK:
        this.#marks.push(this.#stack.length);
        return;
      case OP.POP:
        if (this.#stack.length === (this.#marks.at(-1) ?? 0)) this.#popMark();
        else this.#pop();
        return;
      case OP.POP_MARK:
        this.#popMark();
        return;
      case OP.DUP:
        return this.#push(this.#top());
      case OP.MEMOIZE:
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case OP.BINPUT:
        this.#memo.set(this.#u8(), this.#top());
        return;
      case OP.LONG_BINPUT:
        this.#memo.set(this.#length(4), this.#top());
        return;
      case OP.BINGET:
        return this.#recall(this.#u8());
      case OP.LONG_BINGET:
        return this.#recall(this.#length(4));
      case OP.GLOBAL:
        return this.#push(globalNamed(this.#line(), this.#line()));
      case OP.STACK_GLOBAL: {
        const [module, name] = this.#popItems(2);
        if (typeof module !== "string" || typeof name !== "string") throw malformed("STACK_GLOBAL has no names");
        return this.#push(globalNamed(module, name));
      }
      case OP.REDUCE: {
        const [callee, args] = this.#popItems(2);
        if (!(callee instanceof Global) || !(args instanceof Node) || args.kind !== "tuple") {
          throw malformed("REDUCE has nothing that could be made");
        }
        this.#copies -= callee.cost(args.items);
        if (this.#copies < 0) throw malformed(`${callee.name} copies more than there is`);
        return this.#push(callee.make(args.items));
      }
      default:
        throw malformed(
          `it uses the opcode ${nameOf(code) ?? `0x${code.toString(16)}`}, which plain data doesn't need`,
        );
    }
  }

  /** Room for so many bytes must be there. */
  #need(count: number): void {
    if (count > this.#bytes.length - this.#at) throw malformed(`${this.#name()} announces more bytes than there are`);
  }

  /** Passes so many bytes; where they begin. */
  #skip(count: number): number {
    if (count > this.#bytes.length - this.#at) throw malformed("it is cut off");
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  /** A number of so many bytes. */
  #length(size: 1 | 4 | 8): number {
    const at = this.#skip(size);
    return size === 1
      ? this.#view.getUint8(at)
      : size === 4
      ? this.#view.getUint32(at, true)
      : Number(this.#view.getBigUint64(at, true));
  }

  #take(count: number): Uint8Array {
    this.#need(count);
    const at = this.#skip(count);
    return this.#bytes.subarray(at, at + count);
  }

  #text(size: 1 | 4 | 8): string {
    const text = textOf(this.#take(this.#length(size)));
    if (text === undefined) throw malformed(`${this.#name()} holds no UTF-8`);
    return text;
  }

  /** Text of Python 2. */
  #ascii(size: 1 | 4): string {
    const bytes = this.#take(this.#length(size));
    if (bytes.some((byte) => byte > 0x7f)) throw malformed(`${this.#name()} holds other bytes than ASCII`);
    return ascii.decode(bytes);
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw malformed("it is cut off");
    const line = ascii.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  #node(kind: Node["kind"], items: Value[]): void {
    this.#stack.push(new Node(kind, items));
  }

  #add(kind: Node["kind"], items: Value[]): void {
    const node = this.#top();
    if (!(node instanceof Node) || node.kind !== kind) throw malformed(`${this.#name()} has no ${kind} to add to`);
    for (const item of items) node.items.push(item);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw malformed(`${this.#name()} refers to what isn't there`);
    this.#stack.push(value);
  }

  /** The value on top; one below the last mark isn't there. */
  #top(): Value {
    const value = this.#stack.length > (this.#marks.at(-1) ?? 0) ? this.#stack.at(-1) : undefined;
    if (value === undefined) throw malformed(`${this.#name()} finds nothing on the stack`);
    return value;
  }

  #pop(): Value {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popItems(count: number): Value[] {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count) {
      throw malformed(`${this.#name()} finds too little on the stack`);
    }
    return count === 1 ? [this.#stack.pop() as Value] : this.#stack.splice(-count);
  }

  #popMark(): Value[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw malformed(`${this.#name()} finds no mark`);
    return this.#stack.splice(mark);
  }

  #name(): string {
    return nameOf(this.#code) ?? "";
  }
}
