/** The conformance cases as tests of Bun: `MP_METHOD=process bun test ./conformance/drivers/bun.ts`. */

import { test } from "bun:test";
import { install } from "../install.ts";

await install({
  runtime: "bun",
  runtimeVersion: Bun.version,
  test: (name, { skip, timeLimit }, run) => test.skipIf(skip)(name, run, timeLimit),
});
