/** TLS: who is let in by which certificate. */

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../assert.ts";
import { Client, EOFError, Listener, MisuseError, ProcessError, type TlsOptions } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { authority, client as ofClient, listener as ofListener, otherAuthority } from "../../certificates.ts";
import { authkey } from "../../remote.ts";
import { within } from "../../scale.ts";
import { bareClient, cutOff } from "../../sockets.ts";

const address: [string, number] = ["127.0.0.1", 0];

/** What comes of a client with `terms` at a listener with `tls`; undefined: they talked. */
async function outcome(tls: TlsOptions, terms: TlsOptions | undefined, host = "127.0.0.1"): Promise<unknown> {
  const listener = new Listener({ address, authkey, tls });
  const accepting = listener.accept<string>().catch(() => undefined);
  try {
    const port = listener.address[1] as number;
    const client = await within(
      Client<string>([host, port], { authkey, ...(terms !== undefined && { tls: terms }) }),
      5000,
      "a client",
    );
    const server = await accepting;
    await client.send("safe");
    assertEquals(await server?.recv(), "safe");
    for (const one of [client, server]) one?.close();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    listener.close();
    await accepting;
  }
}

export const tlsCases: readonly Case[] = [
  {
    name: "tls/a certificate by an authority that is trusted, for that name: they talk; any other is refused",
    async run() {
      assertEquals(await outcome(ofListener, { ca: authority }), undefined);
      assertEquals(await outcome(ofListener, { ca: authority }, "localhost"), undefined);
      assertEquals(await outcome(ofListener, { ca: authority, servername: "localhost" }), undefined);
      assertEquals(await outcome(ofListener, { rejectUnauthorized: false }), undefined);
      for (const terms of [{ ca: otherAuthority }, {}, { ca: authority, servername: "elsewhere" }]) {
        const error = await outcome(ofListener, terms);
        assertInstanceOf(error, ProcessError);
        assertEquals(error.code, "ERR_MP_CONNECTION");
      }
    },
  },
  {
    name: "tls/a listener with an authority takes only clients with a certificate by it",
    async run() {
      const tls = { ...ofListener, ca: authority };
      assertEquals(await outcome(tls, { ca: authority, ...ofClient }), undefined);
      assertInstanceOf(await outcome(tls, { ca: authority }), EOFError);
    },
  },
  {
    name: "tls/a peer that doesn't speak it, or hangs up, is cut off, and the next is served",
    async run() {
      const listener = new Listener({ address, authkey, tls: ofListener });
      const accepting = listener.accept<string>();
      const socket = await bareClient(listener.address);
      socket.write("GET / HTTP/1.1\r\n\r\n");
      await within(cutOff(socket), 5000, "a bad peer");
      (await bareClient(listener.address)).destroy();
      const idle = await bareClient(listener.address);
      const client = await Client<string>(listener.address, { authkey, tls: { ca: authority } });
      await client.send("good");
      assertEquals(await (await accepting).recv(), "good");
      listener.close();
      await within(cutOff(idle), 5000, "an idle peer");
      const plain = new Listener({ address, authkey });
      await assertRejects(
        () => within(Client(plain.address, { authkey, tls: { ca: authority } }), 5000, "a listener without TLS"),
        ProcessError,
        "Cannot connect to",
      );
      (await accepting).close();
      for (const one of [client, plain]) one.close();
    },
  },
  {
    name: "tls/what is no certificate, or not for it, is refused at once",
    async run() {
      const refused: [() => unknown, string][] = [
        [() => new Listener({ address, authkey, tls: {} }), "tls needs its cert and key"],
        [
          () => new Listener({ address, authkey, tls: { cert: "here", key: "there" } }),
          "tls.cert has no CERTIFICATE in PEM",
        ],
        [
          () => new Listener({ address, authkey, tls: { ...ofListener, key: ofListener.cert } }),
          "tls.key has no PRIVATE KEY",
        ],
        [
          () => new Listener({ address, authkey, tls: { ...ofListener, ca: 1 as never } }),
          "tls.ca is 1, it takes text",
        ],
        [() => new Listener({ address, authkey, tls: "yes" as never }), "tls takes an object"],
        [() => new Listener({ authkey, tls: ofListener }), "tls is for TCP"],
        [() => new Listener({ address, tls: ofListener }), "pass an authkey"],
      ];
      for (const [make, message] of refused) assertThrows(make, MisuseError, message);
      await assertRejects(() => Client(address, { tls: { ca: "none" } }), MisuseError, "tls.ca has no CERTIFICATE");
      const open = new Listener({ address: ["0.0.0.0", 0], authkey, tls: ofListener }); // encrypted: no further word is needed
      open.close();
    },
  },
];
