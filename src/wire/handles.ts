/** How shared objects travel in values: by handle, within their family. */

import type { Link, ShareableType } from "../codec/registry.ts";
import { registerShareable, shareable } from "../codec/registry.ts";
import { MisuseError } from "../errors/base.ts";
import type { Family } from "../family/family.ts";
import type { Handle } from "../objects/messages.ts";
import type { Attachment } from "../objects/object.ts";
import { attach, type SharedObject } from "../objects/object.ts";
import type { StartMethod } from "../runtime/runtime.ts";

/** The family that a value travels in, and the handles that were met in it. */
export class FamilyLink implements Link {
  readonly family: Family;
  readonly method: StartMethod;
  readonly handles: Handle[] = [];

  constructor(family: Family) {
    this.family = family;
    this.method = family.method;
  }
}

/** Lets the instances of a class of shared objects travel; `make` builds one for a handle that came. */
export function registerSharedClass<T extends SharedObject>(
  name: string,
  type: abstract new (...args: never[]) => T,
  make: (source: Attachment) => T,
): void {
  const shareableType: ShareableType<T> = {
    name,
    is: (value): value is T => value instanceof type,
    encode: (value, link) => encodeHandle(value, link, name),
    decode: (wire, link) => attach((link as FamilyLink).family, handleFrom(wire), make),
  };
  registerShareable(shareableType);
  Object.defineProperty(type.prototype, shareable, { value: shareableType });
}

/** A shared object as plain data; it is noted on the link. */
export function encodeHandle(object: SharedObject, link: Link, name: string): [number, number] {
  const { family, handles } = link as FamilyLink;
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
