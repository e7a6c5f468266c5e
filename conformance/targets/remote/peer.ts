/**
 * A program at the other end of a connection: `peer.ts listen|connect OPTIONS [ADDRESS]`, both JSON. It says where it listens,
 * and sends back what comes until null.
 */

import { Client, type ClientOptions, type Connection, Listener, type ListenerOptions } from "../../../mod.ts";
import { argument } from "../../program.ts";

async function echo(connection: Connection): Promise<void> {
  for (;;) {
    const value = await connection.recv();
    if (value === null) break;
    await connection.send(value);
  }
  connection.close();
}

const [role, options] = [argument(0), JSON.parse(argument(1)) as ListenerOptions & ClientOptions];
if (role === "listen") {
  const listener = new Listener(options);
  console.log(JSON.stringify(listener.address));
  await echo(await listener.accept());
  listener.close();
} else {
  await echo(await Client(JSON.parse(argument(2)), options));
}
