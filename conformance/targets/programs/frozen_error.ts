/** A program that lets nobody change Error; it prints its child's exit code. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";

export function nothing(): void {}

if (isMain(import.meta)) {
  Object.freeze(Error);
  const one = new mp.Process({ target: nothing });
  await one.start();
  console.log(await one.join());
}
