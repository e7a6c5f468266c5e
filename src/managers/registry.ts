/** On a manager's server: the types that a program has registered, and the objects that are made of them. */

import { MisuseError } from "../errors/base.ts";
import { RemoteError } from "../errors/outcomes.ts";
import { describe, isError, messageOf, textOf } from "../base/words.ts";
import { isClass } from "../targets/plain_function.ts";
import type { Reference } from "../targets/reference.ts";
import { resolveReference } from "../targets/resolve.ts";
import type { ReferentEngine } from "./blocks.ts";
import type { Call } from "./call.ts";
import type { Holdings } from "./holdings.ts";
import type { TypeId } from "./names.ts";
import { CustomEngine, IteratorEngine } from "./proxies/custom.ts";
import { customReferent, iteratorOf, iteratorReferent, later, openAll } from "./referents/custom.ts";
import type { CallMethods, Host } from "./referents/referent.ts";
import { types } from "./types.ts";

/** A type as it travels to the server. */
export interface Registration {
  /** What makes an object of it; null: nothing does, its objects are what methods return. */
  readonly callable: Reference | null;
  readonly exposed: readonly string[] | null;
  /** By method: the type of what it returns. */
  readonly methodToTypeid: Readonly<Record<string, string>>;
}

/** Registered types by name. */
export type Registrations = Readonly<Record<string, Registration>>;

const asIs = (value: unknown): unknown => value;

const plain: Omit<Registration, "callable"> = { exposed: null, methodToTypeid: {} };

/** What a server does for the managers that created it, beside creating objects of the types that every server has. */
export class Registry {
  readonly #host: Host;
  readonly #holdings: Holdings;
  #registrations: Registrations = {};
  /** Objects of the program's, by which a second proxy is one of the same. */
  readonly #numbers = new WeakMap<object, number>();

  constructor(host: Host, holdings: Holdings) {
    this.#host = host;
    this.#holdings = holdings;
  }

  /** What managers call. */
  readonly callMethods: CallMethods = {
    initialize: (call: Call, ...args: Parameters<Registry["initialize"]>) =>
      later(call, this.initialize(...args), asIs),
    createRegistered: (call: Call, typeid: string, args: unknown[]) =>
      later(call, this.createRegistered(typeid, args), asIs),
    create: (call: Call, callable: Reference, args: unknown[]) => later(call, this.create(callable, args), asIs),
  };

  /** The manager starts: what is registered, and what is to be done first. */
  async initialize(
    registrations: Registrations,
    initializer: Reference | null,
    initargs: readonly unknown[],
  ): Promise<void> {
    this.#registrations = registrations;
    if (initializer === null) return;
    const initialize = await resolveReference(initializer); // which may register what its arguments need
    await initialize(...openAll(initargs));
  }

  /** A new object of a registered type. */
  async createRegistered(typeid: string, args: readonly unknown[]): Promise<ReferentEngine> {
    const registration = this.#registration(typeid), { callable } = registration;
    if (callable === null) throw new MisuseError(`Cannot create a ${typeid}: it was registered without a callable`);
    return this.#proxyOf((await make(callable, args)).made, registration);
  }

  /** A new object of a class, or what a function gives. */
  async create(callable: Reference, args: readonly unknown[]): Promise<ReferentEngine> {
    return this.#proxyOf((await make(callable, args)).made, plain);
  }

  #registration(typeid: string): Registration {
    if (!Object.hasOwn(this.#registrations, typeid)) {
      throw new MisuseError(`Cannot create a ${typeid}: it was not registered before the manager was started`);
    }
    return this.#registrations[typeid] as Registration;
  }

  /** A proxy of an object, which is held from now on. */
  #proxyOf(object: unknown, { exposed, methodToTypeid }: Omit<Registration, "callable">): ReferentEngine {
    if (typeof object !== "object" || object === null) {
      throw new TypeError(`Cannot make a proxy of ${describe(object)}: it is no object`);
    }
    const known = this.#holdings.again(this.#numbers.get(object) ?? 0);
    if (known !== undefined) return known;
    const referent = customReferent(object, exposed ?? undefined, (value, method) => {
      if (Object.hasOwn(methodToTypeid, method)) return this.#typed(methodToTypeid[method] as string, value);
      const iterator = iteratorOf(value);
      return iterator === undefined ? value : this.#holdings.add(iteratorReferent(iterator), IteratorEngine);
    });
    const engine = this.#holdings.add(referent, CustomEngine);
    this.#numbers.set(object, engine.place.number);
    return engine;
  }

  /** What a method returned, as an object of that type. */
  #typed(typeid: string, value: unknown): ReferentEngine {
    if (Object.hasOwn(this.#registrations, typeid)) return this.#proxyOf(value, this.#registration(typeid));
    const { create, engine } = types[typeid as TypeId]; // register() has seen to that
    return this.#holdings.add(create(this.#host, value as never), engine);
  }
}

/**
 * What a class or a function makes, in a box: an object of a class may have a `then`. RemoteError when it throws: no method of
 * an object has done so.
 */
async function make(callable: Reference, args: readonly unknown[]): Promise<{ readonly made: unknown }> {
  const found = await resolveReference(callable);
  try {
    if (isClass(found)) return { made: Reflect.construct(found, openAll(args)) };
    return { made: await found(...openAll(args)) };
  } catch (error) {
    const what = isError(error) ? `${error.name}: ${messageOf(error)}` : messageOf(error);
    throw new RemoteError(`Cannot create a ${callable.name}: ${what}`, textOf(error));
  }
}
