/** A program that chooses its start method, and says what happened. */

import {
  cpuCount,
  getAllStartMethods,
  getContext,
  getStartMethod,
  isMain,
  Process,
  Queue,
  setStartMethod,
  type StartMethod,
  task,
} from "../../../mod.ts";

const tell = task(import.meta, async function tell(queue: Queue<string>) {
  let again = "chosen";
  try {
    setStartMethod(getStartMethod());
  } catch (error) {
    again = (error as Error).name;
  }
  await queue.put(`${getStartMethod()} ${getContext().startMethod} ${again}`);
});

function attempt(fn: () => unknown): void {
  try {
    console.log(fn() ?? "done");
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`);
  }
}

if (isMain(import.meta)) {
  console.log(`cpus ${cpuCount()}`);
  const [first, second] = getAllStartMethods();
  console.log(first === getStartMethod() && first === getContext().startMethod);
  attempt(() => setStartMethod("fork" as StartMethod));
  for (const method of [second, first] as const) {
    attempt(() => setStartMethod(method as StartMethod, { force: method === first }));
    attempt(() => setStartMethod(method as StartMethod));
    // What is made without a context is of the chosen method, and so are its children.
    const queue = new Queue<string>();
    const child = new Process({ target: tell, args: [queue] });
    await child.start();
    const said = await queue.get();
    console.log(said === `${method} ${method} MisuseError`, await child.join());
    queue.close();
  }
}
