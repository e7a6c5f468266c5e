/** Strings that MessagePack can't carry as they are. */

import { malformed } from "./refusal.ts";

/** Whether UTF-8 carries a string unchanged: lone surrogates have no encoding, and decoders drop a byte order mark. */
export function isPlainText(text: string): boolean {
  return text.isWellFormed() && text.charCodeAt(0) !== 0xfeff;
}

/** The UTF-16 code units of a string, little-endian. */
export function unitsOf(text: string): Uint8Array {
  const units = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    units[2 * i] = unit & 0xff;
    units[2 * i + 1] = unit >> 8;
  }
  return units;
}

/** The string with these code units. */
export function textOf(units: unknown): string {
  if (!(units instanceof Uint8Array)) throw malformed("the code units of a string are missing");
  // A stretch at a time, since the number of arguments of a call is limited.
  const stretch = 4096;
  let text = "";
  for (let start = 0; start < units.length; start += 2 * stretch) {
    const codes: number[] = [];
    for (let i = start; i + 1 < units.length && i < start + 2 * stretch; i += 2) {
      codes.push((units[i] as number) | ((units[i + 1] as number) << 8));
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}
