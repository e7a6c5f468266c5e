/** What the threads of poolifier do. */

import { ThreadWorker } from "poolifier";
import { busy, square } from "./tasks.mjs";

export default new ThreadWorker({ square, busy });
