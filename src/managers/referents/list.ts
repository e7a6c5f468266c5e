/** The arrays behind ListProxies: lists, and Arrays of a type code. */

import { MisuseError } from "../../errors/base.ts";
import { checkElement, codeOf, type TypeCode } from "../../shared/typecodes.ts";
import { drop } from "../kept.ts";
import { idOf, idOfLookup } from "./content.ts";
import type { Host, Methods, Referent } from "./referent.ts";

/** A new list. */
export function listReferent({ family }: Host, init: unknown[]): Referent {
  const list = init;
  const indexOf = (value: unknown): number => {
    const id = idOfLookup(value, family);
    return list.findIndex((item) => sameValue(idOf(item, family), id));
  };
  return {
    methods: {
      ...reading(list),
      indexOf,
      includes: (value: unknown) => indexOf(value) >= 0,
      set(index: number, value: unknown): void {
        try {
          const at = indexIn(list, index);
          [list[at], value] = [value, list[at]];
        } finally {
          drop(value); // what was there before, or what can't be there
        }
      },
      push: (...items: unknown[]) => pushAll(list, items),
      unshift(...items: unknown[]) {
        list.splice(0, 0, ...items);
        return list.length;
      },
      pop: () => dropped([list.pop()])[0],
      shift: () => dropped([list.shift()])[0],
      splice: (...args: [number, number?, ...unknown[]]) => dropped(list.splice(...args as [number, number])),
    },
    dispose: () => void dropped(list),
  };
}

/** A new array of a type code. */
export function arrayReferent(_host: Host, code: TypeCode, sizeOrValues: unknown): Referent {
  codeOf(code, "an Array");
  const array = elementsOf(code, sizeOrValues);
  const indexOf = (value: unknown): number => array.findIndex((item) => sameValue(item, value));
  const refuse = (): never => {
    throw new MisuseError("Cannot change the length of an Array: it is fixed; use manager.list()");
  };
  return {
    methods: {
      ...reading(array),
      indexOf,
      includes: (value: unknown) => indexOf(value) >= 0,
      set(index: number, value: unknown): void {
        const at = indexIn(array, index);
        checkElement(code, value);
        array[at] = value;
      },
      push: refuse,
      pop: refuse,
      shift: refuse,
      unshift: refuse,
      splice(start: number, ...rest: [number?, ...unknown[]]) {
        const [, ...items] = rest, after = array.slice();
        after.splice(...[start, ...rest] as [number, number]);
        if (after.length !== array.length) refuse();
        for (const item of items) checkElement(code, item);
        return array.splice(...[start, ...rest] as [number, number]);
      },
    },
  };
}

function elementsOf(code: TypeCode, sizeOrValues: unknown): unknown[] {
  if (typeof sizeOrValues !== "number") {
    const values = sizeOrValues as unknown[];
    for (const value of values) checkElement(code, value);
    return values;
  }
  if (!Number.isInteger(sizeOrValues) || sizeOrValues < 0) {
    throw new RangeError(`Cannot create an Array: its length is ${sizeOrValues}, it takes an integer from 0`);
  }
  return new Array<unknown>(sizeOrValues).fill(code === "q" || code === "Q" ? 0n : 0);
}

/** What all arrays do that changes no element. */
function reading(list: unknown[]): Methods {
  return {
    at: (index: number) => list.at(index),
    length: () => list.length,
    slice: (...args: [number?, number?]) => list.slice(...args),
    copy: () => list.slice(),
    sort: () => sort(list),
    reverse: () => void list.reverse(),
  };
}

/** As Array.push, of any number of items. */
function pushAll(list: unknown[], items: readonly unknown[]): number {
  for (const item of items) list.push(item);
  return list.length;
}

function dropped(items: unknown[]): unknown[] {
  for (const item of items) drop(item);
  return items;
}

/** As Map and Array.includes compare. */
function sameValue(a: unknown, b: unknown): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

function indexIn(list: readonly unknown[], index: unknown): number {
  const at = Number.isInteger(index) && (index as number) < 0 ? (index as number) + list.length : index as number;
  if (Number.isInteger(at) && at >= 0 && at < list.length) return at;
  throw new RangeError(`Cannot set the item at ${String(index)}: the list has ${list.length} items`);
}

/** Numbers by their value, NaN last; strings by their UTF-16 code units. */
function sort(list: unknown[]): void {
  if (list.every((item) => typeof item === "number" || typeof item === "bigint")) {
    const isLast = (item: unknown): boolean => Number.isNaN(item);
    (list as (number | bigint)[]).sort((a, b) =>
      isLast(a) || isLast(b) ? Number(isLast(a)) - Number(isLast(b)) : a < b ? -1 : a > b ? 1 : 0
    );
  } else if (list.every((item) => typeof item === "string")) list.sort();
  else {
    throw new TypeError(
      "Cannot sort the list: its items are not all numbers, or all strings; sort a copy(), and put it in with splice()",
    );
  }
}
