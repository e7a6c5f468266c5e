/** A program with as many children as a family may have, of which nearly all end at the same moment. */

import { isMain, setExecutable } from "../../../mod.ts";
import { argument } from "../../program.ts";
import { makeGate, process, removeFolder, sizeOf, until, writeScript } from "../../host.ts";
import { within } from "../../scale.ts";
import { mp } from "../context.ts";
import { awaitEvent } from "../stops.ts";

const MOST = 254, LASTING = 4;

if (isMain(import.meta)) {
  const over = new mp.Event();
  const lasting = Array.from({ length: LASTING }, () => new mp.Process({ target: awaitEvent, args: [over] }));
  await Promise.all(lasting.map((child) => child.start()));
  // Those that end are shells, which never load anything: each waits until somebody writes into the file.
  const gate = `${argument(0)}/gate`, openGate = makeGate(gate);
  const script = `${argument(0)}/ends`, waiting = `${argument(0)}/waiting`;
  setExecutable(writeScript(script, `exec 3<"${gate}"; echo >>"${waiting}"; read line <&3; exit 0`));
  const ending = Array.from({ length: MOST - LASTING }, () => new mp.Process({ target: awaitEvent, args: [over] }));
  const starts = Promise.allSettled(ending.map((child) => child.start()));
  setExecutable(process.execPath);
  console.log(mp.activeChildren().length);
  const one = new mp.Process({ target: awaitEvent, args: [over] });
  console.log(await one.start().catch((error: Error) => error.name));
  await until(() => sizeOf(waiting) === ending.length, 40_000, "all to wait");
  openGate();
  for (const path of [script, waiting]) removeFolder(path);
  await within(starts, 40_000, "the starts");
  const codes = await within(Promise.all(ending.map((child) => child.sentinel)), 40_000, "the ends");
  console.log(`${codes.filter((code) => code === 0).length} ${mp.activeChildren().length}`);
  const next = new mp.Process({ target: awaitEvent, args: [over] });
  await next.start();
  over.set();
  console.log(String(await Promise.all([...lasting, next].map((child) => child.join()))));
}
