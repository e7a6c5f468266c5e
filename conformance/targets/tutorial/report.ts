/** What a child of the tutorial's programs tells of itself. */

export interface Report {
  readonly name: number;
  readonly label: string;
  readonly pid: number;
  readonly ppid: number | null;
  readonly ident: string;
  readonly parentIdent: string | undefined;
  readonly parentPid: number | undefined;
}
