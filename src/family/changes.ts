/** How families change their memory: the allocator and the table's lock, for all but a child that only runs its target. */

import { Allocator } from "../memory/allocator.ts";
import { C_TABLE_LOCK } from "../memory/layout.ts";
import { giveBackLeft, RobustLock } from "../memory/robust_lock.ts";
import { changesComeFrom } from "./family.ts";

changesComeFrom((family) => ({
  allocator: new Allocator(family.arena, family),
  tableLock: new RobustLock(family.arena, family, family.arena.segment(0), C_TABLE_LOCK, "the family table"),
  giveBackLeft: () => giveBackLeft(family),
}));
