/** Options that aren't an object: they must not be taken for none. */

import { JSON } from "./originals.ts";
import { MisuseError } from "../errors/base.ts";

/** Which option a caller means who passes its bare value, by the type of that. */
export interface Meant {
  readonly number?: string;
  readonly boolean?: string;
  readonly string?: string;
  readonly function?: string;
}

/** MisuseError, with what to pass, unless `options` is an object or left out. `doing`: "create a Lock". */
export function ensureOptions(options: unknown, doing: string, meant: Meant): void {
  if (options === undefined || (typeof options === "object" && options !== null)) return;
  const given = typeof options === "function"
    ? "a function"
    : typeof options === "string"
    ? JSON.stringify(options)
    : String(options);
  const option = (meant as Readonly<Record<string, string>>)[typeof options];
  const instead = option === undefined ? "an object" : `{ ${option}: ${typeof options === "function" ? "…" : given} }`;
  throw new MisuseError(`Cannot ${doing}: the options are ${given}; pass ${instead}`);
}
