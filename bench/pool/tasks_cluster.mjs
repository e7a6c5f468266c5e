/** What the processes of poolifier do. */

import { ClusterWorker } from "poolifier";
import { busy, square } from "./tasks.mjs";

/** @typedef {(data?: number) => number} Task What is given is always a number. */

export default new ClusterWorker({ square: /** @type {Task} */ (square), busy: /** @type {Task} */ (busy) });
