/** How shared objects travel in values: by handle, within their family. */

import { type Link, registerShareable, shareable, type ShareableType } from "../codec/registry.ts";
import { type Copy, thisCopy, twoCopies } from "../base/copies.ts";
import { MisuseError } from "../errors/base.ts";
import type { Family } from "../family/family.ts";
import type { Handle } from "../objects/messages.ts";
import { engineOf, faceOf, setFace } from "../objects/face.ts";
import { attach, type Attachment, type SharedObject } from "../objects/object.ts";
import type { StartMethod } from "../runtime/runtime.ts";

/** The family that a value travels in, and the handles that were met in it. */
export class FamilyLink implements Link {
  readonly family: Family;
  readonly method: StartMethod;
  readonly handles: Handle[] = [];
  /** Whose code packs or reads the value; the objects in it may be another copy's. */
  readonly copy: Copy = thisCopy;

  constructor(family: Family) {
    this.family = family;
    this.method = family.method;
  }
}

/** Lets the objects of a class travel, which the program sees as `face` (the engines themselves where they have none). */
export function registerSharedClass<E extends SharedObject>(
  name: string,
  face: { readonly prototype: object },
  type: new (source: Attachment) => E,
): void {
  const shareableType: ShareableType = {
    name,
    is: (value): value is object => engineOf(value, type) !== undefined,
    // `is` was asked before
    encode: (value, link) => encodeHandle(engineOf(value, type) as E, link, name),
    decode: (wire, link) => faceOf(attach((link as FamilyLink).family, handleFrom(wire), (source) => new type(source))),
  };
  registerShareable(shareableType);
  if (face !== type) setFace(type, face);
  Object.defineProperty(face.prototype, shareable, { value: shareableType });
}

/** A shared object as plain data; it is noted on the link. */
export function encodeHandle(object: SharedObject, link: Link, name: string): [number, number] {
  const { family, handles, copy } = link as FamilyLink;
  if (copy !== thisCopy) throw new MisuseError(`Cannot send a ${name} by another copy: ${twoCopies(copy)}`);
  if (object.family !== family) {
    throw new MisuseError(
      `Cannot send a ${name} of the "${object.family.method}" context to a "${family.method}" child: ` +
        `create it from getContext("${family.method}")`,
    );
  }
  object.ensureOpen("send");
  handles.push(object.handle);
  return [object.handle.address, object.handle.generation];
}

/** A handle from plain data. */
export function handleFrom(wire: unknown): Handle {
  const [address, generation] = wire as [number, number];
  return { address, generation };
}
