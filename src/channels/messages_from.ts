/** Iterating over a connection. */

import { EOFError } from "../errors/outcomes.ts";

/** Messages as they come, until the other end is closed. A link that was lost is no end: it throws. */
export async function* messagesFrom<In>(connection: { recv(): Promise<In> }): AsyncIterableIterator<In> {
  for (;;) {
    let message: In;
    try {
      message = await connection.recv();
    } catch (error) {
      if (error instanceof EOFError && error.cause === undefined) return;
      throw error;
    }
    yield message;
  }
}
