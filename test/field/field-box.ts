import { Event } from '@tdc/shared/generated/tdc/v1/event.ts';
import type { BoxStatus } from '../radio/box.ts';
import type { CommandResult, VirtualMachine } from '../radio/virtual-machine.ts';
import { until } from '../src/harness/until.ts';

export const stateDir = '/var/lib/tdc-agent';
const outbox = `${stateDir}/outbox.sqlite`;
const fieldScripts = '/opt/tdc-control/field/guest';
/** An emulated processor unpacks a package in a minute or two. */
const commandMsMax = 600_000;

const passedOver = [
  ...['/proc', '/sys', '/dev', '/run', '/tmp', '/mnt', '/var/tmp', '/var/log'],
  ...['/var/lib/dpkg', '/var/lib/apt', '/var/cache/apt', '/var/lib/bluetooth', '/var/lib/systemd/rfkill'],
] as const;

/** A box with the packaged agent, as an installer has it before them: what they type and what they see is kept. */
export class FieldBox {
  readonly machine: VirtualMachine;
  #transcript = '';

  constructor(machine: VirtualMachine) {
    this.machine = machine;
  }

  /** All that was typed and seen since it was last taken. */
  takeTranscript(): string {
    const transcript = this.#transcript;
    this.#transcript = '';
    return transcript;
  }

  /** Types a line as root; resolves to what came of it, whatever that is. */
  async tries(line: string): Promise<CommandResult> {
    const result = await this.machine.run(['sh', '-c', `exec 2>&1; ${line}`], { timeoutMs: commandMsMax });
    // Of a count that goes on in its line, the end is what stays.
    const seen = result.stdout.replace(/\r+\n/g, '\n').replace(/[^\n]*\r/g, '');
    this.#transcript += `# ${line}\n${seen}`;
    return result;
  }

  /** The same, and throws unless it ends well. */
  async types(line: string): Promise<string> {
    const { code, stdout } = await this.tries(line);
    if (code !== 0) throw new Error(`${line}\nended with ${code}:\n${stdout}\n${await this.journal()}`);
    return stdout;
  }

  /** Writes a file, with the mode that root's files have. */
  async write(file: string, text: string): Promise<void> {
    await using process = this.machine.start(['tee', file]);
    process.write(text);
    process.endInput();
    await process.exitsWith(0);
    this.#transcript += `# cat ${file}\n${text}`;
  }

  async uptimeSeconds(): Promise<number> {
    return Number((await this.machine.shell('cat /proc/uptime')).split(' ')[0]);
  }

  /** The same without what other programs of the test's machine have taken of it meanwhile. */
  async ownSeconds(): Promise<number> {
    return (await this.uptimeSeconds()) - this.machine.stolenSeconds();
  }

  /** Lets its clock be synchronised, by systemd's own service and a time server that it reaches. */
  async findsTimeServer(): Promise<void> {
    const server = this.machine.start([...this.machine.tools.node, `${fieldScripts}/time-server.ts`]);
    await server.line('a time server', (line) => line === 'ready');
    await this.machine.shell('systemctl restart systemd-timesyncd');
    await until(
      'a synchronised clock',
      async () =>
        (await this.machine.shell('timedatectl show -p NTPSynchronized --value')) === 'yes\n' ? true : undefined,
      { timeoutMs: 120_000, pollMs: 1000 },
    );
  }

  /** What the running agent says of itself; undefined while none answers. */
  async status(): Promise<BoxStatus | undefined> {
    const { code, stdout } = await this.machine.run(['tdc-agent', 'status', '--output', 'json'], {
      timeoutMs: 120_000,
    });
    return code === 0 ? (JSON.parse(stdout) as BoxStatus) : undefined;
  }

  /** Waits for a status that is as wanted. */
  async reports(what: string, isWanted: (status: BoxStatus) => boolean, timeoutMs = 300_000): Promise<BoxStatus> {
    let last: BoxStatus | undefined;
    return until(
      what,
      async () => {
        last = await this.status();
        return last !== undefined && isWanted(last) ? last : undefined;
      },
      { timeoutMs, pollMs: 2000 },
    ).catch(async (error: Error) => {
      throw new Error(`${error.message}; the last status: ${JSON.stringify(last)}\n${await this.journal()}`);
    });
  }

  /** From now on the outbox remembers all events that are committed, beside the agent and through power cuts. */
  async remembersEvents(): Promise<void> {
    await this.machine.shell(this.#oracle('plant'));
  }

  /** Ids of all events that were committed since. */
  async committedIds(): Promise<readonly string[]> {
    const lines = (await this.machine.shell(this.#oracle('list'), { timeoutMs: commandMsMax })).trim().split('\n');
    return lines.map((line) => Event.decode(Buffer.from(line, 'base64')).id);
  }

  /** Files and folders of the system, but for what keeps changing, and what is dpkg's, BlueZ's and rfkill's. */
  async systemFiles(): Promise<readonly string[]> {
    const passed = passedOver.map((path) => `-path ${path}`).join(' -o ');
    return (await this.machine.shell(`find / -xdev \\( ${passed} \\) -prune -o -print`)).trim().split('\n');
  }

  /** The most memory that the service has had since it was started. */
  async memoryPeakMb(): Promise<number> {
    const file = '/sys/fs/cgroup/system.slice/tdc-agent.service/memory.peak';
    return Number(await this.machine.shell(`cat ${file}`)) / 1e6;
  }

  /** The end of what services and kernel have said. */
  async journal(): Promise<string> {
    return (await this.machine.run(['journalctl', '--no-pager', '-b', '-n', '60'])).stdout;
  }

  #oracle(action: 'plant' | 'list'): string {
    return [...this.machine.tools.node, `${fieldScripts}/oracle.ts`, action, outbox].join(' ');
  }
}
