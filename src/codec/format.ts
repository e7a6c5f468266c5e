/** How every message begins, and the order of the bytes here. */

/** First byte: what this version of the package writes, and the only one that it reads. */
export const VERSION = 1;

// Second byte. A plain message goes on with the value as MessagePack; a graph with two zero bytes, the length of its nodes
// (32 bits, big-endian), the nodes as MessagePack, and, from the next multiple of 8, the contents of its ArrayBuffers. A long
// array of numbers goes on as numbers.ts says. An error with a spare goes on with two zero bytes, the length of a graph message
// (32 bits, big-endian), that message, and the one to read when that can't be.
export const PLAIN = 0;
export const GRAPH = 1;
export const NUMBERS = 2;
export const SPARED = 3;

export const PLAIN_HEADER = 2;
export const GRAPH_HEADER = 8;
export const SPARED_HEADER = 8;

/** Whether typed arrays have the lowest byte first, which nearly everywhere they do. */
export const isLittleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
