/** A program of Deno whose workers say which permissions they have. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";
import { askPermissions } from "../process/objects.ts";

if (isMain(import.meta)) {
  const kinds = { inherit: "inherit", "read only": { read: true } } as const;
  for (const [name, permissions] of Object.entries(kinds)) {
    const [end, there] = mp.Pipe<Record<string, string>>();
    const child = new mp.Process({ target: askPermissions, args: [there], permissions });
    await child.start();
    console.log(`${name}: ${Object.values(await end.recv()).join(" ")}`);
    await child.join();
    end.close();
    there.close();
  }
  // It can't even load what it is to run.
  const [end, there] = mp.Pipe<unknown>();
  const child = new mp.Process({ target: askPermissions, args: [there], permissions: "none" });
  const ends = await Promise.allSettled([child.start(), child.join()]);
  console.log(`none: ${ends.map((one) => one.status === "rejected" && one.reason.name)} ${child.exitcode}`);
  end.close();
  there.close();
}
