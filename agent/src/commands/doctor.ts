import type { Context } from '../context.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { systemAt } from '../system.ts';
import { textTable } from '../text-table.ts';

/** `tdc-agent doctor`: looks at the box. Resolves to whether there is a problem. */
export async function doctor(
  { config, clock, stdout }: Context,
  { output, searchPath }: { readonly output: 'table' | 'json'; readonly searchPath: string },
): Promise<'sound' | 'problems'> {
  const findings = await examine({ system: systemAt({ root: '/', searchPath }), config, clock });
  stdout.write(output === 'json' ? findingsJson(findings) : findingsText(findings));
  return findings.some(({ level }) => level === 'problem') ? 'problems' : 'sound';
}

const findingsJson = (findings: readonly Finding[]): string =>
  `${JSON.stringify(
    findings.map(({ check, level, found, advice }) => ({ check, level, found, advice: advice || null })),
    undefined,
    2,
  )}\n`;

/** A line for each finding, and below it what to do; then the sum. */
export function findingsText(findings: readonly Finding[]): string {
  const level = ({ level }: Finding) => (level === 'ok' ? 'ok' : level.toUpperCase());
  const lines = textTable(findings.map((finding) => [level(finding), finding.check, finding.found]));
  const shown = lines.flatMap((line, i) => {
    const advice = findings[i]?.advice ?? '';
    return advice === '' ? [line] : [line, `    -> ${advice}`];
  });
  const count = (of: Finding['level']) => findings.filter(({ level }) => level === of).length;
  return `${[...shown, '', `${count('problem')} problems, ${count('warning')} warnings`].join('\n')}\n`;
}
