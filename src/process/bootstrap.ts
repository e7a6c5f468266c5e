/** What a child does: joins the family, loads its target, tells its parent, runs it, and ends. */

import { loadMessage } from "../memory/messages.ts";
import type { Family } from "../memory/family.ts";
import { joinFamily } from "../memory/families.ts";
import { A_BOOT, A_REQUEST, A_STAGE, STAGE_FAILED, STAGE_LOADED } from "../memory/layout.ts";
import { runtime } from "../runtime/current.ts";
import type { decode } from "../wire/codec.ts";
import type { FamilyLink } from "../wire/message.ts";
import { setBirth } from "./identity.ts";
import { textOf } from "./text.ts";
import type { BootLetter } from "./letter.ts";
import { readLetter } from "./letter.ts";
import { setLogLevel } from "./log_level.ts";
import { ExitSignal, leave, noteExit, obey, recordExit, vanish } from "./exit.ts";
import type { reviveProcess } from "./process.ts";
import type { leaveReport } from "./report.ts";
import { setMainModule } from "./main.ts";
import { cannotLoad, resolveReference } from "./resolve.ts";

/** What only some children need of the rest of the package. */
interface Whole {
  readonly decode: typeof decode;
  readonly FamilyLink: typeof FamilyLink;
  readonly leaveReport: typeof leaveReport;
  readonly reviveProcess: typeof reviveProcess;
}

type LoadWhole = () => Promise<Whole>;

/** Runs this process as a child; `whole` loads the rest of the package. */
export async function runChild(whole: LoadWhole): Promise<void> {
  const boot = await runtime.receiveBoot();
  const self = Number(boot.args[0]);
  const family = joinFamily(boot, self);
  const letter = openLetter(family);
  const { name, lineage, daemon, authkey, parent } = letter;
  setBirth({ family, name, lineage, daemon, authkey, parent });
  setMainModule(letter.mainModule);
  setLogLevel(letter.logLevel);
  // Our parent may have died before we asked to die with it.
  if (boot.method === "process" && runtime.parentPid() !== letter.parent.pid) return void await vanish(1);
  runtime.interceptExit(noteExit);
  let loading = true;
  runtime.onUncaught((error) => {
    // A module may fail beside its import, in a promise that nobody awaits.
    if (loading && letter.target !== null && !(error instanceof ExitSignal)) {
      loading = false;
      const reported = report(family, whole, letter, cannotLoad(letter.target.modules[0] ?? "", error));
      return void reported.finally(() => fail(letter.name, error));
    }
    void fail(letter.name, error);
  });
  obeyRequests(family);

  let run: () => unknown;
  try {
    run = await prepare(family, whole, letter);
    if (!loading) return; // something has failed, and ends this process
  } catch (error) {
    if (loading) await report(family, whole, letter, error);
    return void await fail(letter.name, error);
  } finally {
    loading = false;
  }
  tell(family, letter, STAGE_LOADED);
  try {
    await run();
  } catch (error) {
    return void await fail(letter.name, error);
  }
  await leave(0);
}

/** What the parent wrote; it frees that when it is told that all was taken from it. */
function openLetter(family: Family): BootLetter {
  return readLetter(loadMessage(family, family.agents.get(family.self, A_BOOT) >>> 0).bytes);
}

/** Imports the target's module, then builds the arguments: their classes may be registered there. */
async function prepare(family: Family, whole: LoadWhole, letter: BootLetter): Promise<() => unknown> {
  const { target } = letter;
  if (target === null) return () => {};
  const found = await resolveReference(target);
  const decoder = async () => {
    const { decode, FamilyLink } = await whole();
    return (bytes: Uint8Array) => decode(bytes, new FamilyLink(family));
  };
  const values = await letter.openArgs(decoder);
  if (target.kind !== "class") return () => found(...values);
  const { reviveProcess } = await whole();
  const process = reviveProcess(found, letter, await letter.openFields(decoder));
  return () => process.run();
}

function tell(family: Family, { parent }: BootLetter, stage: number): void {
  family.agents.set(family.self, A_STAGE, stage);
  family.bells.ring(parent.owner);
}

/** Tells the parent with which error the start has ended. */
async function report(family: Family, whole: LoadWhole, letter: BootLetter, error: unknown): Promise<void> {
  (await whole()).leaveReport(family, error);
  tell(family, letter, STAGE_FAILED);
}

/** An error that nobody caught ends a child: traceback on stderr, exit code 1. */
async function fail(name: string, error: unknown): Promise<void> {
  if (error instanceof ExitSignal) return void await leave(error.exitcode);
  runtime.writeError(`Process ${name}:\n${textOf(error)}\n`);
  recordExit(1);
  await leave(1);
}

/** A worker that can't be stopped from outside stops itself when its parent asks. */
function obeyRequests(family: Family): void {
  if (family.method !== "worker") return;
  const look = () => {
    const signal = family.agents.get(family.self, A_REQUEST);
    if (signal === 0) return;
    obey(signal);
  };
  family.listeners.add(look);
  family.attend();
  look();
}
