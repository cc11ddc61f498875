import { AgentStatus, ClockState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { expect, test, vi } from 'vitest';
import { putDetectors, reportStatus, startSubject, type TestClient } from './client-subject.ts';
import { detectorShow } from './detector-show.ts';
import { detectors } from './detectors.ts';

const options = { silentAfter: '3m' };

test('one detector is shown with all that its agent says of itself and of its machine', async () => {
  await using subject = await startSubject();
  await putDetectors(subject, ['D1', 'D2']);
  const machine = {
    uptimeSeconds: 3600,
    memoryBytes: 100n,
    memoryBytesAvailable: 50n,
    processorCelsius: 81.2,
    battery: { volts: 11.5, lowVolts: 11.7 },
  };
  await reportStatus(
    subject,
    AgentStatus.fromPartial({ detectorId: 'D1', version: '1.2.3', clock: ClockState.CLOCK_STATE_TRUSTED, machine }),
  );

  using people = subject.client();
  await detectorShow(people.context, 'D1', options);
  for (const fact of [
    /^detector +D1$/m,
    /^position +latitude 52\.5, longitude/m,
    /^links to +none$/m,
    /^state +warning; processor at 81 °C; battery 11\.50 V, low \(below 11\.7 V\)$/m,
    /^contact +0 s ago, /m,
    /^version +1\.2\.3$/m,
    /^up for +1 h$/m,
    /^battery +11\.50 V/m,
  ]) {
    expect(people.out()).toMatch(fact);
  }

  using silent = subject.client();
  await detectorShow(silent.context, 'D2', options);
  expect(silent.out()).toMatch(/^state +never; no status has come yet\ncontact +never\n$/m);

  using programs = subject.client({ output: 'json' });
  await detectorShow(programs.context, 'D1', options);
  using all = subject.client({ output: 'json' });
  await detectors(all.context, options);
  const [shown] = JSON.parse(programs.out());
  expect(shown).toMatchObject({ detector_id: 'D1', machine: { processor_celsius: 81.2, power: null, disk: null } });
  expect(Object.keys(shown)).toEqual(Object.keys(JSON.parse(all.out())[0]));
});

test('a detector that reports no more is silent for both commands, and keeps what it said last', async () => {
  await using subject = await startSubject();
  await putDetectors(subject, ['D1']);
  await reportStatus(subject, AgentStatus.fromPartial({ detectorId: 'D1', version: '1.2.3' }));
  const shown = async (show: (context: TestClient['context']) => Promise<void>) => {
    using client = subject.client();
    await show(client.context);
    return client.out();
  };
  expect(await shown((context) => detectorShow(context, 'D1', options))).not.toContain('silent');

  const afterThat = { silentAfter: '0s' };
  const one = await vi.waitFor(async () => {
    const text = await shown((context) => detectorShow(context, 'D1', afterThat));
    expect(text).toContain('silent');
    return text;
  });
  expect(one).toMatch(/^state +silent; no status for \d+ s/m);
  expect(one).toMatch(/^version +1\.2\.3$/m);
  const all = await shown((context) => detectors(context, afterThat));
  expect(all).toMatch(/^D1 +at D1 +silent /m);
});

test('a detector that the network has not is told', async () => {
  await using subject = await startSubject();
  using client = subject.client();
  await expect(detectorShow(client.context, 'D9', options)).rejects.toThrow('there is no detector "D9" in the network');
});
