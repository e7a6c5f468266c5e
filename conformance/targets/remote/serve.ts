/** A program that serves whoever comes: `serve.ts OPTIONS`. It sends back what it is sent; to "memory", bytes that are resident. */

import { AuthenticationError, type Connection, EOFError, Listener } from "../../../mod.ts";
import { collectGarbage, process } from "../../host.ts";
import { argument } from "../../program.ts";

async function serve(connection: Connection): Promise<void> {
  for await (const value of connection) {
    if (value === "memory") collectGarbage();
    await connection.send(value === "memory" ? process.memoryUsage().rss : value);
    if (value === "end") listener.close();
  }
  connection.close();
}

const listener = new Listener(JSON.parse(argument(0)));
console.log(JSON.stringify(listener.address));
let refused = 0;
try {
  for (;;) {
    try {
      serve(await listener.accept()).catch((error: unknown) => {
        if (!(error instanceof EOFError)) throw error; // it was cut
      });
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      refused++;
    }
  }
} catch {
  console.log(`refused ${refused}`);
}
