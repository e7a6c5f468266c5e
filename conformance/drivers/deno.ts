/** The conformance cases as tests of Deno: `MP_METHOD=worker deno test -A conformance/drivers/deno.ts`. */

import { install } from "../install.ts";

/** The little of Deno's types that is used here, for compilers that don't have them. */
declare const Deno: {
  readonly version: { readonly deno: string };
  test(options: {
    readonly name: string;
    readonly fn: () => Promise<void>;
    readonly ignore: boolean;
    readonly sanitizeOps: boolean;
    readonly sanitizeResources: boolean;
    readonly sanitizeExit: boolean;
  }): void;
};

await install({
  runtime: "deno",
  runtimeVersion: Deno.version.deno,
  test(name, { skip, first }, run) {
    // The package keeps a read of its bell for some milliseconds after the last wait, in case that another follows.
    const fn = async () => {
      await run();
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    Deno.test({ name, fn, ignore: skip, sanitizeOps: !first, sanitizeResources: !first, sanitizeExit: true });
  },
});
