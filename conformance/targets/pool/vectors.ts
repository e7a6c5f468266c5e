/** A class with a codec that only who loads this module knows, and tasks that take its instances. */

import { registerCodec, task, type Value } from "../../../mod.ts";

export class Vector {
  readonly x: number;
  readonly y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

registerCodec<Vector>(Vector, {
  name: "conformance Vector",
  encode: ({ x, y }) => [x, y],
  decode: ([x, y]: [number, number]) => new Vector(x, y),
});

/** Its length; counts the calls. */
export function length(vector: Vector, calls?: Value): number {
  if (!(vector instanceof Vector)) throw new TypeError("it is no Vector");
  calls?.add(1);
  return Math.hypot(vector.x, vector.y);
}
task(import.meta, length);

let unit: Vector | undefined;

/** An initializer: what lengths are measured by from then on. */
export function measureBy(vector: Vector): void {
  unit = vector;
}

export function unitLength(): number | undefined {
  return unit && length(unit);
}
task(import.meta, unitLength);

/** As length, of an item of a map. */
export function lengthOf([vector, calls]: readonly [Vector, Value]): number {
  return length(vector, calls);
}
task(import.meta, lengthOf);
