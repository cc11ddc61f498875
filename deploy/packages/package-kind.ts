export const packageNames = ['tdc-agent', 'tdc-server'] as const;
export type PackageName = (typeof packageNames)[number];
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
  /** What its files' times are at latest. */
  readonly timeSeconds: number;
}

/** The workspace that a package is made of. */
export const workspaceOf = ({ name }: PackageKind): 'agent' | 'server' => (name === 'tdc-agent' ? 'agent' : 'server');
