/** Program 5: ten processes write to a Value of type "d" and an Array of type "i". */

import { assertArrayIncludes, assertEquals, assertInstanceOf } from "../../assert.ts";
import type { SharedArray } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { f } from "../../targets/tutorial/05_value_array.ts";
import { joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

/** Made once: an array has no close(), it goes when nobody refers to it any more. */
let array: SharedArray<"i"> | undefined;

export const valueArrayCases: readonly Case[] = [
  {
    name: "tutorial/05 a Value and an Array hold what ten processes wrote",
    timeLimit: MINUTE,
    async run({ mp }) {
      const num = new mp.Value("d", 0.0);
      const arr = array ??= new mp.Array("i", numbers);
      assertInstanceOf(arr, Int32Array);
      arr.set(numbers);
      assertEquals([...arr], [...numbers]);
      const processes = startTen((i) => new mp.Process({ target: f, args: [num, arr, i] }));
      assertEquals(await joinAll(processes), zeros);
      assertArrayIncludes(numbers.map((i) => i * i), [num.value]);
      assertEquals([...arr], [0, -1, -2, -3, -4, -5, -6, -7, -8, -9]);
      num.close();
    },
  },
];
