/** A program whose child loads a module with a global that has no name. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";

if (isMain(import.meta)) {
  const one = new mp.Process({ target: new URL("../unnamed_global.ts#f", import.meta.url) });
  await one.start();
  console.log(await one.join());
}
