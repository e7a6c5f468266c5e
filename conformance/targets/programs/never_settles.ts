/** A program whose child awaits what never comes ("target"), or the module of whose child's target does ("module"). */

import { currentProcess, getContext, isMain, type Queue, type StartMethod } from "../../../mod.ts";
import { process } from "../../host.ts";
import { argument } from "../../program.ts";

export async function wait(told: Queue<string>): Promise<void> {
  currentProcess().onExit(() => told.put("hook"));
  await new Promise(() => {});
}

if (isMain(import.meta)) {
  const mp = getContext(process.env["MP_METHOD"] as StartMethod), told = new mp.Queue<string>();
  if (argument(0) === "target") {
    const one = new mp.Process({ target: wait, args: [told], name: "the patient one" });
    await one.start();
    console.log(await one.join(), told.getNowait());
  } else {
    const target = new URL("../process/never_loaded.ts#f", import.meta.url);
    const one = new mp.Process({ target });
    console.log(await one.start().then(() => "started", (error: Error) => error.name));
  }
}
