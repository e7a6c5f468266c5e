/**
 * The whole package, as a child loads it when it needs more than its target: whatever it is sent can be built then. The
 * package's own targets are here too.
 */

import "../mod.ts";

export { serveManager } from "./managers/server.ts";
export { servePool } from "./pool/worker.ts";
export { reviveProcess } from "./process/process.ts";
export { leaveReport } from "./process/report.ts";
export { decode } from "./codec/codec.ts";
export { FamilyLink } from "./wire/handles.ts";
