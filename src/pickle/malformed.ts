/** What is wrong with a pickle. */

import { SerializationError } from "../errors/outcomes.ts";

export function malformed(what: string, cause?: unknown): SerializationError {
  return new SerializationError(`Cannot decode the pickle: ${what}`, cause === undefined ? undefined : { cause });
}
