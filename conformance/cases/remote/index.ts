/** All cases of listeners, clients and the connections between them. */

import type { Case } from "../../case.ts";
import { connectionCases } from "./connection.ts";
import { hostileCases } from "./hostile.ts";
import { listenerCases } from "./listener.ts";
import { peerCases } from "./peers.ts";
import { tlsCases } from "./tls.ts";

export const remoteCases: readonly Case[] = [
  ...listenerCases,
  ...connectionCases,
  ...tlsCases,
  ...peerCases,
  ...hostileCases,
];
