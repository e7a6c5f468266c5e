/** Shareables and instances of classes with a codec as nodes of a graph: what they are encoded as, then the name. */

import { ProcessError } from "../../errors/base.ts";
import { SerializationError } from "../../errors/outcomes.ts";
import { messageOf } from "../../base/words.ts";
import { type NodeType, nodeType, stringIn } from "./node_type.ts";
import { article, malformed, Refusal } from "../refusal.ts";
import { codecNamed, codecOf, shareableTypeNamed, shareableTypeOf } from "../registry.ts";

const unregistered = new WeakSet<object>();

/** Whether that error says that a class isn't registered here: the same message can be read when it is. */
export function isUnregistered(error: unknown): boolean {
  return unregistered.has(error as object);
}

function notRegistered(message: string): SerializationError {
  const error = new SerializationError(message);
  unregistered.add(error);
  return error;
}

/** Runs the code of a codec. The errors of this package speak for themselves; others get a context. */
function calling<R>(run: () => R, context: (message: string, cause: unknown) => Error): R {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProcessError) throw error;
    throw context(messageOf(error), error);
  }
}

function refusing(codec: string): (message: string, cause: unknown) => Error {
  return (message, cause) => new Refusal(`can't be encoded by its ${codec}: ${message}`, undefined, { cause });
}

function failing(codec: string): (message: string, cause: unknown) => Error {
  return (message, cause) => new SerializationError(`The ${codec} can't decode a value: ${message}`, { cause });
}

export const shareableType: NodeType = nodeType<object>({
  expand(object, { link }) {
    const type = shareableTypeOf(object);
    if (type === undefined) throw new Refusal("is no longer a shareable");
    if (link.method === undefined) {
      throw new Refusal(`is ${article(type.name)} ${type.name}, which only processes of its own family can use`);
    }
    return [calling(() => type.encode(object, link), refusing(`type "${type.name}"`)), type.name];
  },
  create([wire, slot], receiver) {
    const name = stringIn(slot, receiver);
    const type = shareableTypeNamed(name);
    if (receiver.link.method === undefined) throw malformed(`it has a ${name} of another family in it`);
    if (type === undefined) {
      throw notRegistered(`Cannot decode a "${name}": no such shareable type is registered here`);
    }
    return calling(() => type.decode(receiver.resolve(wire), receiver.link), failing(`shareable type "${name}"`));
  },
  step: () => " (its handle)",
});

export const codecType: NodeType = nodeType<object>({
  expand(object) {
    const codec = codecOf(Object.getPrototypeOf(object) as object);
    if (codec === undefined) throw new Refusal("has lost its codec");
    return [calling(() => codec.encode(object), refusing(`codec "${codec.name}"`)), codec.name];
  },
  create([wire, slot], receiver) {
    const name = stringIn(slot, receiver);
    const codec = codecNamed(name);
    if (codec === undefined) {
      throw notRegistered(
        `Cannot decode a "${name}": no codec of that name is registered here (call registerCodec() in a module that every process loads)`,
      );
    }
    return calling(() => codec.decode(receiver.resolve(wire)), failing(`codec "${name}"`));
  },
  step: () => " (as encoded by its codec)",
});
