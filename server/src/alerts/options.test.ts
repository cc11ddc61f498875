import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addConfigOptions, resolveConfig } from '@tdc/shared/config.ts';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { alertOptions, alertsConfigOf } from './options.ts';

let folder: string;
let secret: string;
let password: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tdc-alert-options-'));
  secret = join(folder, 'secret');
  password = join(folder, 'password');
  writeFileSync(secret, `whsec_${randomBytes(24).toString('base64')}`);
  writeFileSync(password, 'hunter2');
});
afterAll(() => rmSync(folder, { recursive: true }));

function configOf(yaml: string) {
  const file = join(folder, 'server.yaml');
  writeFileSync(file, yaml);
  const command = addConfigOptions(new Command(), alertOptions).exitOverride();
  command.parse(['--config-file', file], { from: 'user' });
  return alertsConfigOf(resolveConfig(alertOptions, command, {}).values);
}

describe('what is said of alerts', () => {
  test('has defaults that tell nobody', () => {
    expect(configOf('')).toEqual({
      rules: {
        ...{ silentMinutes: 10, clockMinutes: 10, outboxEvents: 20_000, drops: true, matchRatePercent: 30 },
        ...{ travelTimeSeconds: new Map(), unusual: { percent: 50, seconds: 60 } },
      },
    });
  });

  test('can be all of it, or that there are no alerts', () => {
    const { rules, mail, webhook } = configOf(`
alerts:
  silent_minutes: 0
  clock_minutes: 0
  outbox_events: 0
  drops: false
  match_rate_percent: 0
  travel_time_seconds: ["D1:D2=600", "D2:D1=90"]
  unusual_percent: 0
  mail: { host: mail.example.org, username: tdc, password_file: ${password}, from: tdc@example.org, to: [a@example.org, b@example.org] }
  webhook: { url: "https://hooks.example.org/tdc", secret_file: ${secret} }
`);
    expect(rules).toEqual({
      drops: false,
      travelTimeSeconds: new Map([
        ['D1:D2', 600],
        ['D2:D1', 90],
      ]),
    });
    expect(mail).toMatchObject({ port: 587, security: 'starttls', user: { username: 'tdc', passwordFile: password } });
    expect(webhook).toEqual({ url: 'https://hooks.example.org/tdc', secretFile: secret });
  });

  test.each([
    ['silent_minutes: -1', 'alerts.silent_minutes'],
    ['travel_time_seconds: ["D1=600"]', 'expected a link and its seconds'],
    ['travel_time_seconds: ["D1:D2=0"]', 'expected a link and its seconds'],
    ['mail: { host: localhost }', 'alerts.mail.host, alerts.mail.from and alerts.mail.to go together'],
    ['mail: { host: localhost, from: a@b.example, to: ["a b@c.example"] }', 'expected an address'],
    ['mail: { host: localhost, from: "a@b.example\\r\\nBcc: x@y.example", to: [a@b.example] }', 'expected an address'],
    [
      'mail: { host: localhost, from: a@b.example, to: [a@b.example], username: x }',
      'alerts.mail.password_file go together',
    ],
    ['mail: { host: m.example, from: a@b.example, to: [a@b.example], security: none }', 'm.example is another machine'],
    [
      'mail: { host: localhost, from: a@b.example, to: [a@b.example], username: x, password_file: /nowhere/x }',
      '/nowhere/x',
    ],
    ['webhook: { url: "https://a.example" }', 'alerts.webhook.url and alerts.webhook.secret_file go together'],
    ['webhook: { url: "http://a.example", secret_file: SECRET }', 'expected https, as a.example is another machine'],
    ['webhook: { url: "https://me:hunter2@a.example", secret_file: SECRET }', 'holds a user or a password'],
    ['webhook: { url: "file:///etc/passwd", secret_file: SECRET }', 'expected an address such as https://'],
    ['webhook: { url: "https://a.example", secret_file: PASSWORD }', 'expected whsec_'],
  ])('is refused by name: %s', (line, message) => {
    const yaml = `alerts:\n  ${line.replace('SECRET', secret).replace('PASSWORD', password)}\n`;
    expect(() => configOf(yaml)).toThrow(message);
    expect(() => configOf(yaml)).not.toThrow('hunter2');
  });
});
