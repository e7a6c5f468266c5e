/** A program that starts a child with the start method that it is told, and prints its exit code or what went wrong. */

import { getContext, isMain, ProcessError, type StartMethod } from "../../../mod.ts";

export function nothing(): void {}

if (isMain(import.meta)) {
  const { Deno } = globalThis as unknown as { Deno: { readonly args: readonly StartMethod[] } };
  try {
    const { Process, Queue } = getContext(Deno.args[0]);
    new Queue();
    const one = new Process({ target: nothing });
    await one.start();
    console.log(await one.join());
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    console.log(error.name, error.code, error.message);
  }
}
