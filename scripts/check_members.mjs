/** Checks that what mod.ts exports as classes shows no other string-named members than public_members.mjs lists. */

import process from "node:process";
import * as mp from "../mod.ts";
import { members, statics } from "./public_members.mjs";

/** What every class and every object has. */
const ofClasses = ["length", "name", "prototype"], ofObjects = ["constructor", "toString"];

/** The classes of the language and the platform, and their prototypes: what they have is not ours. @type {Set<unknown>} */
const builtIn = new Set([Function.prototype]);
for (const name of Object.getOwnPropertyNames(globalThis)) {
  for (let at = Reflect.get(globalThis, name); typeof at === "function"; at = Object.getPrototypeOf(at)) {
    builtIn.add(at).add(at.prototype);
  }
}

/** How an instance is made, where a class wants arguments. @type {Record<string, () => unknown>} */
const makers = {
  Barrier: () => new mp.Barrier(2),
  Value: () => new mp.Value("i", 1),
  RawValue: () => new mp.RawValue("i", 1),
  SharedArray: () => new mp.SharedArray("i", 2),
  Array: () => new mp.Array("i", 2),
  RawArray: () => new mp.RawArray("i", 2),
  SharedMemory: () => new mp.SharedMemory({ create: true, size: 8 }),
  ShareableList: () => new mp.ShareableList([1]),
  Pool: () => new mp.Pool(1),
  SyncManager: () => mp.Manager(),
  BufferTooShort: () => new mp.BufferTooShort("", new Uint8Array(0)),
  WorkerDiedError: () => new mp.WorkerDiedError("", 1, 0),
};

/** @param {unknown} value @returns {value is new () => object} */
const isClass = (value) => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/** The string-named members of an object, and of what it inherits from down to what is built in. @param {object} object */
function namesOf(object) {
  /** @type {string[]} */
  const names = [];
  for (let at = object; at !== null && !builtIn.has(at); at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at));
  }
  return ArrayBuffer.isView(object) ? names.filter((name) => !/^\d+$/.test(name)) : names;
}

let faults = 0, classes = 0;
/** @param {string} what @param {object} object @param {string[]} allowed */
function compare(what, object, allowed) {
  const others = new Set(namesOf(object)).difference(new Set(allowed));
  if (others.size === 0) return;
  faults++;
  console.error(`${what} shows ${others.size} more than the contract: ${[...others].sort().join(", ")}`);
}

for (const [name, value] of Object.entries(mp)) {
  if (!isClass(value) && !(name in members)) continue;
  classes++;
  const type = /** @type {new () => object} */ (/** @type {unknown} */ (value));
  const instance = /** @type {object} */ (await (makers[name] ?? (() => new type()))());
  compare(`The class ${name}`, type, [...ofClasses, ...(statics[name] ?? [])]);
  compare(`An instance of ${name}`, instance, [...ofObjects, ...(members[name] ?? [])]);
  if (instance instanceof mp.Pool) instance.terminate();
  if (instance instanceof mp.SyncManager) await instance.shutdown();
  if (instance instanceof mp.SharedMemory) instance.unlink();
  if (instance instanceof mp.Listener) instance.close();
}
const listener = new mp.Listener(), client = await mp.Client(listener.address);
for (const connection of [mp.Pipe()[0], client, await listener.accept()]) {
  compare(`A ${connection.constructor.name}`, connection, [...ofObjects, ...(members["Connection"] ?? [])]);
}
listener.close();
console.log(`${classes} classes, ${faults} faults`);
process.exit(faults > 0 ? 1 : 0);
