/** Reading what a module imports. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ImportsOf } from "./imports.ts";

const read = (source: string) =>
  new ImportsOf(source).imports.map(({ specifier, bindings }) =>
    `${specifier}: ${bindings.map(({ imported, local }) => `${imported}>${local}`).join(" ")}`
  );

test("each kind of import that has values is seen", () => {
  assert.deepEqual(
    read(`#!/usr/bin/env node
/** A program. */
import first from "./a.ts";
import * as all from './b.ts'
import both, { one, two as second } from "./c.ts"; import { $dollar, type Type } from "./d.ts";
import both2, * as rest from "e";
import {
  long, // a comment, from "x"
  longer,
} from "./f.ts" with { type: "module" };
import type, { kind } from "./g.ts";
import{tight}from"./h.ts";
`),
    [
      "./a.ts: default>first",
      "./b.ts: *>all",
      "./c.ts: default>both one>one two>second",
      "./d.ts: $dollar>$dollar",
      "e: default>both2 *>rest",
      "./f.ts: long>long longer>longer",
      "./g.ts: default>type kind>kind",
      "./h.ts: tight>tight",
    ],
  );
});

test("what CommonJS requires is seen", () => {
  assert.deepEqual(
    read(`const { one, two: second } = require("./a.cjs"), all = require("./b.cjs");
const three = require('./c.cjs').third;
let four = require("./d.cjs")
require("./e.cjs"); const five = load("./f.cjs");
`),
    ["./a.cjs: one>one two>second", "./c.cjs: third>three", "./d.cjs: *>four"],
  );
});

test("what imports no value, or is no statement, isn't", () => {
  assert.deepEqual(
    read(`import type { A } from "./a.ts";
import type B from "./b.ts";
import { type C, type D } from "./c.ts";
import type * as E from "./e.ts";
import "./f.ts";
await import("./g.ts");
console.log(import.meta.url, 'import { h } from "./h.ts"');
// import { i } from "./i.ts"
/* import { j } from "./j.ts"
import { j } from "./j.ts" */
const text = \`
import { k } from "./k.ts";
\`;
const quotes = /["']/, slashes = 1 / 2;
export { l } from "./l.ts";
`),
    [],
  );
  assert.deepEqual(read('const quotes = /["`]/;\nimport { m } from "./m.ts";'), ["./m.ts: m>m"]);
});

test("a binding that is handed over is told from one that is only a type's name", () => {
  const source = new ImportsOf(`import { a, b, c, d, e, T, U, V, W } from "./a.ts"; import * as f from "./f.ts";
await pool.map(a, xs); new Process({ target: b, args: [] }); new Pool(2, { initializer: c });
pool.imap( d ); await pool.map(f.square, xs);
function g(x: T, y: Map<U, V>): W { return x as W } // map(e)
`);
  for (const name of ["a", "b", "c", "d", "f"]) assert(source.handsOver(name), name);
  for (const name of ["e", "T", "U", "V", "W"]) assert(!source.handsOver(name), name);
});

test("a name that stands for one function is told from one that may stand for several", () => {
  const once = (source: string) => new ImportsOf(source).definesOnce("square");
  assert(once("export function square(x: number) { return x * x; }\nsquare(3); object.square = 3"));
  assert(once("export const square = (x: number) => x * x;\nuse({ target: squared })"));
  assert(once("export async function square(x) {}"));
  assert(!once("function square() {}\nconst other = { square: () => 2 };"));
  assert(!once("function square() {}\nconst other = { square() {} };"));
  assert(!once("function one() { function square() {} }\nfunction two() { function square() {} }"));
  assert(!once("export { square } from './other.ts'"));
});
