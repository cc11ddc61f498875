import { z } from 'zod';

/** `host:port`; an IPv6 address is in brackets. */
export const hostAndPort = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected host:port');
