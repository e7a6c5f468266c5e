/** Targets for cases about pipes. */

import { type Connection, getContext, type StartMethod, task } from "../../../mod.ts";

/** Sends 0 … count-1. */
export async function sendNumbers(end: Connection<number>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await end.send(i);
}

/** Answers each number, until null. */
export async function answerAll(end: Connection<number | null, string>): Promise<void> {
  for (;;) {
    const n = await end.recv();
    if (n === null) return;
    await end.send(`<${n}>`);
  }
}

/** Receives a connection, talks through it, and passes on what comes there. */
export async function passOn(end: Connection<unknown>): Promise<void> {
  const { deep: [{ outer }] } = await end.recv() as { deep: [{ outer: Connection<string> }] };
  await outer.send("hello through what came");
  await end.send(await outer.recv());
}

/** Sends through the second end of a pipe that it knows by name. */
export async function sayThrough(name: string, method: StartMethod): Promise<void> {
  const [, second] = getContext(method).Pipe<string>({ name });
  await second.send("hello by name");
}

/** Tries to join a pipe by name that has lost an end, says what came of it, and stays until it may go. */
export async function joinBroken(name: string, method: StartMethod, there: Connection<string>): Promise<void> {
  try {
    getContext(method).Pipe({ name });
    await there.send("joined");
  } catch (error) {
    await there.send(String(error));
  }
  await there.recv();
}

/** Sends back bytes, until a message of none. */
export async function echoBytes(end: Connection): Promise<void> {
  for (;;) {
    const bytes = await end.recvBytes();
    await end.sendBytes(bytes);
    if (bytes.length === 0) return;
  }
}

for (const target of [sendNumbers, answerAll, passOn, sayThrough, joinBroken, echoBytes]) task(import.meta, target);
