/** Processes that stop themselves, by a signal, in the middle of what others wait for. */

import { type DictProxy, type Event, exit, type Lock, type Queue } from "../../mod.ts";
import { process } from "../host.ts";
import { mp } from "./context.ts";
import { inNextSection, nothing, standStill } from "./stalls.ts";

/** Stops this process in the middle of its next section. */
function stopInNextSection(): void {
  inNextSection(() => process.kill(process.pid, "SIGSTOP"));
}

/** A manager's client that is stopped in the middle of a call. */
export async function callAndStop(dict: DictProxy<string, number>, ready: Event): Promise<void> {
  await dict.size();
  ready.set();
  stopInNextSection();
  await dict.set("theirs", 1);
}

/** A parent that is stopped in the middle of a start. */
export async function startAndStop(): Promise<void> {
  const child = new mp.Process({ target: nothing });
  stopInNextSection();
  await child.start();
  if (await child.join() !== 0) throw new Error("the child's end");
}

/** Waits until it may end. */
export async function awaitEvent(event: Event): Promise<void> {
  await event.wait();
}

/** A parent that is stopped in the middle of taking back what a dead child had. */
export async function buryAndStop(): Promise<void> {
  const end = new mp.Event(), child = new mp.Process({ target: awaitEvent, args: [end] });
  await child.start();
  stopInNextSection();
  end.set();
  if (await child.join() !== 0) throw new Error("the child's end");
  end.close();
}

/** Starts children one after the other, and joins each. */
export async function startOthers(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const child = new mp.Process({ target: nothing });
    await child.start();
    if (await child.join() !== 0) throw new Error("a child's end");
    child.close();
  }
}

/** Stands still in the middle of taking memory, once it is told to begin. */
export async function standInMemory(inside: Event, goOn: Event, own: Queue<string>): Promise<void> {
  await own.get();
  standStill(inside, goOn, () => own.putNowait("x".repeat(70_000)));
  await own.get();
}

/** Holds a lock until it is killed. */
export async function holdForEver(lock: Lock, held: Event): Promise<void> {
  await lock.acquire();
  held.set();
  await new Promise<never>((_, __) => setTimeout(() => {}, 1e6));
}

/** A task that stops its worker in the middle of putting its result, which is none of the small plain ones. */
export function stopAtResult(pids: Queue<number>): Map<string, number> {
  pids.putNowait(process.pid);
  stopInNextSection();
  return new Map([["result", 1]]);
}

/** A task after which its worker is stopped in the middle of taking the next batch. */
export function stopAtBatch(pids: Queue<number>): number {
  pids.putNowait(process.pid);
  stopInNextSection();
  return 1;
}

/** A task that takes so long. */
export async function idle(milliseconds: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}

/** Ends the process or worker that runs this. */
export function end(): never {
  exit(3);
}
