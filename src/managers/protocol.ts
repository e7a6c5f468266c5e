/** What a manager's server and its clients say to each other. */

import type { Queue } from "../channels/queue.ts";

/** Into the server: who asks, the question's number, which object, which method, with what; and at first, where to answer. */
export type Request = readonly [
  client: number,
  id: number,
  object: number,
  method: string,
  args: readonly unknown[],
  replies?: Queue<Reply>,
];

/** Out of the server: the question's number, whether it went well, and the value or error. */
export type Reply = readonly [id: number, ok: boolean, value: unknown];

/** The object that is the server itself: its methods create objects and end it. */
export const SERVER = 0;
