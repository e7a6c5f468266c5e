/** A program whose child reads its standard input in every way that there is, and which then reads its own. */

import { getContext, isMain, type Queue, type StartMethod } from "../../../mod.ts";
import { process } from "../../host.ts";

interface Globals {
  readonly Bun?: { readonly stdin: Blob };
  readonly Deno?: {
    readonly stdin: { readonly readable: ReadableStream; read(into: Uint8Array): Promise<number | null> };
  };
}

export async function read(said: Queue<string>): Promise<void> {
  const { Bun, Deno } = globalThis as Globals;
  let text = `${await Deno?.stdin.read(new Uint8Array(9)) ?? ""}`;
  if (Deno !== undefined) text += await new Response(Deno.stdin.readable).text();
  if (Bun !== undefined) {
    for await (const line of console as unknown as AsyncIterable<string>) text += line;
    text += await Bun.stdin.text();
  }
  for await (const chunk of process.stdin) text += String(chunk);
  await said.put(JSON.stringify(text));
}

if (isMain(import.meta)) {
  const mp = getContext(process.env["MP_METHOD"] as StartMethod), said = new mp.Queue<string>();
  const child = new mp.Process({ target: read, args: [said] });
  await child.start();
  console.log("child", await child.join(), await said.get());
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  console.log("root", text);
}
