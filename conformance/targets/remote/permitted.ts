/** A program that talks to itself, with the permissions that it has: `permitted.ts unix|TCP`. */

import { Client, Listener, ProcessError } from "../../../mod.ts";

// Not from `process`, which may take a permission of its own.
const kind: unknown = (globalThis as { Deno?: { args: string[] } }).Deno?.args[0];
try {
  const listener = new Listener({ authkey: "k", address: kind === "TCP" ? ["127.0.0.1", 0] : undefined });
  const client = await Client<string>(listener.address, { authkey: "k" });
  const server = await listener.accept<string>();
  await client.send("they talk");
  console.log(await server.recv());
  for (const one of [client, server, listener]) one.close();
} catch (error) {
  if (!(error instanceof ProcessError)) throw error;
  console.log(error.code, error.message);
}
