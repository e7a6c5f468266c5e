/** What a child does: joins the family, loads its target, tells its parent, runs it, and ends. */

import { loadMessage } from "../objects/messages.ts";
import type { Family } from "../family/family.ts";
import { joinFamily } from "../family/families.ts";
import { A_BOOT, A_REQUEST, A_STAGE, STAGE_FAILED, STAGE_LOADED } from "../memory/layout.ts";
import { runtime } from "../runtime/current.ts";
import type { Boot } from "../runtime/runtime.ts";
import type { decode } from "../codec/codec.ts";
import type { FamilyLink } from "../wire/handles.ts";
import { setBirth } from "../family/identity.ts";
import { textOf } from "../base/words.ts";
import type { BootLetter } from "./letter.ts";
import { readLetter } from "./letter.ts";
import { setLogLevel } from "./log_level.ts";
import { ExitSignal, isEnding, leave, noteExit, obey, recordExit, vanish } from "./exit.ts";
import type { reviveProcess } from "./process.ts";
import type { leaveReport } from "./report.ts";
import { setMainModule } from "../targets/main.ts";
import { cannotLoad, resolveReference } from "../targets/resolve.ts";

/** Exit code of a child whose target can't come to its end any more; Node's own for a top-level await. */
const UNSETTLED = 13;

/** What only some children need of the rest of the package. */
interface Whole {
  readonly decode: typeof decode;
  readonly FamilyLink: typeof FamilyLink;
  readonly leaveReport: typeof leaveReport;
  readonly reviveProcess: typeof reviveProcess;
}

type LoadWhole = () => Promise<Whole>;

/** A child on its way to its target. */
interface Start {
  readonly family: Family;
  readonly letter: BootLetter;
  readonly whole: LoadWhole;
  /** Until the target can run, or the start has failed. */
  loading: boolean;
  /** Until the target has come to its end. */
  running: boolean;
}

/** Runs this process as a child; `whole` loads the rest of the package. */
export async function runChild(whole: LoadWhole): Promise<void> {
  const start = begin(await runtime.receiveBoot(), whole);
  if (start === undefined) return void await vanish(1);
  try {
    const run = await prepare(start);
    if (!start.loading || isEnding()) return; // something has failed, or a module ends this process
    start.loading = false;
    tell(start, STAGE_LOADED);
    await run();
    start.running = false;
  } catch (error) {
    return void await failed(start, error);
  }
  await leave(runtime.exitCode());
}

/** Joins the family, and takes on who this process is; undefined when the parent has died meanwhile. */
function begin(boot: Boot, whole: LoadWhole): Start | undefined {
  const family = joinFamily(boot, Number(boot.args[0]));
  const letter = openLetter(family);
  const { name, lineage, daemon, authkey, parent } = letter;
  setBirth({ family, name, lineage, daemon, authkey, parent });
  setMainModule(letter.mainModule);
  setLogLevel(letter.logLevel);
  // It may have died before we asked to die with it.
  if (boot.method === "process" && runtime.parentPid() !== parent.pid) return undefined;
  runtime.interceptExit(noteExit);
  const start: Start = { family, letter, whole, loading: true, running: true };
  runtime.onUncaught((error) => {
    // A module may fail beside its import, in a promise that nobody awaits.
    const { target } = letter;
    const isOfModule = start.loading && target !== null && !ExitSignal.is(error);
    void (isOfModule ? failed(start, cannotLoad(target.modules[0] ?? "", error, target), error) : fail(name, error));
  });
  runtime.onIdle(() => neverSettles(start));
  obeyRequests(family);
  return start;
}

/** What the parent wrote; it frees that when it is told that all was taken from it. */
function openLetter(family: Family): BootLetter {
  return readLetter(loadMessage(family, family.agents.get(family.self, A_BOOT) >>> 0).bytes);
}

/** Imports the target's module, then builds the arguments: their classes may be registered there. */
async function prepare({ family, letter, whole }: Start): Promise<() => unknown> {
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

function tell({ family, letter }: Start, stage: number): void {
  family.agents.set(family.self, A_STAGE, stage);
  family.bells.ring(letter.parent.owner);
}

/** The start, or what it led to, has ended with an error. The parent hears of it when this child was still loading. */
function failed(start: Start, error: unknown, shown: unknown = error): Promise<void> {
  const told = start.loading ? report(start, error) : Promise.resolve();
  start.loading = false;
  return told.finally(() => fail(start.letter.name, shown));
}

async function report(start: Start, error: unknown): Promise<void> {
  try {
    await (await start.whole()).leaveReport(start.family, error);
  } finally {
    tell(start, STAGE_FAILED);
  }
}

/** Nothing keeps this child alive any more: false when it has come to its end, else it never would. */
function neverSettles(start: Start): boolean {
  if (!start.running || isEnding()) return false;
  start.running = false;
  const { name, target } = start.letter;
  if (start.loading) {
    void failed(start, cannotLoad(target?.modules[0] ?? "", new Error("a top-level await in it never settles")));
    return true;
  }
  recordExit(UNSETTLED);
  runtime.writeError(`Process ${name}: its target never settled, and nothing is left that could make it\n`);
  void leave(UNSETTLED);
  return true;
}

/** An error that nobody caught ends a child: traceback on stderr, exit code 1. */
async function fail(name: string, error: unknown): Promise<void> {
  if (ExitSignal.is(error)) return void await leave(error.exitcode);
  recordExit(1); // first: what can't be told isn't to change the end
  runtime.writeError(`Process ${name}:\n${textOf(error)}\n`);
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
