/** The little of Bun's types that its driver uses. */

declare module "bun:test" {
  type Register = (name: string, run: () => Promise<void>, timeout: number) => void;
  export const test: Register & { skipIf(skip: boolean): Register };
}

declare const Bun: { readonly version: string };
