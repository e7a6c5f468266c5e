/** Targets for cases about listeners. */

import { Client, currentProcess, exit, Listener } from "../../../mod.ts";

/** Connects with the family's authkey, says who it is, and waits for an answer. */
export async function helloFromChild(address: string | [string, number], n: number): Promise<void> {
  const client = await Client<string, unknown>(address, { authkey: currentProcess().authkey });
  await client.send({ n, map: new Map([["n", BigInt(n)]]) });
  if (await client.recv() !== "bye") throw new Error("no bye");
  client.close();
}

/** Ends with a listener that nobody closes. */
export async function leaveListener(how: "return" | "exit" | "throw"): Promise<void> {
  const listener = new Listener();
  const client = await Client<string>(listener.address);
  await client.send("anybody?");
  await (await listener.accept<string>()).recv();
  if (how === "exit") exit(3);
  if (how === "throw") throw new Error("on purpose");
}
