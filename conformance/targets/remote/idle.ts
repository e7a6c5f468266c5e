/** A program that ends with a listener, a connection and a peer that never authenticates, all open; or waits for one of them. */

import { Client, Listener } from "../../../mod.ts";
import { argument } from "../../program.ts";
import { bareClient } from "../../sockets.ts";

const listener = new Listener({ authkey: "secret" });
const client = await Client(listener.address, { authkey: "secret" });
await client.send(1);
const server = await listener.accept();
await server.recv();
await Client(listener.address, { authkey: "secret" }); // waits for accept()
if (argument(0) === "idle") (await bareClient(listener.address)).unref();
console.log("done");
if (argument(0) === "accept") {
  await listener.accept(); // the one that waits
  await listener.accept();
}
if (argument(0) === "recv") await server.recv();
