/**
 * Where a pipe and its two ends lie in memory.
 *
 * ```
 * end (KIND_CONNECTION, an object with handles)                                   written
 *   0  address of the pipe      1  its generation     2  which end: 0 or 1        once
 *   3  READABLE | WRITABLE                                                        once
 *
 * pipe (KIND_PIPE, belongs to its ends)
 *   0       gone: bit 0 = end 0 has no holder, bit 1 = end 1         whoever frees the end (atomic or)
 *   1, 2    addresses of the ends                                    once
 *   3, 4    generations of the ends: whether they still lie there    once
 *   8…65    direction 0: written by end 0, read by end 1
 *   72…129  direction 1: written by end 1, read by end 0
 *
 * direction
 *   0…33   robust lock with redo log     34…39  ring state
 *   40…48  wait queue of readers         49…57  wait queue of writers
 * ```
 */

import { KIND_CONNECTION, LOCK_WORDS, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import type { Blueprint } from "../objects/object.ts";
import { RING_WORDS } from "../wire/ring.ts";

export const PIPE_GONE = 0;
export const PIPE_ENDS = 1;
export const PIPE_END_GENERATIONS = 3;
/** Offsets of the two directions in a pipe's payload. */
export const DIRECTIONS: readonly [number, number] = [8, 72];
export const PIPE_WORDS = 136;

export const DIRECTION_RING = LOCK_WORDS;
export const DIRECTION_READERS = DIRECTION_RING + RING_WORDS;
export const DIRECTION_WRITERS = DIRECTION_READERS + WAIT_QUEUE_WORDS;

export const END_PIPE = 0;
export const END_PIPE_GENERATION = 1;
export const END_SIDE = 2;
export const END_MODE = 3;
export const END_WORDS = 4;
export const READABLE = 1;
export const WRITABLE = 2;

export const endBlueprint: Blueprint = { label: "connection", kind: KIND_CONNECTION, words: END_WORDS };
