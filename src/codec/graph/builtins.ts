/** Dates, regular expressions, boxed primitives and URLs as nodes of a graph. */

import { malformed, Refusal, refusedType } from "../refusal.ts";
import { type NodeType, nodeType, stringIn } from "./node_type.ts";
import { refuseExtraElements, refuseExtras, refuseNamedExtras } from "../own_properties.ts";

export const dateType: NodeType = nodeType<Date>({
  expand(date) {
    refuseExtras(date);
    return [Date.prototype.getTime.call(date)];
  },
  create([time]) {
    if (typeof time !== "number") throw malformed("the time of a Date is missing");
    return new Date(time);
  },
});

export const regExpType: NodeType = nodeType<RegExp>({
  expand(pattern) {
    refuseExtras(pattern, ["lastIndex"]);
    return [pattern.source, pattern.flags, pattern.lastIndex];
  },
  create: (node, receiver) => new RegExp(stringIn(node[0], receiver), stringIn(node[1], receiver)),
  fill(pattern, node, receiver) {
    pattern.lastIndex = receiver.resolve(node[2]) as number;
  },
  step: () => ".lastIndex",
});

/** `new Number(1)` and the like, which are objects. */
export const boxedType: NodeType = nodeType<object>({
  expand(boxed) {
    const primitive: unknown = boxed.valueOf();
    if (typeof primitive === "symbol" || typeof primitive === "object") throw new Refusal(refusedType(boxed));
    if (typeof primitive === "string") refuseExtraElements(boxed as { readonly length: number });
    else refuseExtras(boxed);
    return [primitive];
  },
  create([slot], receiver) {
    const primitive = receiver.resolve(slot);
    if (primitive === null || primitive === undefined) throw malformed("a boxed value is missing");
    return Object(primitive) as object;
  },
});

const href = Object.getOwnPropertyDescriptor(URL.prototype, "href")?.get;

export const urlType: NodeType = nodeType<URL>({
  expand(url) {
    refuseNamedExtras(url);
    return [href === undefined ? url.href : href.call(url)];
  },
  create: ([slot], receiver) => new URL(stringIn(slot, receiver)),
});

export const urlSearchParamsType: NodeType = nodeType<URLSearchParams>({
  expand(params) {
    refuseNamedExtras(params);
    return [URLSearchParams.prototype.toString.call(params)];
  },
  create: ([slot], receiver) => new URLSearchParams(stringIn(slot, receiver)),
});
