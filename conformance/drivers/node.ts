/** The conformance cases as tests of Node: `MP_METHOD=process node conformance/drivers/node.ts`. */

import process from "node:process";
import { test } from "node:test";
import { install } from "../install.ts";

await install({
  runtime: "node",
  runtimeVersion: process.versions.node,
  test: (name, { skip }, run) => void test(name, { skip }, run),
});
