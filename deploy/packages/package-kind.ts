/** The workspace that each package is made of. */
const workspaces = { 'tdc-agent': 'agent', 'tdc-server': 'server', 'tdc-custodian': 'custodian' } as const;

export type PackageName = keyof typeof workspaces;
export const packageNames: readonly PackageName[] = ['tdc-agent', 'tdc-server', 'tdc-custodian'];
export const isPackageName = (text: string): text is PackageName => packageNames.some((name) => name === text);

/** Debian's names. */
export const architectures = ['arm64', 'amd64'] as const;
export type Architecture = (typeof architectures)[number];
export const isArchitecture = (text: string): text is Architecture => architectures.some((name) => name === text);

/** Node's names of them. */
export const nodeArchitectures = { arm64: 'arm64', amd64: 'x64' } as const satisfies Record<Architecture, string>;

/** One package to build. */
export interface PackageKind {
  readonly name: PackageName;
  readonly arch: Architecture;
  readonly version: string;
  /** Who answers for it: `Name <address>`. */
  readonly maintainer: string;
  /** What its files' times are at latest. */
  readonly timeSeconds: number;
}

export const workspaceOf = ({ name }: Pick<PackageKind, 'name'>) => workspaces[name];
