/** Tasks whose results and errors are odd to look at, or come from elsewhere. */

import { foreign } from "../../host.ts";
import { task, type Value } from "../../../mod.ts";

function deny(): never {
  throw new TypeError("not for you");
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** What throws when it is looked at, in one way or another; each can be returned, and thrown. */
export const oddities: Readonly<Record<string, () => unknown>> = {
  "a revoked Proxy": () => revoked({}),
  "a revoked Proxy of an array": () => revoked([]),
  "a revoked Proxy of an error": () => revoked(new Error("x")),
  "a revoked Proxy within": () => ({ draft: [revoked({})] }),
  "a Proxy that hides its prototype": () => new Proxy({}, { getPrototypeOf: deny }),
  "a Proxy of an error that hides its prototype": () => new Proxy(new Error("x"), { getPrototypeOf: deny }),
  "a Proxy that hides its properties": () => new Proxy({ a: 1 }, { ownKeys: deny }),
  "a Proxy that hides all": () => new Proxy({}, { get: deny, getPrototypeOf: deny, ownKeys: deny }),
  "a getter `then` that throws": () => Object.defineProperty({}, "then", { get: deny, enumerable: true }),
};

/** Errors with getters that throw, by the name of the property. */
export function errorWithGetter(key: string): Error {
  return Object.defineProperty(new RangeError("the message"), key, { get: deny });
}

/** Returns, throws, or rejects with, an oddity. */
export function odd([what, how]: readonly [what: string, how: "return" | "throw" | "reject"]): unknown {
  const make = oddities[what];
  if (make === undefined) return what;
  if (how === "return") return make();
  if (how === "reject") return Promise.reject(make());
  throw make();
}
task(import.meta, odd);

export function throwsWithGetter(key: string): never {
  throw errorWithGetter(key);
}
task(import.meta, throwsWithGetter);

/** An error as zod's: its class makes up the message. */
class IssuesError extends Error {
  override readonly name = "IssuesError";
  readonly issues = [{ path: ["a"], code: "too_small" }];
  override get message(): string {
    return `${this.issues.length} issue: ${this.issues[0]?.code}`;
  }
}

export function throwsIssues(): never {
  throw new IssuesError();
}
task(import.meta, throwsIssues);

/** An error as axios': it leads to functions, sockets and back. */
export function throwsRequestError(): never {
  class Socket {}
  const config: Record<string, unknown> = { url: "/items", timeout: 1000, transform: [() => 1], agent: new Socket() };
  const request: Record<string, unknown> = { socket: new Socket(), path: "/items" };
  const response = {
    status: 404,
    headers: { "content-type": "text/plain" },
    data: { reason: "gone" },
    config,
    request,
  };
  request["response"] = response;
  throw Object.assign(new TypeError("Request failed"), { code: "ERR_BAD_REQUEST", config, request, response });
}
task(import.meta, throwsRequestError);

/** What an expression is in another realm. */
export function fromElsewhere(expression: string): unknown {
  return foreign(expression);
}
task(import.meta, fromElsewhere);

export function throwsFromElsewhere(expression: string): never {
  throw foreign(expression);
}
task(import.meta, throwsFromElsewhere);

/** Returns a shared object that it has closed. */
export function closed(value: Value): Value {
  value.close();
  return value;
}
task(import.meta, closed);

export function identity<T>(value: T): T {
  return value;
}
task(import.meta, identity);
