/** A program that forgot its guard: what starts processes stands in the open, and so runs in every child. */

import { process } from "../../host.ts";
import { mp } from "../context.ts";

export function f(x = 0): number {
  console.log("never"); // a child can't get here: loading this module fails
  return x;
}

console.log("loaded");
switch (process.env["MP_HOW"]) {
  case "awaited": {
    const one = new mp.Process({ target: f });
    await one.start();
    await one.join();
    break;
  }
  case "not awaited": {
    const one = new mp.Process({ target: f });
    one.start();
    await one.join();
    break;
  }
  case "pool": {
    const pool = new mp.Pool(2);
    console.log(await pool.map(f, [1, 2, 3]));
    pool.close();
    await pool.join();
  }
}
