import { expect, test } from 'vitest';
import { peerNetwork } from './peer-network.ts';

test('an IPv4 address counts by itself, in either spelling', () => {
  expect(peerNetwork('192.0.2.7')).toBe('192.0.2.7');
  expect(peerNetwork('::ffff:192.0.2.7')).toBe('192.0.2.7');
});

test('all IPv6 addresses of a /64 network count as one, and those of another as another', () => {
  expect(peerNetwork('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
  expect(peerNetwork('2001:db8:1:2::1')).toBe('2001:db8:1:2::/64');
  expect(peerNetwork('2001:db8::1')).toBe('2001:db8:0:0::/64');
  expect(peerNetwork('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  expect(peerNetwork('::1')).toBe('0:0:0:0::/64');
});
