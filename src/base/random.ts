/** Random bytes from the runtime's own source, whatever a program has put in its place. */

// Node loads it when the property is read, which takes 6 ms.
const { get, value } = Object.getOwnPropertyDescriptor(globalThis, "crypto") ?? {};

/** So many random bytes. */
export function randomBytes(count: number): Uint8Array {
  const source = (get === undefined ? value : get.call(globalThis)) as Crypto;
  // The prototype's: mocks are put on the object.
  return (Object.getPrototypeOf(source) as Crypto).getRandomValues.call(source, new Uint8Array(count)) as Uint8Array;
}

/** The same in hexadecimal digits, two for each byte. */
export function randomHex(count: number): string {
  return Array.from(randomBytes(count), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
