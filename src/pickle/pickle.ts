/**
 * Python's pickles, of plain data alone. Written in protocol 4, read in 2 to 5.
 *
 * | JavaScript                            | Python                             | back                                  |
 * | ------------------------------------- | ---------------------------------- | ------------------------------------- |
 * | null, undefined                       | None                               | null                                  |
 * | true, false                           | bool                               | boolean                               |
 * | a number that is a safe integer       | int                                | number                                |
 * | every other number, and -0            | float                              | number                                |
 * | bigint                                | int                                | number where that is exact, or bigint |
 * | string, lone surrogates too           | str                                | string                                |
 * | Uint8Array, ArrayBuffer               | bytes (bytearray is read too)      | Uint8Array                            |
 * | Array                                 | list                               | Array                                 |
 * | frozen Array                          | tuple                              | frozen Array                          |
 * | plain object                          | dict whose keys are all str        | plain object                          |
 * | Map                                   | dict                               | Map; object if its keys are all str   |
 * | Set                                   | set (frozenset is read too)        | Set                                   |
 * | Date                                  | datetime, UTC                      | Date                                  |
 *
 * Keys of Python's dicts and members of its sets must be hashable: there an Array is a tuple, a Set a frozenset, and what would
 * be a dict is refused. A datetime without a time zone is read as UTC, and microseconds are cut off. What occurs twice is the
 * same object there too, and lists, dicts and Maps may lead back to themselves. All else is refused.
 */

export { unpickle } from "./reader.ts";
export { pickle } from "./writer.ts";
