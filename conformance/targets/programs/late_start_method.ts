/** A program that chooses its start method after its module has made an object, and says what happened. */

import {
  getAllStartMethods,
  getStartMethod,
  isMain,
  Lock,
  Process,
  Queue,
  setStartMethod,
  type StartMethod,
} from "../../../mod.ts";

const made = new Queue<string>({ name: "late/greetings" });

export async function greet(lock: Lock): Promise<void> {
  await lock.with(() => made.put(`hello from ${getStartMethod()}`));
}

if (isMain(import.meta)) {
  const [first, second] = getAllStartMethods() as [StartMethod, StartMethod];
  for (const method of [second, first]) {
    try {
      setStartMethod(method);
      console.log("done");
    } catch (error) {
      console.log(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }
  const before = new Process({ target: greet, args: [new Lock()] });
  await before.start();
  console.log(await before.join(), await made.get() === `hello from ${first}`);

  setStartMethod(second, { force: true });
  const now = new Queue<string>({ name: "late/greetings" });
  const after = new Process({ target: greet, args: [new Lock()] });
  await after.start();
  console.log(await after.join(), await now.get() === `hello from ${second}`);
  const foreign = new Process({ target: greet, args: [made] as never });
  console.log(await foreign.start().then(() => "started", (error: Error) => error.name));
}
