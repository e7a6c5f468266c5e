/** A program whose child throws; it prints the child's exit code. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";

export function unlucky(): void {
  throw new RangeError("thrown by the target", { cause: new TypeError("the cause") }); // in throws.ts
}

if (isMain(import.meta)) {
  const one = new mp.Process({ target: unlucky, name: "the unlucky one" });
  await one.start();
  console.log(await one.join());
}
