/** The little of cli-progress's types that the examples use. */

declare module "cli-progress" {
  class SingleBar {
    constructor(options: { format: string; hideCursor?: boolean; clearOnComplete?: boolean });
    start(total: number, startValue: number, payload?: Readonly<Record<string, unknown>>): void;
    update(current: number, payload?: Readonly<Record<string, unknown>>): void;
    stop(): void;
  }
  const cliProgress: { readonly SingleBar: typeof SingleBar };
  export default cliProgress;
}
