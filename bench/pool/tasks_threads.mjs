/** What the threads of poolifier do. */

import { ThreadWorker } from "poolifier";
import { busy, square } from "./tasks.mjs";

/** @typedef {(data?: number) => number} Task What is given is always a number. */

export default new ThreadWorker({ square: /** @type {Task} */ (square), busy: /** @type {Task} */ (busy) });
