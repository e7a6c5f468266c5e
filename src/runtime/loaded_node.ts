/** What Node tells of the modules that it has loaded. */

import { JSON } from "../base/originals.ts";
import type { Session } from "node:inspector";
import { builtin, isLoadable, nodeProcess, urlInStack } from "./node_builtins.ts";
import type { LoadedModules } from "./runtime.ts";
import { lacksFile, pathOfUrl, readSource } from "./source_files.ts";

/** Under which the inspector finds the function that is asked for. */
const MAILBOX = "multiprocessing: a function";

interface InternalProperties {
  readonly internalProperties?: readonly { readonly name: string; readonly value?: { readonly value?: unknown } }[];
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
}

/** URLs of scripts. To have them named makes the engine go through its heap: 600 ms for one of 600 MB. */
const scripts = new Map<string, string>();

/** The script of a function, by the inspector: a stack only tells who calls, and may speak of sources. */
function scriptOf(fn: object): string | undefined {
  let session: Session | undefined;
  try {
    const inspector = builtin("node:inspector");
    session = new inspector.Session();
    session.connect();
    // All of this is answered before post() returns. The profiler isn't enabled, since to disable it would end the profile of
    // others; the debugger would take 40 ms to name the scripts.
    const ask = (method: string, parameters: object): unknown => {
      let answer: unknown;
      session?.post(method, parameters, (_error: unknown, result: unknown) => answer = result);
      return answer;
    };
    Reflect.set(inspector, Symbol.for(MAILBOX), fn);
    const expression = `process.getBuiltinModule("node:inspector")[Symbol.for(${JSON.stringify(MAILBOX)})]`;
    const { result } = ask("Runtime.evaluate", { expression }) as { result: { objectId: string } };
    Reflect.deleteProperty(inspector, Symbol.for(MAILBOX));
    const { internalProperties } = ask("Runtime.getProperties", {
      objectId: result.objectId,
      ownProperties: true,
    }) as InternalProperties;
    const place = internalProperties?.find(({ name }) => name === "[[FunctionLocation]]")?.value?.value;
    const { scriptId } = place as { readonly scriptId: string };
    if (!scripts.has(scriptId)) {
      const { result } = ask("Profiler.getBestEffortCoverage", {}) as { result: readonly Script[] };
      for (const script of result) scripts.set(script.scriptId, script.url);
    }
    const url = scripts.get(scriptId) ?? "";
    const found = urlInStack(url);
    return isLoadable(found) ? found : undefined;
  } catch {
    return undefined; // Node was built without it, or it isn't permitted
  } finally {
    session?.disconnect();
  }
}

/**
 * What a module exports. `require` gives that of one that is loaded, by whatever it was, and reads the file of one that isn't:
 * it then gets a text that no module can be made of, so that it stays unloaded.
 */
function exportsOf(url: string): ReturnType<LoadedModules["exportsOf"]> {
  const path = pathOfUrl(url);
  if (path === undefined) return undefined;
  const { createRequire, registerHooks } = builtin("node:module") as Partial<typeof import("node:module")>;
  const require = createRequire?.(path);
  const known = require?.cache[path];
  if (known !== undefined) return { exports: known.exports };
  if (require === undefined || registerHooks === undefined) return undefined; // before Node 22.15
  // What a compiler has put in Node's place would read the file by itself.
  const { extensions } = require, reader = extensions[/\.[^./]*$/.exec(path)?.[0] ?? ""] ?? extensions[".js"];
  if (!String(reader).includes("loadSource(")) return undefined;
  let isRead = false;
  const hooks = registerHooks({
    load() {
      isRead = true;
      return { format: "module", source: "no module", shortCircuit: true };
    },
  });
  try {
    return { exports: require(path) };
  } catch (error) {
    // Not by instanceof: it may be of another realm, as in a test runner.
    return isRead && Object(error).name === "SyntaxError" ? "not loaded" : undefined;
  } finally {
    hooks.deregister();
  }
}

export const nodeModules: LoadedModules = {
  looksOnly: true,
  textsDiffer: false,
  *all() {
    const { cache } = builtin("node:module").createRequire(nodeProcess().execPath); // from wherever: it is one cache
    for (const path of Object.keys(cache)) yield [urlInStack(path), cache[path]?.exports]; // of CommonJS alone
  },
  scriptOf,
  exportsOf,
  sourceOf: readSource,
  lacks: lacksFile,
  resolve: () => undefined, // scriptOf tells more
};
