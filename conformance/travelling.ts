/** Values that must arrive exactly as they were, on every runtime. */

/** Each with how it is made, so that every round has a new one. */
export const travelling: Readonly<Record<string, () => unknown>> = {
  "-0": () => [-0, { zero: -0 }, new Map([[-0, -0]]), new Float64Array([-0])],
  "NaN and infinities": () => [NaN, Infinity, -Infinity],
  "undefined": () => [undefined, { a: undefined }, [undefined]],
  "bigints": () => [0n, -1n, 2n ** 63n, -(2n ** 64n), 2n ** 200n],
  "large integers": () => [2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300],
  "holes": () => [new Array(5), Object.assign([], { 3: "x", length: 6 })],
  "lone surrogates": () => ["\ud800", "a\udc00b", { "\udfff": 1 }],
  "the empty string and NUL": () => ["", "\0", "a\0"],
  "__proto__ as a key": () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}'),
  "the order of keys": () => ({ b: 1, a: 2, 10: 3, 9: 4 }),
  "null prototypes": () => Object.assign(Object.create(null), { a: 1 }),
  "Maps and Sets of anything": () => [new Map<unknown, unknown>([[{ a: 1 }, NaN], [NaN, new Set([[1], null])]])],
  "dates": () => [new Date(0), new Date(-1), new Date(NaN), new Date(8.64e15)],
  "regular expressions": () => [/a+/giu, Object.assign(/b/y, { lastIndex: 3 })],
  "URLs": () => [new URL("https://example.com/a?b=c#d"), new URLSearchParams("a=1&a=2")],
  "boxed primitives": () => [Object(1), Object("text"), Object(false), Object(1n)],
  "typed arrays of all kinds": () => [
    new Int8Array([1]),
    new Uint8Array([1]),
    new Uint8ClampedArray([1]),
    new Int16Array([1]),
    new Uint16Array([1]),
    new Int32Array([1]),
    new Uint32Array([1]),
    new Float32Array([1.5]),
    new Float64Array([1.5]),
    new BigInt64Array([1n]),
    new BigUint64Array([1n]),
    new DataView(new ArrayBuffer(3), 1),
    new ArrayBuffer(4),
    new Uint8Array(0),
  ],
  "views that share a buffer": () => {
    const buffer = new ArrayBuffer(16);
    return [new Uint8Array(buffer), new Uint16Array(buffer, 4, 2), buffer];
  },
  "the same object twice": () => {
    const one = { a: 1 };
    return [one, one, { one }];
  },
  "cycles": () => {
    const loop: Record<string, unknown> = { list: [], map: new Map() };
    loop["self"] = loop;
    (loop["list"] as unknown[]).push(loop);
    (loop["map"] as Map<unknown, unknown>).set(loop, loop);
    return loop;
  },
  "errors": () => [
    new Error("plain"),
    Object.assign(new TypeError("with properties", { cause: new RangeError("why") }), { code: "ENOENT", errno: -2 }),
    new AggregateError([new Error("one"), "two"], "several"),
    new DOMException("stopped", "AbortError"),
  ],
  "deep nesting": () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i++) deep = [deep];
    return [deep].flat(4990);
  },
};
