/** A program that says which runtime it runs on, and with what. */

const { Deno, Bun, process } = globalThis as unknown as {
  Deno?: object;
  Bun?: object;
  process: { argv: string[]; env: Record<string, string | undefined> };
};
const runtime = Deno !== undefined ? "deno" : Bun !== undefined ? "bun" : "node";
console.log(runtime, process.env["MP_METHOD"], ...process.argv.slice(2));
