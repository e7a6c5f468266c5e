/** The number behind a ValueProxy. */

import { checkAddend, checkElement, codeOf, type TypeCode } from "../../shared/typecodes.ts";
import type { Host, Referent } from "./referent.ts";

/** A new number of that type code. */
export function valueReferent(_host: Host, code: TypeCode, initial: number | bigint | undefined): Referent {
  const { type } = codeOf(code, "a Value"), cell = new type(new ArrayBuffer(8), 0, 1) as unknown as [number | bigint];
  const set = (value: number | bigint): void => {
    checkElement(code, value);
    cell[0] = value;
  };
  if (initial !== undefined) set(initial);
  return {
    methods: {
      get: () => cell[0],
      set,
      add(n: number | bigint) {
        checkAddend(code, n);
        const before = cell[0];
        cell[0] = (before as number) + (n as number); // both are numbers, or both bigints; the typed array wraps
        return before;
      },
      compareExchange(expected: number | bigint, replacement: number | bigint) {
        checkElement(code, expected);
        checkElement(code, replacement);
        const before = cell[0];
        if (before === expected) cell[0] = replacement;
        return before;
      },
    },
  };
}
