/** What the processes of poolifier do. */

import { ClusterWorker } from "poolifier";
import { busy, square } from "./tasks.mjs";

export default new ClusterWorker({ square, busy });
