/** What the workers of workerpool do. */

import workerpool from "workerpool";
import { busy, square } from "./tasks.mjs";

workerpool.worker({ square, busy });
