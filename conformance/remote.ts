/** What cases about listeners share: both ends of a connection, in one program or two. */

import { Client, type ClientOptions, type Connection, Listener, type ListenerOptions } from "../mod.ts";
import { authority, listener as listenerCertificate } from "./certificates.ts";
import { until } from "./host.ts";
import type { Program } from "./host.ts";

export type Address = string | readonly [host: string, port: number];

export const authkey = "secret";

/** A way to be connected, by which options. */
export interface Kind {
  readonly name: "unix" | "TCP" | "TLS";
  readonly listener: ListenerOptions;
  readonly client: ClientOptions;
}

/** Within this machine: a fresh unix socket, and a port that the system chooses. */
export const kinds: readonly Kind[] = [
  { name: "unix", listener: { authkey }, client: { authkey } },
  { name: "TCP", listener: { authkey, address: ["127.0.0.1", 0] }, client: { authkey } },
  {
    name: "TLS",
    listener: { authkey, address: ["127.0.0.1", 0], tls: listenerCertificate },
    client: { authkey, tls: { ca: authority } },
  },
];

/** Both ends of a connection in this program. */
export interface Linked {
  readonly listener: Listener;
  // deno-lint-ignore no-explicit-any -- each case sends what it likes
  readonly client: Connection<any>;
  // deno-lint-ignore no-explicit-any -- each case sends what it likes
  readonly server: Connection<any>;
  close(): void;
}

export async function link(kind: Kind = kinds[0] as Kind): Promise<Linked> {
  const listener = new Listener(kind.listener);
  const client = await Client(listener.address, kind.client);
  const server = await listener.accept();
  return {
    listener,
    client,
    server,
    close() {
      for (const one of [client, server, listener]) one.close();
    },
  };
}

/** Where a program says that it listens: the first line of its output, JSON. */
export async function saidAddress(program: Program): Promise<Address> {
  await until(() => program.stdout().includes("\n"), 20_000, "a program's address");
  return JSON.parse(program.stdout().split("\n")[0] as string) as Address;
}
