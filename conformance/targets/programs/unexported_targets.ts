/** A program that wants to run a function that it doesn't export, and one that another export has the name of. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";

function hidden(): void {}

export function twice(): number {
  return 1;
}

if (isMain(import.meta)) {
  const other = { twice: () => 2 };
  for (const target of [hidden, other.twice]) {
    try {
      await new mp.Process({ target }).start();
      console.log("started");
    } catch (error) {
      console.log(String(error));
    }
  }
  console.log("end");
}
