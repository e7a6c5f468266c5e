/** Targets for cases about listeners. */

import { Client, currentProcess } from "../../../mod.ts";

/** Connects with the family's authkey, says who it is, and waits for an answer. */
export async function helloFromChild(address: string | [string, number], n: number): Promise<void> {
  const client = await Client<string, unknown>(address, { authkey: currentProcess().authkey });
  await client.send({ n, map: new Map([["n", BigInt(n)]]) });
  if (await client.recv() !== "bye") throw new Error("no bye");
  client.close();
}
