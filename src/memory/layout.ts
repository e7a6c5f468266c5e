/**
 * Where everything lies in a family's memory: the control segment, agent lines and block headers.
 *
 * An ADDRESS is a number of 4-byte words from the start of the memory (an unsigned 32-bit number: 16 GiB). Memory is handed
 * out in GRANULES of 256 KiB. Consecutive granules that are one thing are a RUN, and a run in use is one SEGMENT, the unit of
 * mapping: a SLAB (one granule, cut into small blocks of one size class) or one large block. See granules.ts and slabs.ts.
 *
 * ```
 * control segment (granules 0 to 3), in words
 *      0  magic               root, once
 *      1  granules in use     under the arena lock
 *      2  highest agent index ever used + 1     under the table lock, only grows
 *      3  deaths              counts recoveries: a ring after a change means "look at everything again"
 *      4  workers started     the n of "pid:n" idents; atomic add
 *      5  free granules       of those in use up to word 1      under the arena lock
 *      6  empty slabs         slabs without a block in use      under the arena lock
 *      7  last generation     of all blocks                     under the arena lock, only grows (and wraps)
 *      8  spinning            bitmap of agents that busy-wait       each its own bit; cleared by recovery
 *     64  arena lock          robust lock + redo log, LOCK_WORDS
 *    128  table lock          the same: agent lines and recovery
 *    192  names lock          the same
 *    256  open slabs          one a size class: granule of the first slab with a free block, 0 = none   under the arena lock
 *    512  name buckets        256 words: address of the first name entry               under the names lock
 *   1024  kept granules       bitmap, 2048 words: free, and their pages are still there      under the arena lock; see granules.ts
 *   4096  agent lines         256 × 16 words
 *  65536  granule table       65536 words                    under the arena lock; see granules.ts
 * 131072  slab table          65536 x 2 words                under the arena lock; see slabs.ts
 * 262144  end
 * ```
 *
 * ```
 * agent line (16 words)       written by
 *   0  generation << 4 | state    who creates it, itself, who declares it dead
 *   1  process id                 itself (a worker: its host's)
 *   2  bell descriptor            itself ("process")
 *   3  bell inode, low            itself
 *   4  bell inode, high           itself
 *   5  parent's owner id          the parent
 *   6  boot block                 the parent: what to run; it frees it when the child has loaded that
 *   7  report block               the child: the error its start ended with, freed by the parent
 *   8  exit code                  the child, before it ends
 *   9  exit code is set           the child
 *  10  bell word                  rings counted by others ("worker")
 *  11  request                    the parent: the signal by which a worker is to end itself
 *  12  thread number              the parent: n of ident "pid:n", 0 for a process
 *  13  stage                      the child: STAGE_LOADING, STAGE_LOADED, STAGE_FAILED
 *  14  thread id              itself ("worker"): the system's, 0 where that is no help
 * ```
 *
 * ```
 * block header (16 words), in front of every block's payload
 *   0  generation             of all blocks that the family ever had, which one this is: never 0
 *   1  kind                   what the payload is (0 = plain bytes)
 *   2  next                   free, of a slab: 1 + index of the slab's next free block, 0 = none
 *   3  state                  BLOCK_FREE, BLOCK_TRANSIT, BLOCK_PART, BLOCK_OBJECT
 *   4  link                   transit: owner id of the agent that has it in hand
 *   5…12 holders              bitmap of agents that hold a handle
 *  13  in flight              handles of it inside messages
 *  14  name                   address of its name entry
 *  15  (unused)
 * ```
 *
 * What was a header may become payload and the reverse, when granules change hands. So words are a header only where the
 * granule table and the slab table say that one begins, which stays so while the arena lock is held, or the block is in use.
 */

export const GRANULE_BYTES = 256 * 1024;
export const GRANULE_WORDS = GRANULE_BYTES / 4;
export const GRANULE_SHIFT = 16; // address >>> 16 = granule
export const MAX_GRANULES = 65536;

export const MAGIC = 0x6d70_3032;
export const CONTROL_GRANULES = 4;
export const CONTROL_BYTES = CONTROL_GRANULES * GRANULE_BYTES;

export const C_MAGIC = 0;
export const C_GRANULES = 1;
export const C_AGENTS_END = 2;
export const C_DEATHS = 3;
export const C_THREADS = 4;
export const C_FREE_GRANULES = 5;
export const C_EMPTY_SLABS = 6;
export const C_GENERATION = 7;
export const C_SPINNING = 8;
export const C_ARENA_LOCK = 64;
export const C_TABLE_LOCK = 128;
export const C_NAMES_LOCK = 192;
export const C_OPEN_SLABS = 256;
export const C_NAMES = 512;
export const NAME_BUCKETS = 256;
export const C_KEPT = 1024;
export const C_AGENTS = 4096;
export const C_GRANULE_TABLE = 65536;
export const C_SLAB_TABLE = 131072;

/** Agents of a family; index 0 is nobody. */
export const MAX_AGENTS = 256;
export const AGENT_WORDS = 16;
/** Words of a bitmap with a bit for each agent. */
export const BITMAP_WORDS = MAX_AGENTS / 32;

export const A_STATE = 0;
export const A_PID = 1;
export const A_BELL_FD = 2;
export const A_BELL_INODE_LOW = 3;
export const A_BELL_INODE_HIGH = 4;
export const A_PARENT = 5;
export const A_BOOT = 6;
export const A_REPORT = 7;
export const A_EXITCODE = 8;
export const A_EXITED = 9;
export const A_BELL_WORD = 10;
export const A_REQUEST = 11;
export const A_THREAD = 12;
export const A_STAGE = 13;
export const A_THREAD_ID = 14;

export const AGENT_FREE = 0;
export const AGENT_STARTING = 1;
export const AGENT_RUNNING = 2;
/** It runs no more; what it held is still its own. */
export const AGENT_DEAD = 3;
/** It is recovered; the line is kept until its parent has read how it ended. */
export const AGENT_ENDED = 4;

export const STAGE_LOADING = 0;
export const STAGE_LOADED = 1;
export const STAGE_FAILED = 2;

export const HEADER_WORDS = 16;
export const H_GENERATION = 0;
export const H_KIND = 1;
export const H_NEXT = 2;
export const H_STATE = 3;
export const H_LINK = 4;
export const H_HOLDERS = 5;
export const H_IN_FLIGHT = 13;
export const H_NAME = 14;

export const BLOCK_FREE = 0;
/** In one agent's hands, on its way into or out of an object; freed when that agent dies. */
export const BLOCK_TRANSIT = 1;
/** Belongs to an object (a ring of a queue, a large frame in it, a name entry); freed with it. */
export const BLOCK_PART = 2;
/** Has handles; freed with the last of them. */
export const BLOCK_OBJECT = 3;

/** Entry of the first granule of a run in use: RUN_USED | size class of a slab's blocks << CLASS_SHIFT | granules. */
export const RUN_USED = 0x4000_0000;
/** Entry of the first granule of a free run: RUN_FREE | granules. */
export const RUN_FREE = 0x2000_0000;
/** Entry of another granule of a run: RUN_INNER | first granule. */
export const RUN_INNER = 0x1000_0000;
export const CLASS_SHIFT = 16;

/** Granules of the run whose first entry that is. */
export function granulesIn(entry: number): number {
  return entry & 0xffff;
}

/** Size class of the blocks in the run whose first entry that is; 0 = it is one large block. */
export function classIn(entry: number): number {
  return (entry >>> CLASS_SHIFT) & 0xff;
}

/** First entry of a run in use. */
export function runEntry(count: number, sizeClass: number): number {
  return RUN_USED | (sizeClass << CLASS_SHIFT) | count;
}

/** Smallest block: 128 bytes. */
export const MIN_CLASS = 7;
/** Blocks above half a granule are a run, and so a segment, of their own. */
export const OWN_SEGMENT_CLASS = 18;
/** Largest block: 4 GiB, what an ArrayBuffer may have on all runtimes. */
export const MAX_BLOCK_BYTES = 4 * 1024 ** 3;

/** Words of a robust lock: owner, committed entries, and room for 16 (address, value) pairs. */
export const REDO_ENTRIES = 16;
export const LOCK_WORDS = 2 + 2 * REDO_ENTRIES;
/** Words of a wait queue: a bit for each agent, and where the last rotation ended. */
export const WAIT_QUEUE_WORDS = BITMAP_WORDS + 1;

/** What a payload is; recovery and tracing go by it. */
export const KIND_BYTES = 0;
export const KIND_NAME = 1;
export const KIND_LOCK = 2;
export const KIND_RLOCK = 3;
export const KIND_VALUE = 4;
export const KIND_ARRAY = 5;
export const KIND_QUEUE = 6;
export const KIND_PIPE = 7;
export const KIND_CONNECTION = 8;
export const KIND_MESSAGE = 9;
export const KIND_SEMAPHORE = 10;
export const KIND_BOUNDED_SEMAPHORE = 11;
export const KIND_EVENT = 12;
export const KIND_CONDITION = 13;
export const KIND_BARRIER = 14;
export const KIND_SHARED_MEMORY = 15;
export const KIND_JOINABLE_QUEUE = 16;
export const KIND_SIMPLE_QUEUE = 17;
export const KIND_MANAGER = 18;
export const KIND_REFERENT = 19;
