/** The least level that is logged; children inherit it. */

let level = "off";

export function logLevel(): string {
  return level;
}

export function setLogLevel(value: string): void {
  level = value;
}
