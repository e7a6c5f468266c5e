/** A program that starts what can't start: once nobody asks how it went, once only join() does, once it is closed. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";

if (isMain(import.meta)) {
  const target = new URL("../bad_input.ts#nope", import.meta.url);
  const forgotten = new mp.Process({ target });
  forgotten.start();
  const joined = new mp.Process({ target });
  joined.start();
  joined.start();
  const closed = new mp.Process({ target });
  closed.close();
  closed.start();
  const before = joined.exitcode;
  const outcome: string = await joined.join().then(String, (error: Error) => error.name);
  await forgotten.sentinel;
  // An unhandled rejection would come after a turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(outcome, before, forgotten.exitcode, "end");
}
